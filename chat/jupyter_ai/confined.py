"""Reading what lies within a folder, and nothing else: no way out of it, no device, no endless file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from jupyter_ai.errors import FileRefused

__all__ = ["Entry", "confine", "list_confined", "read_confined"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a folder holds under one name; `size` is in bytes, 0 of what is no file."""

    name: str
    is_dir: bool
    is_link: bool
    size: int


def confine(path: str | Path, root: str | Path) -> Path:
    """The real path of `path` (relative: below `root`). Raises `FileRefused` if it is not in `root`.

    Links are resolved on both sides. Nothing need exist there.
    """
    if "\0" in str(path):
        raise FileRefused(f"{str(path)!r} is no path: it holds a null character.")
    try:
        real_root = Path(os.path.realpath(root))
        real = Path(os.path.realpath(real_root / path))
    except OSError as error:
        raise FileRefused(f"`{path}` cannot be followed: {error.strerror or error}") from None
    if real != real_root and real_root not in real.parents:
        raise FileRefused(f"`{path}` is outside of the folder that may be read from.")
    return real


def read_confined(path: str | Path, root: str | Path, limit: int) -> bytes:
    """What a regular file in `root` holds. Blocks. Raises `FileRefused`, also for more than `limit` bytes."""
    real = confine(path, root)
    # To open a pipe would wait for who writes to it; a link that came meanwhile is not followed.
    flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"))
    try:
        with open(real, "rb", opener=lambda name, _: os.open(name, flags)) as file:
            found = os.fstat(file.fileno())
            _check(path, found, limit)
            # The folders on the way may have been exchanged for links meanwhile.
            if confine(path, root) != real or not os.path.samestat(os.stat(real), found):
                raise FileRefused(f"`{path}` was exchanged while it was read. Try again.")
            content = file.read(limit + 1)
    except FileNotFoundError:
        raise FileRefused(f"There is no file `{path}`.") from None
    except IsADirectoryError:
        raise FileRefused(f"`{path}` is a folder, not a file.") from None
    except OSError as error:
        raise FileRefused(f"`{path}` cannot be read: {error.strerror or error}.") from None
    if len(content) > limit:
        raise FileRefused(_too_large(path, limit))
    return content


def list_confined(path: str | Path, root: str | Path, limit: int) -> list[Entry]:
    """The first `limit` entries of a folder in `root`, by name. Blocks. Raises `FileRefused`.

    A link counts as what it leads to, if that is in `root`; else as a file without a size.
    """
    real = confine(path, root)
    try:
        with _opened_folder(real) as opened, os.scandir(opened) as entries:
            found = list(islice(entries, limit))
            described = list(filter(None, (_entry(entry, real, root) for entry in found)))
            if confine(path, root) != real or not os.path.samestat(os.stat(real), os.stat(opened)):
                raise FileRefused(f"`{path}` was exchanged while it was read. Try again.")
    except FileNotFoundError:
        raise FileRefused(f"There is no folder `{path}`.") from None
    except NotADirectoryError:
        raise FileRefused(f"`{path}` is not a folder.") from None
    except OSError as error:
        raise FileRefused(f"`{path}` cannot be read: {error.strerror or error}.") from None
    return sorted(described, key=lambda entry: entry.name)


@contextmanager
def _opened_folder(real: Path) -> Iterator[int | Path]:
    """The folder itself where the system can list what is open: another may take its name at any time."""
    if os.scandir not in os.supports_fd:
        yield real
        return
    descriptor = os.open(real, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _entry(entry: os.DirEntry[str], folder: Path, root: str | Path) -> Entry | None:
    """What is found, without following a link out of the root; None for what is gone meanwhile."""
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    is_link = entry.is_symlink()
    if is_link:
        try:
            found = os.stat(confine(folder / entry.name, root))
        except (FileRefused, OSError):
            return Entry(entry.name, False, True, 0)
    size = found.st_size if stat.S_ISREG(found.st_mode) else 0
    return Entry(entry.name, stat.S_ISDIR(found.st_mode), is_link, size)


def _check(path: str | Path, found: os.stat_result, limit: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise FileRefused(f"`{path}` is a folder, not a file.")
    if not stat.S_ISREG(found.st_mode):
        raise FileRefused(f"`{path}` is not a file but a device, a pipe or a socket.")
    if found.st_size > limit:
        raise FileRefused(_too_large(path, limit))


def _too_large(path: str | Path, limit: int) -> str:
    return f"`{path}` is larger than {limit:,} bytes."
