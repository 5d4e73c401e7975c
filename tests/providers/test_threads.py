"""Synchronous calls wait for nobody and keep nobody waiting."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from jupyter_ai_magics.threads import run_in_thread

variable: ContextVar[str] = ContextVar("variable")


async def test_a_call_gives_its_result_and_sees_the_callers_context() -> None:
    variable.set("seen")

    assert await run_in_thread(lambda word, *, end: variable.get() + word + end, "!", end="?") == "seen!?"


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (KeyError("k"), KeyError),
        (StopIteration(), RuntimeError),
        (SystemExit(3), RuntimeError),
        (KeyboardInterrupt(), RuntimeError),
        (asyncio.CancelledError(), RuntimeError),
        (GeneratorExit(), RuntimeError),
    ],
)
async def test_what_a_call_raises_is_raised_where_it_is_awaited(
    raised: BaseException, seen: type[Exception]
) -> None:
    def fail() -> None:
        raise raised

    with pytest.raises(seen):
        await run_in_thread(fail)


async def test_cancelling_stops_the_waiting_at_once_and_the_late_result_is_dropped() -> None:
    started, released, done = asyncio.Event(), threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang() -> str:
        loop.call_soon_threadsafe(started.set)
        released.wait(10)
        loop.call_soon_threadsafe(done.set)
        return "late"

    waiting = asyncio.create_task(run_in_thread(hang))
    await started.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    released.set()
    await done.wait()


async def test_twenty_hung_calls_do_not_delay_the_next() -> None:
    released = threading.Event()
    hung = [asyncio.create_task(run_in_thread(released.wait, 10)) for _ in range(20)]

    assert await run_in_thread(lambda: "next") == "next"

    released.set()
    await asyncio.gather(*hung)
