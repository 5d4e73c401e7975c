"""The synchronous work of runs has threads of its own: what hangs there delays nobody."""

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_ai.engine.run import Run
from jupyter_ai.engine.threads import RunExecutor

LIMIT = 10  # seconds, for waits that end at once


async def in_a_run(work: Callable[[], Awaitable[Any]]) -> Any:
    results = []

    async def answer() -> None:
        results.append(await work())

    run = Run(SimpleNamespace(id="m"), "user", lambda _: None)  # type: ignore[arg-type]
    await run.start(answer())
    if run.error is not None:
        raise run.error
    return results[0]


@pytest.fixture
async def in_thread() -> Callable[..., Awaitable[Any]]:
    """Runs a function the way that LangChain does, as a part of a run."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(RunExecutor())
    return lambda fn, *args: in_a_run(lambda: loop.run_in_executor(None, fn, *args))


def thread_name() -> str:
    return threading.current_thread().name


async def test_the_work_of_a_run_gets_a_daemon_thread_and_other_work_the_shared_pool(in_thread) -> None:
    assert await in_thread(thread_name) == "jupyter-ai-run"
    assert await in_thread(lambda: threading.current_thread().daemon)
    assert (await asyncio.to_thread(thread_name)).startswith("asyncio")


async def test_an_idle_thread_is_used_again(in_thread) -> None:
    # A thread is idle a moment after its work was told; of many, one is found idle on a busy machine too.
    idents = [await in_thread(threading.get_ident) for _ in range(50)]

    assert len(set(idents)) < len(idents)


async def test_what_the_work_raises_reaches_who_awaits_it(in_thread) -> None:
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 / 0)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await in_thread(next, iter(()))


async def test_twenty_hung_calls_do_not_delay_the_next(in_thread) -> None:
    released = threading.Event()
    hung = [asyncio.create_task(in_thread(released.wait, LIMIT)) for _ in range(20)]

    assert await in_thread(lambda: "next") == "next"

    released.set()
    await asyncio.gather(*hung)


def test_a_hung_call_does_not_delay_the_end_of_the_loop() -> None:
    started, released, returned = threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        started.set()
        released.wait(LIMIT)
        returned.set()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(RunExecutor())
        task = asyncio.create_task(in_a_run(lambda: loop.run_in_executor(None, hang)))
        await asyncio.to_thread(started.wait, LIMIT)
        assert not task.done()

    asyncio.run(main())

    assert not returned.is_set()
    released.set()
    assert returned.wait(LIMIT)


@pytest.mark.usefixtures("in_thread")
async def test_an_abandoned_iterator_is_closed_as_soon_as_its_next_returns() -> None:
    started, released, closed = threading.Event(), threading.Event(), threading.Event()

    def stream() -> Iterator[int]:
        try:
            started.set()
            released.wait(LIMIT)
            yield 1
        finally:
            closed.set()

    async def answer() -> None:
        await asyncio.get_running_loop().run_in_executor(None, next, stream())

    run = Run(SimpleNamespace(id="m"), "user", lambda _: None)  # type: ignore[arg-type]
    run.start(answer())
    await asyncio.to_thread(started.wait, LIMIT)
    gc.disable()  # nobody collects it: the last reference goes
    try:
        run.stop()
        await run.wait()
        assert not closed.is_set()
        released.set()
        assert await asyncio.to_thread(closed.wait, LIMIT)
    finally:
        gc.enable()


def test_idle_threads_end_with_the_loop() -> None:
    async def main() -> threading.Thread:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(RunExecutor())
        return await in_a_run(lambda: loop.run_in_executor(None, threading.current_thread))

    thread = asyncio.run(main())
    thread.join(LIMIT)

    assert not thread.is_alive()
