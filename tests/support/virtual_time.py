"""Time that passes only while everybody on the event loop waits, and then at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["virtual_time"]


@contextmanager
def virtual_time() -> Iterator[None]:
    """The running loop waits for no timer in here; without one it waits for files as ever."""
    loop: Any = asyncio.get_running_loop()
    real_time, real_select = loop.time, loop._selector.select
    passed = 0.0

    def select(timeout: float | None = None) -> Any:
        nonlocal passed
        if timeout is None:
            return real_select(None)
        events = real_select(0)
        if not events:
            passed += timeout
        return events

    start = real_time()
    loop.time, loop._selector.select = lambda: start + passed, select
    try:
        yield
    finally:
        loop.time, loop._selector.select = real_time, real_select
