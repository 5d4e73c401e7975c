"""Whether the server loads us, and JupyterLab our extension: installed, enabled, of our version."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path, jupyter_path

from jupyter_ai import __version__
from jupyter_ai.doctor.finding import Finding

__all__ = ["ui"]

_NAME = "jupyter-ai-ui"
_LAB_SETTINGS = Path(sys.prefix, "share", "jupyter", "lab", "settings", "page_config.json")
_REINSTALL = "run `pip install --force-reinstall --no-deps jupyter_ai`"


def ui() -> Iterator[Finding]:
    """The extension of the server, then that of JupyterLab."""
    yield _server_extension()
    if find_spec("jupyterlab") is None and find_spec("notebook") is None:
        text = "JupyterLab is not installed: the chat is in the terminal, with `jupyter ai chat`"
        yield Finding("ui", "labextension", "note", text, remedy='`pip install "jupyter_ai[lab]"` brings it')
        return
    yield _labextension()


def _server_extension() -> Finding:
    from jupyter_server.extension.config import ExtensionConfigManager

    manager: Any = ExtensionConfigManager(read_config_path=jupyter_config_path())
    enabled = manager.get_jpserver_extensions().get("jupyter_ai")
    if enabled:
        return Finding("ui", "server extension", "ok", "enabled")
    text = "the server does not load it" if enabled is None else "it is disabled"
    remedy = "run `jupyter server extension enable jupyter_ai`"
    return Finding("ui", "server extension", "problem", text, remedy=remedy)


def _labextension() -> Finding:
    folders = (Path(each, _NAME) for each in jupyter_path("labextensions"))
    folder = next((path for path in folders if path.is_dir()), None)
    if folder is None:
        return Finding("ui", "labextension", "problem", "it is not installed", remedy=_REINSTALL)
    try:
        version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError, TypeError):
        text = "its package.json cannot be read"
        return Finding("ui", "labextension", "problem", text, str(folder), _REINSTALL)
    if version != __version__:
        text = f"its version is {version}, and that of jupyter_ai {__version__}"
        return Finding("ui", "labextension", "problem", text, str(folder), _REINSTALL)
    if disabled := _disabled():
        text = f"disabled: {', '.join(disabled)}"
        remedy = f"run `jupyter labextension enable {disabled[0]}`"
        return Finding("ui", "labextension", "problem", text, str(folder), remedy)
    return Finding("ui", "labextension", "ok", f"{version}, enabled", str(folder))


def _disabled() -> list[str]:
    """It or plug-ins of it, as JupyterLab's page configuration names them."""
    from jupyter_server.services.config.manager import ConfigManager

    manager: Any = ConfigManager(config_dir_name="labconfig")
    found = {**_switches(_of_application()), **_switches(manager.get("page_config"))}
    return sorted(name for name, is_off in found.items() if is_off and name.partition(":")[0] == _NAME)


def _of_application() -> dict[str, Any]:
    try:
        found = json.loads(_LAB_SETTINGS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _switches(config: dict[str, Any]) -> dict[str, bool]:
    """What is disabled: a list of names in older files, else an object that tells of each."""
    disabled = config.get("disabledExtensions", {})
    return disabled if isinstance(disabled, dict) else dict.fromkeys(disabled, True)
