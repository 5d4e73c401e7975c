"""Several asynchronous iterators read as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from jupyter_ai_magics.failures import contained

__all__ = ["merge_iterators"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _End:
    failure: BaseException | None = None


async def merge_iterators(iterators: Iterable[AsyncIterable[T]]) -> AsyncGenerator[T, None]:
    """What several asynchronous iterators yield, each item as soon as it is there.

    They run side by side, each in one task, and wait for the reader. The error of one is raised after the
    others were closed. Closing this generator, or cancelling who waits for it, closes them too.
    """
    queue: asyncio.Queue[_Item[T] | _End] = asyncio.Queue(maxsize=1)
    tasks = [asyncio.create_task(_pump(iterator, queue)) for iterator in iterators]
    try:
        running = len(tasks)
        while running:
            match await queue.get():
                case _Item(value):
                    yield value
                case _End(BaseException() as failure):
                    raise failure
                case _:
                    running -= 1
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(source: AsyncIterable[T], queue: asyncio.Queue[_Item[T] | _End]) -> None:
    """Read a source to its end, in the task that also closes it."""
    end = _End()
    iterator = aiter(source)
    try:
        async for value in iterator:
            await queue.put(_Item(value))
    except BaseException as failure:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        end = _End(failure)  # a cancellation, too, that was not ours
    finally:
        if close := getattr(iterator, "aclose", None):
            await contained(close)
    await queue.put(end)
