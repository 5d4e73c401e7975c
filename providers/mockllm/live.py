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

__all__ = ["LiveResponses", "shared_responses"]

logger = logging.getLogger("mockllm")

_CHECK_EVERY = 0.2

Version = tuple[int, int, int]


class LiveResponses:
    """The responder of a file, made anew when the file has changed; a wrong file changes nothing.

    Raises `ResponsesError` if the file is wrong from the start. `problem` says what is wrong with a newer
    file. Thread-safe; `clock` gives seconds, `is_recording` is as for a `Responder`.
    """

    def __init__(
        self, path: Path, *, is_recording: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path: Path | None = path
        self.problem: str | None = None
        self._clock = clock
        self._version = _version(path)
        self._responder = Responder(load_responses(path), is_recording=is_recording)
        self._checked = clock()
        self._lock = Lock()

    @classmethod
    def fixed(cls, responses: ResponsesConfig) -> LiveResponses:
        """Answers that are not in a file."""
        self = cls.__new__(cls)
        self.path = self.problem = None
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

    def adopt(self, responses: ResponsesConfig) -> None:
        """Answer as the file says now that the caller has added to it; what was counted is kept."""
        with self._lock:
            if self.path is not None:
                self._version = _version(self.path)
            self._responder.responses = responses

    def _check(self, path: Path) -> None:
        if (now := self._clock()) - self._checked < _CHECK_EVERY:
            return
        self._checked = now
        if (version := _version(path)) != self._version:
            self._version = version
            self._read(path)

    def _read(self, path: Path) -> None:
        try:
            responses = load_responses(path)
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


def _version(path: Path) -> Version | None:
    """What changes when the file does; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
