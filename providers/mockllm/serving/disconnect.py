"""Noticing that the client has gone, while its request is being answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

__all__ = ["UntilDisconnect"]


class UntilDisconnect:
    """A block that is cancelled, and then left quietly, when the client hangs up; `note` is called at once.

    The body of the request must have been received. `is_over` says that the response is complete: what
    servers report as a disconnect after that is none. Other cancellations go on as usual.
    """

    def __init__(
        self,
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        note: Callable[[], None],
        is_over: Callable[[], bool],
    ) -> None:
        self._receive = receive
        self._note = note
        self._is_over = is_over
        self._gone = False

    async def __aenter__(self) -> None:
        self._work = asyncio.current_task()
        self._listener = asyncio.create_task(self._listen())

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self._listener.cancel()
        if not self._gone or self._work is None:
            return False
        if kind is None:
            await self._absorb()
        return self._work.uncancel() == 0 and kind is asyncio.CancelledError

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not self._is_over() and self._work is not None:
            self._gone = True
            self._note()
            self._work.cancel()

    async def _absorb(self) -> None:
        """The block was done before its cancellation reached it: let it come here."""
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
