"""One reader of a chat: a bounded outbox and a sender that awaits each write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING

from jupyter_ai.engine.frame import ChunkFrame, Frame, merge

if TYPE_CHECKING:
    from jupyter_ai.engine.store import Store

__all__ = ["MAX_OUTBOX", "Subscriber"]

MAX_OUTBOX = 4 << 20
"""Bytes that may wait for a slow reader before its connection is aborted."""

Send = Callable[[bytes], Awaitable[None]]


class Subscriber:
    """A reader of one chat: a WebSocket, a terminal or a test.

    `send` writes one frame and returns when the reader took it; what it raises ends the subscription.
    `abort` is called, once, when a frame comes while more than `max_outbox` bytes wait: the reader is
    expected to come back. With `personas` it is told who answers what is addressed to nobody: clients of the
    2.x series, which take whatever they do not know for a message, are not. `names` are those by which people
    address the person who reads.
    """

    def __init__(
        self,
        client_id: str,
        send: Send,
        abort: Callable[[], None],
        *,
        max_outbox: int = MAX_OUTBOX,
        personas: bool = False,
        names: Collection[str] = (),
    ) -> None:
        self.client_id = client_id
        self.personas = personas
        self.names = names
        self.lost = False  # closed, fell behind, or `send` failed
        self._send = send
        self._abort = abort
        self._max = max_outbox
        self._outbox: list[Frame | ChunkFrame] = []
        self._waiting = 0  # bytes in the outbox; what is being sent is bounded by having been in it
        self._news = asyncio.Event()
        self._idle = asyncio.Event()  # nothing waits, and nothing is being sent
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    def push(self, frame: Frame | ChunkFrame, *, counted: bool = True) -> None:
        """Queue a frame; never blocks. One that is not `counted` is bounded elsewhere.

        One large message is no sign of a slow reader: a whole one counts for a quarter of the bound at most.
        """
        if self.lost:
            return
        if self._waiting > self._max:
            self.close()
            self._abort()
            return
        if counted:
            whole = isinstance(frame, Frame)
            self._waiting += min(frame.size, self._max // 4) if whole else frame.size
        self._outbox.append(frame)
        self._idle.clear()
        self._news.set()

    def start(self, store: Store) -> asyncio.Task[None]:
        """Begin to send; the caller owns the task returned."""
        self._task = asyncio.get_running_loop().create_task(
            self._main(store), name=f"subscriber {self.client_id}"
        )
        return self._task

    async def drain(self) -> None:
        """Return when everything pushed so far was sent, or the reader is lost."""
        await self._idle.wait()

    def close(self) -> None:
        """End the subscription; what was not sent is dropped."""
        self._lose()
        if self._task is not None:
            self._task.cancel()

    def _lose(self) -> None:
        self.lost = True
        self._outbox.clear()
        self._idle.set()

    async def _main(self, store: Store) -> None:
        try:
            await self._pump(store)
        finally:
            self._lose()

    async def _pump(self, store: Store) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            batch, self._outbox = self._outbox, []
            self._waiting = 0
            for frame in merge(batch) if len(batch) > 1 else batch:
                if frame.ticket > store.durable:
                    await store.wait(frame.ticket)
                await self._send(frame.encode())
            if not self._outbox:
                self._idle.set()
