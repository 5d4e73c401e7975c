"""The file of a user's settings: read when it changes, replaced whole, and never lost when it is broken."""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from jupyter_ai.config.schema import ReadSettings, Settings, UnreadableSettings, dump, parse
from jupyter_ai.errors import JupyterAIError, SettingsNotSaved
from jupyter_ai.private_file import read_private
from jupyter_ai_magics.atomic_file import put_in_place, remove_leftovers, written

__all__ = ["FOLDER", "SettingsFile", "SettingsStore", "Snapshot", "next_stamp"]

Log = logging.Logger | logging.LoggerAdapter[Any]

FOLDER = "jupyter_ai"
"""The folder of ours in Jupyter's data directory."""

_PATIENCE = 10.0  # seconds to wait for another process that writes


@dataclass(frozen=True)
class Snapshot:
    """The settings at one moment."""

    settings: Settings
    stamp: int = 0  # microseconds since the epoch, of the last change; 0: there was none
    problem: str | None = None  # what is wrong with the file
    broken: bool = False  # so that nobody knows what was chosen there
    mark: Any = None  # differs as soon as the file does


class SettingsStore(Protocol):
    """Where settings are kept."""

    @property
    def name(self) -> str:
        """The place, for people."""

    def read(self) -> Snapshot:
        """The settings of now; cheap when nothing changed. Does not raise."""

    def replace(
        self, before: Snapshot, settings: Settings, alongside: AbstractContextManager[None] | None = None
    ) -> bool:
        """Write, unless they are not those of `before` any more: then False, and nothing happens.

        `alongside` is entered before the new settings take effect, and sees an exception if they do not.
        Raises `SettingsNotSaved`.
        """


class SettingsFile:
    """Settings in a JSON file that several processes share.

    Keys that a file of the 2.x series holds go to `take_keys`, and the file is written anew.
    """

    def __init__(self, path: Path, log: Log, take_keys: Callable[[Mapping[str, str]], None]) -> None:
        self.path = path
        self._log = log
        self._take_keys = take_keys
        self._snapshot: Snapshot | None = None
        self._told: str | None = None  # the problem that was logged last

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def read(self) -> Snapshot:
        """The settings; the file is looked at each time, and read when it is not the same as before."""
        known = self._snapshot
        if known is None or known.mark != self._mark():
            self._snapshot = known = self._load(migrate=True)
            self._tell(known.problem)
        return known

    def replace(
        self, before: Snapshot, settings: Settings, alongside: AbstractContextManager[None] | None = None
    ) -> bool:
        """Write another file, flush it to the disk, and put it in the place of this one."""
        with self._errors_told(), self._locked():
            if self._mark() != before.mark:
                return False
            settings = settings.model_copy(update={"changed": next_stamp(before)})
            remove_leftovers(self.path)
            with written(self.path, dump(settings)) as new, alongside or nullcontext():
                self._put_in_place(new, aside=before.broken)
            self._snapshot = self._load(migrate=False)
        return True

    # Reading

    def _mark(self) -> Any:
        try:
            return _mark_of(os.stat(self.path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return error.errno

    def _load(self, *, migrate: bool) -> Snapshot:
        mark: Any = self._mark()
        if mark is None:
            return Snapshot(Settings())
        try:
            found, data = read_private(self.path)  # older versions kept keys in it
            mark = _mark_of(found)
            read = parse(data)
        except OSError as error:
            reason = f"it cannot be read ({error.strerror})"
            return self._broken(reason, mark)
        except UnreadableSettings as error:
            return self._broken(str(error), mark)
        stamp = max(found.st_mtime_ns // 1000, read.settings.changed)
        snapshot = Snapshot(read.settings, stamp, mark=mark)
        return snapshot if read.is_current or not migrate else self._migrated(read, snapshot)

    def _broken(self, reason: str, mark: Any) -> Snapshot:
        stamp = mark[0] // 1000 if isinstance(mark, tuple) else 0
        problem = f"The settings in {self.path} are not used: {reason}. Mend the file, or choose anew."
        return Snapshot(Settings(), stamp, problem, broken=True, mark=mark)

    def _migrated(self, read: ReadSettings, snapshot: Snapshot) -> Snapshot:
        try:
            self._take_keys(read.keys)
            moved = self.replace(snapshot, read.settings)
        except (JupyterAIError, OSError) as error:
            what = "The API keys in it cannot be moved to the secret store" if read.keys else "It stays"
            problem = f"{self.path} is in the form of an earlier version. {what}: {error}"
            return Snapshot(snapshot.settings, snapshot.stamp, problem, mark=snapshot.mark)
        if not moved or self._snapshot is None:
            return self._load(migrate=False)
        keys = f" Its API keys ({', '.join(read.keys)}) are in the secret store now." if read.keys else ""
        self._log.info("%s was brought up to date.%s", self.path, keys)
        return self._snapshot

    def _tell(self, problem: str | None) -> None:
        if problem is not None and problem != self._told:
            self._log.warning("%s", problem)
        self._told = problem

    # Writing

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise SettingsNotSaved(
                f"{self.path} cannot be written: {reason}. Nothing was changed."
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Not at the top: it is slow to import, and only a change needs it.
        from filelock import FileLock, Timeout

        folder = self.path.parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.name == "posix" and folder.name == FOLDER:
            with suppress(OSError):
                folder.chmod(0o700)
        lock = FileLock(f"{self.path}.lock", mode=0o600, timeout=_PATIENCE, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise OSError(errno.EBUSY, "another process has locked it") from None
        try:
            yield
        finally:
            lock.release()

    def _put_in_place(self, new: str, *, aside: bool) -> None:
        target = os.path.realpath(self.path)
        kept = self._put_aside(target) if aside else None
        try:
            put_in_place(new, self.path)
        except OSError:
            if kept is not None:
                os.rename(kept, target)
            raise

    def _put_aside(self, target: str) -> str:
        stamp = f"{target}.broken-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
        kept, number = stamp, 1
        while os.path.lexists(kept):
            number += 1
            kept = f"{stamp}-{number}"
        os.rename(target, kept)
        if os.path.isfile(kept):
            with suppress(OSError):
                os.chmod(kept, 0o600)
        self._log.warning("The broken settings are kept as %s.", kept)
        return kept


def _mark_of(found: os.stat_result) -> tuple[int, ...]:
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_mode


def next_stamp(before: Snapshot) -> int:
    """The time of a change now, which is later than that of `before` whatever the clock says."""
    return max(time.time_ns() // 1000, before.stamp + 1)
