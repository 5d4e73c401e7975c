"""Synchronous calls of models, each on a daemon thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from jupyter_ai_magics.failures import as_exception

__all__ = ["raise_if_cancelled", "run_in_thread"]

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` on a thread that delays neither other calls nor the end of the process.

    Raises what it raises; in place of what is no `Exception`, such as `SystemExit`, a RuntimeError.

    Cancelling stops the waiting at once; the thread goes on until the function returns, and its result is
    dropped. May be called concurrently, any number of times.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = copy_context()

    def work() -> None:
        deliver: tuple[Callable[..., None], Any]
        try:
            deliver = future.set_result, context.run(function, *args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
            deliver = future.set_exception, as_exception(error)
        with suppress(RuntimeError):  # the loop was closed meanwhile, so nobody waits any more
            loop.call_soon_threadsafe(_unless_done, future, *deliver)

    Thread(target=work, daemon=True, name=f"sync-model-{id(future):x}").start()
    return await future


def raise_if_cancelled() -> None:
    """Raise `CancelledError` if the running task was cancelled and what it awaited has swallowed that.

    `asyncio.wait_for` of Python 3.11 does where its result comes at the same moment, and client libraries
    wrap each chunk of a stream in one: the stream would go on until its end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _unless_done(future: asyncio.Future[T], deliver: Callable[[Any], None], value: object) -> None:
    if not future.done():
        deliver(value)
