"""The picture that a persona declares, and no other file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from jupyter_ai.errors import FileRefused
from jupyter_ai.personas.avatars import MOST_BYTES, avatar_route, read_avatar


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """An object of a class in package `acme`, in its folder."""
    (tmp_path / "acme").mkdir()
    module = ModuleType("acme")
    module.__file__ = str(tmp_path / "acme" / "__init__.py")
    monkeypatch.setitem(sys.modules, "acme", module)
    return type("Ada", (), {"__module__": "acme.personas"})()


def test_route() -> None:
    assert avatar_route("ada", "/x/a.svg") == "api/ai/personas/ada/avatar"
    assert avatar_route("a/b c", "/x/a.svg") == "api/ai/personas/a%2Fb%20c/avatar"
    assert avatar_route("ada", "") == "api/ai/static/jupyternaut.svg"
    assert avatar_route("ada", "/api/ai/static/jupyternaut.svg") == "api/ai/static/jupyternaut.svg"


def test_picture_in_the_package_is_read(owner: object, tmp_path: Path) -> None:
    path = tmp_path / "acme" / "a.svg"
    path.write_bytes(b"<svg/>")

    assert read_avatar(str(path), owner) == (b"<svg/>", "image/svg+xml")


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../secret.png", "link.png", "pipe.png", "huge.png", "gone.png"]
)
def test_anything_else_is_refused(owner: object, tmp_path: Path, path: str) -> None:
    folder = tmp_path / "acme"
    (tmp_path / "secret.png").write_bytes(b"secret")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    os.mkfifo(folder / "pipe.png")
    with (folder / "huge.png").open("wb") as file:
        file.truncate(MOST_BYTES + 1)

    with pytest.raises(FileRefused):
        read_avatar(path, owner)
