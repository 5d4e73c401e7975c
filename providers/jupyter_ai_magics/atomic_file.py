"""Replacing a file as a whole: who reads it sees the old or the new one, also after a crash."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

__all__ = ["put_in_place", "remove_leftovers", "replace_file", "written"]

_OLD = 60.0  # seconds: nobody is still writing a file of that age


def replace_file(path: Path, data: bytes) -> None:
    """Write another file of mode 0600, flush it to the disk, and put it in the place of this one.

    A link stays a link. Raises OSError, and then the old file stays.
    """
    with written(path, data) as new:
        put_in_place(new, path)


@contextmanager
def written(path: Path, data: bytes) -> Iterator[str]:
    """A new file beside `path`, on the disk; it is removed at the end unless it was put in place."""
    target = _target(path)
    # A temporary file has mode 0600 from its creation on.
    handle, new = mkstemp(prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield new
    finally:
        with suppress(OSError):
            os.unlink(new)


def put_in_place(new: str, path: Path) -> None:
    """Rename a new file to `path`, or to what that links to, so that it lasts through a power cut."""
    target = _target(path)
    os.replace(new, target)
    _flush_folder(target.parent)


def remove_leftovers(path: Path) -> None:
    """Remove the new files of writers of `path` that were killed; only who holds its lock may call this.

    None beside what a link points to: other files may be there.
    """
    patterns = () if path.is_symlink() else (f".{path.stem}.*{path.suffix}", f".{path.name}-*")
    for pattern in patterns:
        for left in path.parent.glob(pattern):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _OLD:
                    left.unlink()


def _target(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _flush_folder(folder: Path) -> None:
    """Where folders can be flushed."""
    if os.name != "posix":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
