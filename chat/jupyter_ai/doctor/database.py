"""The file of the chats: whether it is whole, of a version that we know, and in use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from jupyter_ai.doctor.finding import Finding
from jupyter_ai.engine.schema import MIGRATIONS, UnknownSchemaError, check_schema

__all__ = ["database"]

_ASIDE = (
    "move it away while no server runs: a new one is begun, "
    "and `sqlite3 FILE .recover` may save what is in it"
)
_OTHER = "install the version of jupyter_ai that wrote it, or name another in AiExtension.chat_store_path"


def database(path: Path) -> Iterator[Finding]:
    """The state of the file at `path`; it is read only, and nothing is changed."""
    if not path.exists():
        yield Finding("database", "file", "note", "there is none yet: the first chat makes it", str(path))
        return
    if not path.is_file():
        yield Finding("database", "file", "problem", "it is no file", str(path), _ASIDE.partition(",")[0])
        return
    yield Finding("database", "file", "ok", f"{_size(path) / 1024:,.0f} KiB", str(path))
    yield Finding("database", "use", "ok", "in use" if _is_locked(path) else "not in use")
    try:
        with closing(_open(path)) as db:
            yield _version(db, path)
            yield _integrity(db, path)
    except sqlite3.Error as error:
        yield Finding("database", "integrity", "problem", f"it cannot be read: {error}", str(path), _ASIDE)
    for damaged in sorted(path.parent.glob(f"{path.name}.corrupt-*")):
        if not damaged.name.endswith(("-wal", "-shm", "-journal")):
            text = "an earlier file that was damaged was put aside"
            remedy = "`sqlite3 FILE .recover` may save what is in it; else delete it"
            yield Finding("database", "aside", "note", text, str(damaged), remedy)


def _size(path: Path) -> int:
    """In bytes, with what is in its log."""
    files = (path, Path(f"{path}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _open(path: Path) -> sqlite3.Connection:
    """Read only. A file without a log is opened as one that nobody writes, which leaves nothing beside it."""
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=5)


def _version(db: sqlite3.Connection, path: Path) -> Finding:
    newest = len(MIGRATIONS)
    try:
        version = check_schema(db)
    except UnknownSchemaError as error:
        return Finding("database", "version", "problem", f"it {error}", str(path), _OTHER)
    told = "" if version == newest else f"; the next server brings it to {newest}"
    return Finding("database", "version", "ok", f"{version}{told}")


def _integrity(db: sqlite3.Connection, path: Path) -> Finding:
    found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    if found == "ok":
        return Finding("database", "integrity", "ok", "it is whole")
    return Finding("database", "integrity", "problem", f"it is damaged: {found}", str(path), _ASIDE)


def _is_locked(path: Path) -> bool:
    """Whether a process has the file, by its lock, which is held for a moment to find out."""
    from filelock import FileLock, Timeout

    if not Path(f"{path}.lock").exists():
        return False
    lock = FileLock(f"{path}.lock", mode=0o600, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    lock.release()
    return False
