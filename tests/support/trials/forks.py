"""Processes forked from one that has imported everything, and has one thread."""

from __future__ import annotations

import gc
import logging
import os
import select
import signal
import threading
import traceback
from collections.abc import Callable, Iterable
from time import monotonic
from typing import IO, TypeVar

__all__ = ["Forked", "in_parallel", "settle"]

T = TypeVar("T")
Work = Callable[[IO[str]], None]


_living: set[Forked] = set()  # of this process
_ends: list[int] = []  # of the pipes that lead out of this process and those it descends from


class Forked:
    """A process that does `work` and nothing else, and what it says; errors that are logged are said, too."""

    def __init__(self, work: Work) -> None:
        self._pipe, end = os.pipe()
        self._said = b""
        self._over = False
        self.pid = os.fork()
        if self.pid == 0:
            _alone(work, end)
        os.close(end)
        _living.add(self)

    def line(self, patience: float) -> str | None:
        """The next line; None at the end, or when there was none in so many seconds."""
        deadline = monotonic() + patience
        while b"\n" not in self._said and self._more(deadline):
            pass
        if b"\n" not in self._said:
            return None
        line, self._said = self._said.split(b"\n", 1)
        return line.decode()

    def rest(self, patience: float | None = None) -> list[str]:
        """The lines that it has yet to say, until its end or for so many seconds."""
        deadline = None if patience is None else monotonic() + patience
        while self._more(deadline):
            pass
        return self._said.decode().splitlines()

    def lives(self, seconds: float) -> bool:
        """Whether it is alive after this time."""
        self.rest(seconds)
        return not self._over

    def end(self, patience: float | None = None) -> list[str]:
        """Kill it, or ask it to end within so many seconds; once it is gone, return what it has said."""
        _living.discard(self)
        if patience is not None:
            os.kill(self.pid, signal.SIGTERM)
            if self.lives(patience):
                self._said += b"it did not end when asked to\n"
        os.kill(self.pid, signal.SIGKILL)  # nobody else may have its number before `waitpid`
        said = self.rest()
        os.close(self._pipe)
        os.waitpid(self.pid, 0)
        return said

    def _more(self, deadline: float | None) -> bool:
        """Wait for it to say something; False at the end, or if it did not."""
        patience = None if deadline is None else max(0.0, deadline - monotonic())
        if self._over or not select.select([self._pipe], [], [], patience)[0]:
            return False
        said = os.read(self._pipe, 1 << 16)
        self._said += said
        self._over = not said
        return not self._over


def _alone(work: Work, pipe: int) -> None:
    """The whole of a forked process: nothing may get back into the code of the one that forked."""
    for end in _ends:
        os.close(end)  # who reads it waits for the end of those who can write
    _ends[:] = [pipe]
    _living.clear()
    try:
        with os.fdopen(pipe, "w", buffering=1, errors="backslashreplace") as out:
            logging.basicConfig(stream=out, level=logging.ERROR, force=True)
            try:
                work(out)
            # Told to whoever forked.
            except BaseException:  # noqa: BLE001
                traceback.print_exc(file=out)
    finally:
        for child in list(_living):
            child.end()
        os._exit(0)


def settle() -> None:
    """Make this process one that forks well: a single thread, and nothing for the collector to touch."""
    for thread in set(threading.enumerate()) - {threading.current_thread()}:
        thread.join()
    gc.collect()
    gc.freeze()


def in_parallel(jobs: list[T], work: Callable[[Iterable[T], IO[str]], None], at_once: int) -> list[list[str]]:
    """What `work` wrote, in as many processes as may run at once, of its share of the jobs."""
    shares = [jobs[first::at_once] for first in range(at_once)]
    forked = [Forked(lambda out, share=share: work(share, out)) for share in shares if share]  # type: ignore[misc]
    for process in forked:
        process.rest()
    return [process.end() for process in forked]
