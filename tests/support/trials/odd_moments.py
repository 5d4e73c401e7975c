"""A pytest plugin: what happens on a busy machine now and then happens all the time, and again with its seed.

Sockets and threads' results reach the event loop late and in another order, threads begin late, and the loop
is held up for up to 50 ms. The seed is `ODD_MOMENTS` in the environment.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from random import Random
from selectors import DefaultSelector
from typing import Any

import pytest

__all__ = ["OddMoments"]

_HELD_UP = 0.04  # of the turns of the loop
_PAUSES = (1, 2, 10, 50)  # ms
_LATE = 0.5  # of the turns in which something is there
_LATE_THREADS = 0.3
_SWITCHES = (0.0001, 0.001, 0.005, 0.02)  # seconds, from one thread to the next


class OddMoments:
    """Makes them, in the main thread, anew for each test."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._random = Random(seed)
        self._select = DefaultSelector.select
        self._start = threading.Thread.start

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._random.seed(f"{self._seed} {item.nodeid}")
        sys.setswitchinterval(self._random.choice(_SWITCHES))

    def begin(self) -> None:
        """From now on, in all of the process."""
        moments = self

        def select(selector: DefaultSelector, timeout: float | None = None) -> list[Any]:
            return moments.selected(self._select(selector, timeout))

        def start(thread: threading.Thread) -> None:
            moments.delay(thread)
            self._start(thread)

        # There is no seam for it.
        DefaultSelector.select = select
        threading.Thread.start = start

    def selected(self, events: list[Any]) -> list[Any]:
        """Those of `events` that come now; the others are there still in the next turn."""
        if threading.current_thread() is not threading.main_thread():
            return events
        if self._random.random() < _HELD_UP:
            _pause(self._random.choice(_PAUSES))
        if not events or self._random.random() >= _LATE:
            return events
        return self._random.sample(events, self._random.randrange(len(events) + 1))

    def delay(self, thread: threading.Thread) -> None:
        """Have a thread begin late, or not."""
        if self._random.random() < _LATE_THREADS:
            thread.run = _late(thread.run, self._random.choice(_PAUSES))


def pytest_configure(config: pytest.Config) -> None:
    """Begin."""
    moments = OddMoments(os.environ.get("ODD_MOMENTS", "0"))
    config.pluginmanager.register(moments)
    moments.begin()


def _late(run: Callable[[], None], milliseconds: int) -> Callable[[], None]:
    def late() -> None:
        _pause(milliseconds)
        run()

    return late


def _pause(milliseconds: int) -> None:
    select.poll().poll(milliseconds)  # unlike `time.sleep` it is not what some tests look out for
