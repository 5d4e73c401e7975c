"""The persona files of a folder that is being worked in: where they are, and what stands in them."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_ai.confined import confine, read_confined
from jupyter_ai.errors import FileRefused

__all__ = ["PLACE", "nearest_folder", "persona_files", "read_source"]

PLACE = Path(".jupyter", "personas")
"""Where persona files are, in a folder that is worked in."""

_MOST = 1 << 20  # bytes of one file


def nearest_folder(start: Path, root: Path) -> Path | None:
    """The real path of the nearest `.jupyter/personas` in `start` or above it, up to `root`. Blocks.

    None if there is none. Raises `FileRefused` if the nearest is a link out of `root`.
    """
    root, start = _real(root), _real(start)
    for folder in (start, *start.parents):
        if folder != root and root not in folder.parents:
            return None
        if (folder / PLACE).is_dir():
            return confine(folder / PLACE, root)
    return None


def persona_files(folder: Path) -> list[Path]:
    """The Python files of a folder, sorted; not those whose names begin with `_` or `.`. Blocks."""
    return sorted(path for path in folder.glob("*.py") if path.name[0] not in "_.")


def read_source(path: Path, folder: Path) -> bytes:
    """What a persona file of `folder`, a real path, holds. Blocks. Raises `FileRefused`.

    A file that is a link out of the folder is refused, and so is a folder that is not there any more, but a
    link in its place.
    """
    source = read_confined(path, folder, _MOST)
    if _real(folder) != folder:
        raise FileRefused(f"`{folder}` was exchanged for a link. Nothing in it is run.")
    return source


def _real(path: Path) -> Path:
    """With links resolved; unlike `Path.resolve` it never raises."""
    return Path(os.path.realpath(path))
