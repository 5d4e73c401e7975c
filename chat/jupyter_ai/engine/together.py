"""The parallel answers to one message: started one by one, awaited and cancelled together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

__all__ = ["Together"]


class Together:
    """A set of tasks that end with the one that waits for them. An answer may start further ones.

    `own` is given each task: it keeps it, and logs what it raises.
    """

    def __init__(self, own: Callable[[asyncio.Task[None]], None]) -> None:
        self._own = own
        self._tasks: set[asyncio.Task[None]] = set()
        self._cancelled = False

    def start(self, answer: Coroutine[Any, Any, None], name: str) -> None:
        """Begin an answer; once they are cancelled, none begins any more."""
        if self._cancelled:
            answer.close()
            return
        task = asyncio.get_running_loop().create_task(answer, name=name)
        self._tasks.add(task)
        self._own(task)

    def cancel(self) -> None:
        """Cancel all that were begun; does nothing twice."""
        if not self._cancelled:
            self._cancelled = True
            for task in self._tasks:
                task.cancel()

    async def wait(self, first: Awaitable[None] | None = None) -> None:
        """Return when all have ended, and `first`, which runs in the task that waits.

        Cancelling it cancels them and waits for them to clean up. Cancelled a second time, it leaves them to
        whoever owns them.
        """
        try:
            if first is not None:
                await first
            while self._tasks:
                done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
                self._tasks -= done  # others may have come meanwhile
        except asyncio.CancelledError:
            self.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)
            raise
