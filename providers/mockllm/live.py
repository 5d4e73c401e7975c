"""The answers of a responses file while somebody edits it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Lock

from mockllm.config import ResponsesConfig, ResponsesError, load_responses
from mockllm.responder import Responder

__all__ = ["LiveResponses", "Version", "shared_responses", "version_of"]

logger = logging.getLogger("mockllm")

_CHECK_EVERY = 0.2

_SAVING = 1.0  # seconds for which an empty file may be one that is being saved

Check = Callable[[ResponsesConfig, str], None]
Version = tuple[int, int, int]  # time of change, size, inode


class LiveResponses:
    """The responder of a file, made anew when the file has changed; a wrong file changes nothing.

    Raises `ResponsesError` if the file is wrong from the start. `problem` says what is wrong with a newer
    file. Thread-safe; `clock` gives seconds, `is_recording` is as for a `Responder`. `source` is what errors
    call the file.
    """

    def __init__(
        self, path: Path, *, is_recording: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path: Path | None = path
        self.problem: str | None = None
        self._clock = clock
        self._version = version_of(path)
        self._responder = Responder(load_responses(path), is_recording=is_recording)
        self.source = str(path)
        self._check_content: Check | None = None
        self._emptied: float | None = None
        self._checked = clock()
        self._lock = Lock()

    @classmethod
    def fixed(cls, responses: ResponsesConfig, source: str = "<responses>") -> LiveResponses:
        """Answers that are not in a file."""
        self = cls.__new__(cls)
        self.path = self.problem = self._check_content = None
        self.source = source
        self._responder, self._lock = Responder(responses), Lock()
        return self

    @property
    def current(self) -> Responder:
        """The responder of the last good file. Looks for a newer one every 0.2 s at most: one `stat`."""
        if self.path is not None and self._lock.acquire(blocking=False):
            try:
                self._check(self.path)
            finally:
                self._lock.release()
        return self._responder

    def check_with(self, check: Check) -> None:
        """Have the responses, and each newer file before it is used, checked; they are given with `source`.

        `check` raises `ResponsesError` for those that are wrong, and so does this.
        """
        check(self._responder.responses, self.source)
        self._check_content = check

    def adopt(self, responses: ResponsesConfig) -> None:
        """Answer as the file says now that the caller has added to it; what was counted is kept."""
        with self._lock:
            if self.path is not None:
                self._version = version_of(self.path)
            self._responder.responses = responses

    def _check(self, path: Path) -> None:
        if (now := self._clock()) - self._checked < _CHECK_EVERY:
            return
        self._checked = now
        version = version_of(path)
        if version != self._version and not self._is_being_saved(version, now):
            self._version = version
            self._read(path)

    def _is_being_saved(self, version: Version | None, now: float) -> bool:
        """Whether the file has become empty just now: writers truncate first."""
        if version is None or version[1] or (self._version and not self._version[1]):
            self._emptied = None
            return False
        if self._emptied is None:
            self._emptied = now
        return now - self._emptied < _SAVING

    def _read(self, path: Path) -> None:
        try:
            responses = load_responses(path)
            if self._check_content is not None:
                self._check_content(responses, self.source)
        except ResponsesError as error:
            self.problem = str(error)
            logger.warning("%s The answers stay those of the last good file.", self.problem)
        else:
            self._responder = Responder(responses, is_recording=self._responder.is_recording)
            self.problem = None
            logger.info("%s has changed and was read again.", path)


@lru_cache(maxsize=16)
def shared_responses(path: Path) -> LiveResponses:
    """The responses of a file, one object for all that use it in this process."""
    return LiveResponses(path)


def version_of(path: Path) -> Version | None:
    """What changes when the file does; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
