"""Which file the chats of a server are kept in, and how it is opened."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jupyter_ai.engine.schema import UnknownSchemaError, check_schema, migrate, recover

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["OpenFile", "Synchronous", "network_file_system", "open_file", "store_path"]

Synchronous = Literal["NORMAL", "FULL"]

_NETWORK = {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "sshfs"}
_NETWORK |= {"lustre", "gpfs", "ceph", "9p", "beegfs", "afs", "glusterfs"}
_MOUNTS = Path("/proc/self/mountinfo")
_MOST_FILES = 100
_ALWAYS_CHECKED = 64 * 2**20  # bytes: a larger file that was closed well is not read through at each start
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SIDE_FILES = ("-wal", "-shm", "-journal")


def store_path(data_dir: Path, root_dir: str) -> Path:
    """The file of the server with this root: a name that people recognize, and a hash that is its own."""
    root = os.path.normcase(os.path.realpath(os.path.expanduser(root_dir)))
    slug = re.sub(r"[^a-z0-9]+", "-", os.path.basename(root).lower()).strip("-")[:40].strip("-") or "root"
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:10]
    return Path(data_dir) / "jupyter_ai" / "chats" / f"{slug}-{digest}.db"


def network_file_system(path: Path, mountinfo: str) -> str | None:
    """The type of the network file system that holds `path`, by the text of /proc/self/mountinfo, or None."""
    longest, kind = -1, ""
    for line in mountinfo.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split()
        if not dash or len(fields) < 5 or not after.strip():
            continue
        mount = Path(_unescaped(fields[4]))
        # Of two mounts on one directory the later one is in sight.
        if len(mount.parts) >= longest and path.is_relative_to(mount):
            longest, kind = len(mount.parts), after.split()[0]
    return kind if kind in _NETWORK or kind.startswith("fuse.") else None


def _unescaped(mount: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), mount)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A database that is ours alone until `lock` is released."""

    path: Path
    db: sqlite3.Connection
    lock: BaseFileLock
    inode: tuple[int, int]
    journal: str
    synchronous: Synchronous
    version: int
    notice: str | None

    def look(self) -> tuple[int, str | None]:
        """The bytes on disk, and what is wrong if the file is no longer where it was."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return 0, self._gone()
        except OSError:
            return 0, None
        size = found.st_size
        with suppress(OSError):
            size += os.stat(f"{self.path}-wal").st_size
        return size, None if (found.st_dev, found.st_ino) == self.inode else self._gone()

    def _gone(self) -> str:
        return (
            f"{self.path} was removed or replaced while in use: what is said in chats now is gone after"
            " a restart. Restart the server to begin a new file."
        )


def open_file(
    path: Path,
    *,
    synchronous: Synchronous,
    busy: float,
    log: logging.Logger | logging.LoggerAdapter[Any],
) -> OpenFile:
    """Lock, create, migrate and recover the file, or the next one that is free.

    Raises OSError or sqlite3.Error if the place is of no use.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    why: str | None = None
    for candidate in _candidates(path):
        lock = _lock(candidate)
        if lock is None:
            why = why or f"{path} is in use by another server"
            continue
        try:
            opened = _open_locked(candidate, lock, synchronous, busy)
        except UnknownSchemaError as error:
            lock.release()
            why = why or f"{path} {error}"
            continue
        except BaseException:
            lock.release()
            raise
        return _told(opened, why, log)
    raise OSError(errno.EBUSY, f"and {_MOST_FILES - 1} files beside it are in use", str(path))


def _told(opened: OpenFile, why: str | None, log: logging.Logger | logging.LoggerAdapter[Any]) -> OpenFile:
    """The same, with everything that its user should know in the notice."""
    told = [opened.notice] if opened.notice else []
    if why is not None:
        told.insert(0, f"{why}: this one writes its chats to {opened.path}.")
    if not told:
        return opened
    notice = " ".join(told)
    log.warning("%s", notice)
    return replace(opened, notice=notice)


def _candidates(path: Path) -> Iterator[Path]:
    yield path
    for number in range(2, _MOST_FILES + 1):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _lock(path: Path) -> BaseFileLock | None:
    # Not at the top: it is slow to import, and only a store on disk needs it.
    from filelock import FileLock, Timeout

    lock = FileLock(f"{path}.lock", mode=0o600, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return lock


def _open_locked(path: Path, lock: BaseFileLock, synchronous: Synchronous, busy: float) -> OpenFile:
    try:
        return _connect(path, lock, synchronous, busy, None)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:
            raise
    aside = _put_aside(path)
    notice = f"{path} was damaged: it is kept as {aside}, and a new one was begun."
    return _connect(path, lock, synchronous, busy, notice)


def _connect(
    path: Path, lock: BaseFileLock, synchronous: Synchronous, busy: float, notice: str | None
) -> OpenFile:
    crashed = any(Path(f"{path}{side}").exists() for side in ("-wal", "-journal"))
    inode = _create(path)
    db = sqlite3.connect(path, timeout=busy, isolation_level=None, check_same_thread=False)
    try:
        check_schema(db)
        journal = _configure(db, path, synchronous)
        if crashed or path.stat().st_size <= _ALWAYS_CHECKED:
            _check(db)
        version = migrate(db)
        recover(db)
    except BaseException:
        db.close()
        raise
    return OpenFile(path, db, lock, inode, journal, synchronous, version, notice)


def _create(path: Path) -> tuple[int, int]:
    """Make the file if there is none, for its owner alone; SQLite gives its side files the same mode."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        found = os.fstat(handle)
    finally:
        os.close(handle)
    if os.name == "posix" and found.st_mode & 0o077:
        with suppress(OSError):
            os.chmod(path, 0o600)
    return found.st_dev, found.st_ino


def _configure(db: sqlite3.Connection, path: Path, synchronous: Synchronous) -> str:
    # The write-ahead log needs memory shared between processes, which network file systems do not have.
    wanted = "DELETE" if network_file_system(path.resolve(), _mounts()) else "WAL"
    journal = str(db.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0])
    db.execute(f"PRAGMA synchronous = {synchronous}")
    db.execute("PRAGMA wal_autocheckpoint = 0")  # the writer does it when nobody waits
    db.execute("PRAGMA journal_size_limit = 16777216").fetchall()
    db.execute("PRAGMA temp_store = MEMORY")
    return journal


def _mounts() -> str:
    try:
        return _MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        return ""


def _check(db: sqlite3.Connection) -> None:
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        error = sqlite3.DatabaseError(found)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _put_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.corrupt-{stamp}-{number}")
    # Last of all the file itself: a log that stayed behind alone would be taken for the new file's.
    for side in (*_SIDE_FILES, ""):
        with suppress(FileNotFoundError):
            Path(f"{path}{side}").rename(f"{aside}{side}")
    return aside
