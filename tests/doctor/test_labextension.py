"""Whether the extensions of the server and of JupyterLab are there, enabled and of our version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai import __version__
from jupyter_ai.doctor.finding import Finding
from jupyter_ai.doctor.labextension import ui


@pytest.fixture
def folder(jupyter_dirs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where JupyterLab's extension is looked for first; all is well there."""
    monkeypatch.setenv("JUPYTER_PATH", str(jupyter_dirs / "share"))
    folder = jupyter_dirs / "share" / "labextensions" / "jupyter-ai-ui"
    write(folder / "package.json", {"version": __version__})
    switches = {"ServerApp": {"jpserver_extensions": {"jupyter_ai": True}}}
    write(jupyter_dirs / "config" / "jupyter_server_config.d" / "x.json", switches)
    return folder


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def found(name: str) -> Finding:
    (finding,) = [finding for finding in ui() if finding.name == name]
    return finding


def test_what_is_installed_and_enabled_is_well(folder: Path) -> None:
    assert [finding.level for finding in ui()] == ["ok", "ok"]


def test_another_version_is_a_problem(folder: Path) -> None:
    write(folder / "package.json", {"version": "1.0.0"})

    assert found("labextension").text == f"its version is 1.0.0, and that of jupyter_ai {__version__}"


def test_what_cannot_be_read_is_a_problem(folder: Path) -> None:
    (folder / "package.json").write_text("{")

    assert "--force-reinstall" in str(found("labextension").remedy)


def test_a_disabled_extension_is_a_problem(folder: Path, jupyter_dirs: Path) -> None:
    disabled = {"disabledExtensions": {"jupyter-ai-ui:panel": True, "jupyter-ai-ui:chat": False}}
    write(jupyter_dirs / "config" / "labconfig" / "page_config.json", disabled)

    assert found("labextension").text == "disabled: jupyter-ai-ui:panel"
    assert found("labextension").remedy == "run `jupyter labextension enable jupyter-ai-ui:panel`"


def test_a_server_extension_that_is_disabled_is_a_problem(folder: Path, jupyter_dirs: Path) -> None:
    switches = {"ServerApp": {"jpserver_extensions": {"jupyter_ai": False}}}
    write(jupyter_dirs / "config" / "jupyter_server_config.d" / "x.json", switches)

    assert found("server extension").text == "it is disabled"
