"""A JSON file that its owner alone may read, and that several processes change."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from jupyter_ai.errors import SecretsError
from jupyter_ai_magics.atomic_file import remove_leftovers, replace_file

__all__ = ["PrivateFile", "read_private"]

_VERSION = 1  # of the files
_PATIENCE = 5.0  # seconds to wait for another process that is writing


def read_private(path: Path) -> tuple[os.stat_result, bytes]:
    """What a file of its owner's alone is, and what it holds; it gets mode 0600. Raises OSError."""
    # To open a pipe would wait for who writes to it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(path, "rb", opener=lambda name, _: os.open(name, flags)) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is not a file")
        if os.name == "posix" and found.st_mode & 0o077:
            with suppress(OSError):
                os.fchmod(file.fileno(), 0o600)
        return os.fstat(file.fileno()), file.read()


class PrivateFile:
    """A JSON file with one member, of mode 0600; read when it has changed, replaced as a whole."""

    def __init__(self, path: Path, member: str, empty: Any, *, remedy: str = "enter the keys again") -> None:
        self.path = path
        self.problem: str | None = None
        self._member = member
        self._empty = empty
        self._remedy = remedy  # of a file that was removed because it could not be read
        self._content: Any = empty
        self._stamp: tuple[int, int, int] | None = None
        self._lock = threading.RLock()

    def read(self) -> Any:
        """What it holds, the same object until it changes; nothing if it cannot be read."""
        with self._lock:
            try:
                self._refresh()
            except (OSError, ValueError) as e:
                self._content, self._stamp = self._empty, None
                why = e.strerror if isinstance(e, OSError) else str(e)
                self.problem = (
                    f"{self.path} cannot be read: {why}. Repair it, or remove it and {self._remedy}."
                )
            return self._content

    def read_or_raise(self) -> Any:
        """What it holds. Raises `SecretsError` if it cannot be read."""
        content = self.read()
        if self.problem is not None:
            raise SecretsError(self.problem)
        return content

    def write(self, content: Any) -> None:
        """Replace what it holds, under its lock; readers see the old or the new. Raises `SecretsError`."""
        text = json.dumps({"version": _VERSION, self._member: content}, indent=2)
        try:
            remove_leftovers(self.path)
            replace_file(self.path, text.encode())
        except OSError as e:
            raise SecretsError(f"{self.path} cannot be written: {e.strerror}. Nothing was changed.") from None
        with self._lock:
            self._stamp = None

    def locked(self) -> AbstractContextManager[Any]:
        """While it lasts no other process writes. Raises `SecretsError`."""
        # Not at the top: it is slow to import, and only a change needs it.
        from filelock import FileLock, Timeout

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FileLock(f"{self.path}.lock", mode=0o600, timeout=_PATIENCE)
            lock.acquire()
        except Timeout:
            raise SecretsError(f"{self.path} is being written by another process. Try again.") from None
        except OSError as e:
            raise SecretsError(f"{self.path} cannot be written: {e.strerror}. Nothing was changed.") from None
        return _Released(lock)

    def _refresh(self) -> None:
        try:
            if _stamp(os.stat(self.path)) == self._stamp:
                return
            found, data = read_private(self.path)
        except FileNotFoundError:
            self._content, self._stamp, self.problem = self._empty, None, None
            return
        self._content, self._stamp, self.problem = self._parse(data), _stamp(found), None

    def _parse(self, data: bytes) -> Any:
        try:
            content = json.loads(data)[self._member]
        # The error of a JSON decoder carries the whole text.
        except (ValueError, TypeError, LookupError, RecursionError):
            content = None
        if type(content) is not type(self._empty):
            raise ValueError(f"it is no JSON object with `{self._member}`")
        return content


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_mtime_ns, found.st_size, found.st_ino


class _Released(AbstractContextManager["None"]):
    """A lock that is held, given back at the end."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock

    def __exit__(self, *exc: object) -> None:
        self._lock.release()
