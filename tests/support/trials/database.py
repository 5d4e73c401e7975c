"""What is wrong with a database of chats that no server has open."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["closed_complaints", "killed_complaints"]

_LEFT = (
    "SELECT count(*) FROM piece",
    "SELECT count(*) FROM message WHERE open = 1",
    "SELECT count(*) FROM run WHERE state = 'running'",
)


def killed_complaints(path: Path) -> Iterator[str]:
    """After a kill, before anybody opens it again; a copy is examined, as opening would recover it."""
    with TemporaryDirectory(dir=path.parent) as directory:
        copy = Path(directory) / path.name
        for end in ("", "-wal"):
            if (part := Path(f"{path}{end}")).exists():
                shutil.copyfile(part, f"{copy}{end}")
        if copy.exists():
            yield from _integrity(copy)


def closed_complaints(path: Path) -> Iterator[str]:
    """After a server that had opened every chat was closed."""
    yield from _integrity(path)
    with closing(sqlite3.connect(path)) as db:
        for sql in _LEFT:
            if (left := db.execute(sql).fetchone()[0]) != 0:
                yield f"{sql}: {left}"


def _integrity(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as db:
        for (found,) in db.execute("PRAGMA integrity_check"):
            if found != "ok":
                yield f"integrity_check: {found}"
