"""The loading of one group of plug-ins: one thread at a time does it, any number of callers wait for it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from jupyter_ai.plugins.record import Plugin

__all__ = ["GroupLoading", "load_in_turn"]

_PATIENCE = 5.0  # seconds that one import may hold up the groups after it


class GroupLoading:
    """Runs `work` for a group; that imports what is pending and sets `done`, under `lock`, when all is in.

    `done` goes back to False when a plug-in is added later.
    """

    def __init__(self, group: str, work: Callable[[GroupLoading], None], lock: threading.RLock) -> None:
        self.group = group
        self.done = False
        self.importing: Plugin | None = None  # whose code runs at the moment
        self._work = work
        self._lock = lock
        self._busy = False
        self._queued = False  # `load_in_turn` will come to it
        self._thread: int | None = None
        self._idle = threading.Event()
        self._waiters: list[asyncio.Future[None]] = []

    def run(self) -> None:
        """Load in this thread, or wait for the thread that does."""
        while not self._claim():
            # In the second case the import of a plug-in asks for the group that it belongs to.
            if self.done or self._thread == threading.get_ident():
                return
            self._idle.wait()
        self._run()

    def spawn(self) -> None:
        """Load in a daemon thread, unless there is one or nothing to do."""
        if self._claim():
            threading.Thread(target=self._run, name=f"load {self.group}", daemon=True).start()

    def queue(self) -> None:
        with self._lock:
            self._queued = not (self.done or self._busy)

    def outlast(self) -> None:
        """Wait until nobody loads, or until the import of one plug-in exhausts our patience."""
        suspect = None
        while not self._idle.wait(_PATIENCE):
            if suspect is not None and suspect is self.importing:
                return
            suspect = self.importing

    def waiter(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None] | None:
        """A future that resolves once the group is loaded; None if it is. Loads it if nobody will."""
        with self._lock:
            if self.done:
                return None
            waiter = loop.create_future()
            self._waiters.append(waiter)
            queued = self._queued
        if not queued:
            self.spawn()
        return waiter

    def forget(self, waiter: asyncio.Future[None]) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._waiters.remove(waiter)

    def _claim(self) -> bool:
        with self._lock:
            if self.done or self._busy:
                return False
            self._busy, self._queued = True, False
            self._idle.clear()
            return True

    def _run(self) -> None:
        self._thread = threading.get_ident()
        try:
            self._work(self)
        finally:
            self._release()

    def _release(self) -> None:
        with self._lock:
            self._busy, self._thread = False, None
            waiters = self._waiters if self.done else []
            self._waiters = [] if self.done else self._waiters
            self._idle.set()
        for waiter in waiters:
            with contextlib.suppress(RuntimeError):  # its loop is closed
                waiter.get_loop().call_soon_threadsafe(_resolve, waiter)


def load_in_turn(loadings: Iterable[GroupLoading]) -> None:
    """Load groups in a daemon thread, one after the other.

    Not all at once, because imports from several threads may meet half-initialized modules. A group whose
    import hangs is left behind after a while.
    """
    loadings = list(loadings)
    for loading in loadings:
        loading.queue()
    threading.Thread(target=_take_turns, args=(loadings,), name="load plug-ins", daemon=True).start()


def _take_turns(loadings: list[GroupLoading]) -> None:
    for loading in loadings:
        loading.spawn()
        loading.outlast()


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
