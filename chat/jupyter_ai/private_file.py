"""A JSON file that its owner alone may read, and that several processes change."""

from __future__ import annotations

import json
import os
import threading
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from jupyter_ai.errors import SecretsError
from jupyter_ai_magics.atomic_file import remove_leftovers, replace_file

__all__ = ["PrivateFile"]

_VERSION = 1  # of the files
_PATIENCE = 5.0  # seconds to wait for another process that is writing


class PrivateFile:
    """A JSON file with one member, of mode 0600; read when it has changed, replaced as a whole."""

    def __init__(self, path: Path, member: str, empty: Any) -> None:
        self.path = path
        self.problem: str | None = None
        self._member = member
        self._empty = empty
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
                    f"{self.path} cannot be read: {why}. Repair it, or remove it and enter the keys again."
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
            found = os.stat(self.path)
        except FileNotFoundError:
            self._content, self._stamp, self.problem = self._empty, None, None
            return
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if stamp == self._stamp:
            return
        if os.name == "posix" and found.st_mode & 0o077:
            with suppress(OSError):
                os.chmod(self.path, 0o600)
        self._content, self._stamp, self.problem = self._parse(self.path.read_bytes()), stamp, None

    def _parse(self, data: bytes) -> Any:
        try:
            content = json.loads(data)[self._member]
        # The error of a JSON decoder carries the whole text.
        except (ValueError, TypeError, LookupError, RecursionError):
            content = None
        if type(content) is not type(self._empty):
            raise ValueError(f"it is no JSON object with `{self._member}`")
        return content


class _Released(AbstractContextManager["None"]):
    """A lock that is held, given back at the end."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock

    def __exit__(self, *exc: object) -> None:
        self._lock.release()
