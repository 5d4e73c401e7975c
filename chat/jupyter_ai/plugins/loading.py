"""The loading of one group of plug-ins: one thread at a time does it, any number of callers wait for it."""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    import asyncio

    from jupyter_ai.plugins.record import Plugin

__all__ = ["GroupLoading", "load_in_turn"]

_PATIENCE = 5.0  # seconds that one import may hold up the groups after it, and that none is expected to take

Work = Callable[["GroupLoading", bool], None]

_spawned: WeakSet[GroupLoading] = WeakSet()
_leaving = threading.Event()  # the interpreter ends


class GroupLoading:
    """Runs `work` for a group; that imports what is pending and sets `done`, under `lock`, when all is in.

    Told to, `work` imports only what is ours, which takes no time. It calls `progress` where something new
    is in. `done` goes back to False when a plug-in is added later.
    """

    def __init__(self, group: str, work: Work, lock: threading.RLock) -> None:
        self.group = group
        self.done = False
        self._importing: tuple[Plugin, float] | None = None  # whose code runs at the moment, and since when
        self._work = work
        self._lock = lock
        self._busy = False
        self._queued = False  # `load_in_turn` will come to it
        self._thread: int | None = None
        self._idle = threading.Event()
        self._waiters: list[tuple[asyncio.Future[None], Callable[[], bool]]] = []

    @property
    def importing(self) -> Plugin | None:
        """The plug-in whose code runs at the moment."""
        importing = self._importing
        return importing[0] if importing is not None else None

    @property
    def hanging(self) -> Plugin | None:
        """The same, once that takes too long."""
        importing = self._importing
        return importing[0] if importing is not None and monotonic() - importing[1] > _PATIENCE else None

    @contextlib.contextmanager
    def importing_of(self, plugin: Plugin) -> Iterator[None]:
        """The code of this plug-in runs within. Raises SystemExit once the interpreter ends."""
        if _leaving.is_set():
            raise SystemExit
        self._importing = plugin, monotonic()
        try:
            yield
        finally:
            self._importing = None

    def run(self) -> None:
        """Load in this thread, or wait for the thread that does."""
        while not self._claim():
            # In the second case the import of a plug-in asks for the group that it belongs to.
            if self.done or self._thread == threading.get_ident():
                return
            self._idle.wait()
        self._run()

    def run_ours(self) -> None:
        """Load what is ours in this thread, unless some thread loads all of it."""
        if not self.done and self._claim(stay_queued=True):
            self._run(ours_only=True)

    def spawn(self) -> None:
        """Load in a daemon thread, unless there is one or nothing to do."""
        with self._lock:
            self._queued = False  # also where all is in by now: what is added later is for who waits to load
        if not _leaving.is_set() and self._claim():
            _spawned.add(self)
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

    def end(self) -> None:
        """Wait until nobody loads, but no longer for an import that takes too long."""
        if self._busy and self.hanging is None:
            self._idle.wait(_PATIENCE)

    def waiter(
        self, loop: asyncio.AbstractEventLoop, enough: Callable[[], bool]
    ) -> asyncio.Future[None] | None:
        """A future that resolves once the group is loaded, or as much of it as is `enough`; None if it is.

        Loads the group if nobody will.
        """
        with self._lock:
            if self.done or enough():
                return None
            waiter = loop.create_future()
            self._waiters.append((waiter, enough))
            queued = self._queued
        if not queued:
            self.spawn()
        return waiter

    def forget(self, waiter: asyncio.Future[None]) -> None:
        with self._lock:
            self._waiters = [(each, enough) for each, enough in self._waiters if each is not waiter]

    def progress(self) -> None:
        """Let go of those who need not wait any longer."""
        with self._lock:
            over = [waiter for waiter, enough in self._waiters if self.done or enough()]
            self._waiters = [(waiter, enough) for waiter, enough in self._waiters if waiter not in over]
        for waiter in over:
            with contextlib.suppress(RuntimeError):  # its loop is closed
                waiter.get_loop().call_soon_threadsafe(_resolve, waiter)

    def _claim(self, *, stay_queued: bool = False) -> bool:
        with self._lock:
            if self.done or self._busy:
                return False
            self._busy, self._queued = True, stay_queued and self._queued
            self._idle.clear()
            return True

    def _run(self, ours_only: bool = False) -> None:
        self._thread = threading.get_ident()
        try:
            self._work(self, ours_only)
        finally:
            self._release()

    def _release(self) -> None:
        with self._lock:
            self._busy, self._thread = False, None
            self._idle.set()
        self.progress()


def load_in_turn(loadings: Iterable[GroupLoading]) -> None:
    """Load groups in a daemon thread, one after the other; of all of them what is ours first.

    Not all at once, because imports from several threads may meet half-initialized modules. A group whose
    import hangs is left behind after a while.
    """
    loadings = list(loadings)
    for loading in loadings:
        loading.queue()
    _spawned.update(loadings)
    threading.Thread(target=_take_turns, args=(loadings,), name="load plug-ins", daemon=True).start()


def _take_turns(loadings: list[GroupLoading]) -> None:
    for loading in loadings:
        loading.run_ours()
    for loading in loadings:
        loading.spawn()
        loading.outlast()


@atexit.register
def _let_imports_end() -> None:
    """Let the imports that run come to their end, and none begin.

    What ends with the interpreter while compiled code is on its stack may abort the process.
    """
    _leaving.set()
    for loading in list(_spawned):
        loading.end()


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
