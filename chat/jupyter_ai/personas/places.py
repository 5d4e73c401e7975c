"""Where a persona may look: the chat's folders, the settings in them, and attached files."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from jupyter_ai.confined import confine, read_confined
from jupyter_ai.context_providers.attached import as_attachment, path_of
from jupyter_ai.errors import FileRefused

__all__ = ["attachment_path", "dotjupyter_dir", "mcp_settings"]

_MOST = 1 << 20  # bytes of the settings

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


def dotjupyter_dir(chat_dir: Path, root: Path) -> str | None:
    """The nearest folder `.jupyter` in `chat_dir` or above it, in `root`."""
    for folder in (chat_dir, *chat_dir.parents):
        if folder != root and root not in folder.parents:
            return None
        if (folder / ".jupyter").is_dir():
            return str(folder / ".jupyter")
    return None


def mcp_settings(folder: str | None, root: Path, log: Log) -> dict[str, Any] | None:
    """The object in `mcp_settings.json` of a folder; None (and a log line) if it is not one."""
    if folder is None or not (path := Path(folder, "mcp_settings.json")).exists():
        return None
    try:
        found = json.loads(read_confined(path, root, _MOST))
    except (FileRefused, ValueError) as error:
        log.warning("%s is not used: %s", path, error)
        return None
    return found if isinstance(found, dict) else None


def attachment_path(attachment: Any, root: Path) -> str | None:
    """The real path of an attached file in `root`, or None."""
    found = as_attachment(attachment)
    try:
        path = confine(path_of(found), root) if found is not None else None
    except FileRefused:
        return None
    return str(path) if path is not None and path.is_file() else None
