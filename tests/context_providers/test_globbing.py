"""Patterns of paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_ai.confined import Entry
from jupyter_ai.context_providers import globbing
from jupyter_ai.context_providers.globbing import Glob, has_pattern
from jupyter_ai.errors import FileRefused


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.py", "b.txt", ".c.py", "x/a.py", "x/y/a.py", ".z/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "again").symlink_to("x")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("*.py", ["a.py"]),
        ("./?.py", ["a.py"]),
        ("[bc].*", ["b.txt"]),
        (".*.py", [".c.py"]),
        ("**/*.py", ["a.py", "x/a.py", "x/y/a.py"]),
        ("**/" * 2_000 + "a.py", ["a.py", "x/a.py", "x/y/a.py"]),
        ("x/**", ["x/a.py", "x/y/a.py"]),
        ("**/y/*", ["x/y/a.py"]),
        ("again/*.py", ["again/a.py"]),
        ("*/none", []),
        (".z/*", [".z/a.py"]),
    ],
)
def test_pattern_finds_files(root: Path, pattern: str, paths: list[str]) -> None:
    assert Glob(pattern, str(root)).files() == paths


def test_search_is_bounded(root: Path) -> None:
    glob = Glob("**/*.py", str(root), limit=2)

    glob.files()

    assert glob.is_cut


def test_folder_is_listed_once_however_many_ways_lead_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed(path: str, *_: object) -> list[Entry]:
        paths.append(path)
        return [Entry("x", path.count("x") < 9, False, 0)]

    paths = list[str]()
    monkeypatch.setattr(globbing, "list_confined", listed)

    assert Glob("**/*/**/*/**/x", str(tmp_path)).files() == ["x" + "/x" * 9]
    assert len(paths) == 10


def test_pattern_does_not_lead_upwards(root: Path) -> None:
    with pytest.raises(FileRefused, match="upwards"):
        Glob("x/../../*", str(root)).files()


@pytest.mark.parametrize(("path", "found"), [("a.py", False), ("a*", True), ("a?", True), ("[a]", True)])
def test_pattern_is_told_from_a_path(path: str, found: bool) -> None:
    assert has_pattern(path) is found
