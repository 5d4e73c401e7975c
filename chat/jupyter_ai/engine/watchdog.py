"""Names the handler that blocks the event loop."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from contextvars import Context
from time import monotonic
from types import FrameType

from jupyter_ai.engine.run import Run, run_in

__all__ = ["BLOCKED_AFTER", "Watchdog"]

BLOCKED_AFTER = 1.0
"""Seconds without a turn of the event loop before the handler at work is named."""

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


class Watchdog:
    """A daemon thread that asks the loop for a sign of life while runs are at work.

    `on_blocked(run, name, seconds)`, with the name of what blocked it, is called once the loop turns again.
    """

    def __init__(
        self,
        log: Log,
        on_blocked: Callable[[Run, str, float], None],
        *,
        limit: float = BLOCKED_AFTER,
    ) -> None:
        self._log = log
        self._on_blocked = on_blocked
        self._limit = limit
        self._busy = threading.Event()  # set while any run is at work
        self._closed = False
        self._runs = 0
        self._thread: threading.Thread | None = None

    def enter(self) -> None:
        """A run begins; called on the loop."""
        self._runs += 1
        self._busy.set()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._watch,
                args=(asyncio.get_running_loop(), threading.get_ident()),
                name="jupyter-ai-watchdog",
                daemon=True,
            )
            self._thread.start()

    def leave(self) -> None:
        """A run's task ended; called on the loop."""
        self._runs -= 1
        if not self._runs:
            self._busy.clear()

    def close(self) -> None:
        """Let the thread end; does not wait for it."""
        self._closed = True
        self._busy.set()

    def _watch(self, loop: asyncio.AbstractEventLoop, ident: int) -> None:
        while True:
            self._busy.wait()
            if self._closed or not self._beat(loop, ident):
                return

    def _beat(self, loop: asyncio.AbstractEventLoop, ident: int) -> bool:
        """One sign of life asked for; False when the loop is gone."""
        alive = threading.Event()
        try:
            loop.call_soon_threadsafe(alive.set)
        except RuntimeError:
            return False
        if not alive.wait(self._limit):
            self._blocked(loop, ident, alive)
        # Not asked again at once: a quarter of the limit is fine enough, and costs a few wake-ups a second.
        threading.Event().wait(self._limit / 4)
        return True

    def _blocked(self, loop: asyncio.AbstractEventLoop, ident: int, alive: threading.Event) -> None:
        began = monotonic() - self._limit
        frame = sys._current_frames().get(ident)
        run = _run_of(frame)
        where = "".join(traceback.format_stack(frame, limit=8)) if frame is not None else ""
        del frame
        name = run.handler_name if run is not None else "something that is not a chat handler"
        self._log.warning(
            "The event loop has been blocked for over %.1f s by %s. It should await, or use a thread.\n%s",
            self._limit,
            name,
            where,
        )
        while not alive.wait(1.0):
            if self._closed:
                return
        if run is not None:
            try:
                loop.call_soon_threadsafe(self._on_blocked, run, name, monotonic() - began)
            except RuntimeError:
                return


def _run_of(frame: FrameType | None) -> Run | None:
    """The run for which the loop is at work: in its task, or in a task or callback that this began."""
    while frame is not None:
        if frame.f_code is asyncio.Handle._run.__code__:
            context: Context = frame.f_locals["self"]._context
            return run_in(context)
        frame = frame.f_back
    return None
