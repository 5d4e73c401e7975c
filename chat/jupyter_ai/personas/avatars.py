"""The picture of a persona: its route, and its file, of which nothing else is ever served."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyter_ai.confined import read_confined
from jupyter_ai.errors import FileRefused
from jupyter_ai_magics.models.persona import JUPYTERNAUT_AVATAR_ROUTE

__all__ = ["MOST_BYTES", "avatar_route", "declared_path", "read_avatar"]

MOST_BYTES = 1 << 20
"""What a picture may take."""

_TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


def declared_path(path: object) -> str:
    """The path of a picture as a persona gives it: a str or path-like, "" for None. Raises TypeError."""
    if path is None:
        return ""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"its avatar_path is a {type(path).__name__}, not a str")
    return os.fsdecode(path)


def avatar_route(key: str, path: str) -> str:
    """The route to the picture `path` of the persona of entry point `key`; Jupyternaut's without either.

    A path that is a route of ours already stays as it is.
    """
    if path.lstrip("/").startswith("api/ai/"):
        return path.lstrip("/")
    return f"api/ai/personas/{quote(key, safe='')}/avatar" if key and path else JUPYTERNAUT_AVATAR_ROUTE


def read_avatar(path: str, owner: Any) -> tuple[bytes, str]:
    """A picture that the class of `owner` declares, and its media type. Blocks.

    Raises `FileRefused` for what is no picture, not in the class's package, or too large.
    """
    kind = _TYPES.get(Path(path).suffix.lower())
    if kind is None:
        raise FileRefused(f"The avatar of {type(owner).__name__} is no picture: use {', '.join(_TYPES)}.")
    return read_confined(path, _package_folder(type(owner)), MOST_BYTES), kind


def _package_folder(cls: type) -> Path:
    """Where the class's top-level package is; the folder of its module, if that is in no package."""
    name = cls.__module__.partition(".")[0]
    file = getattr(sys.modules.get(name), "__file__", None) or getattr(
        sys.modules.get(cls.__module__), "__file__", None
    )
    if file is None:
        raise FileRefused(f"{cls.__name__} comes from no file, so its avatar cannot be near it.")
    return Path(file).resolve().parent
