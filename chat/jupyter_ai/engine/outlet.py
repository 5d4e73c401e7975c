"""Where a chat's frames go out: numbered, held for a while for those who come back, sent to every reader."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from jupyter_ai.engine.frame import ChunkFrame, Frame, quote

if TYPE_CHECKING:
    from jupyter_ai.engine.store import Store
    from jupyter_ai.engine.subscriber import Subscriber

__all__ = ["Outlet"]

# What is held for those who come back, in each chat: twenty seconds of a fast model. After that they get the
# whole history, and a server of many chats has its memory for other things (half a kilobyte a frame).
_HELD_BYTES = 2 << 20
_HELD_FRAMES = 1024


class Outlet:
    """The readers of one chat and the frames they are sent; `seq` rises by one a frame within `epoch`."""

    def __init__(self, epoch: str, store: Store) -> None:
        self.epoch = epoch
        self.seq = 0
        self._store = store
        self._readers: dict[Subscriber, asyncio.Task[None]] = {}
        self._held: deque[Frame | ChunkFrame] = deque()
        self._held_bytes = 0

    def send(self, json: str, ticket: int = 0) -> None:
        """Send a JSON object; it is shown once the store's `ticket` is durable."""
        self.seq += 1
        self._distribute(Frame(json, self.seq, ticket))

    def send_chunk(
        self,
        stream: str,
        text: str,
        offset: int,
        *,
        complete: bool = False,
        metadata: dict[str, Any] | None = None,
        ticket: int = 0,
    ) -> None:
        """Send text of a stream; `complete` with its last."""
        self.seq += 1
        self._distribute(
            ChunkFrame(stream, text, offset, self.seq, complete=complete, metadata=metadata, ticket=ticket)
        )

    def send_persona(self, json: str) -> None:
        """Send the readers who asked for it who answers next; it is not numbered, and not held."""
        frame = Frame.aside(json)
        for reader in self.readers():
            if reader.personas:
                reader.push(frame)

    def attach(
        self,
        reader: Subscriber,
        history: Callable[[], str],
        epoch: str,
        since: int | None,
        persona: str | None = None,
    ) -> None:
        """Send `reader` the connection frame, the JSON `persona`, and what it missed, then all that comes."""
        missed = self._since(since) if epoch == self.epoch and since is not None else None
        reader.push(self._connection(reader.client_id, "null" if missed is not None else history()))
        if persona is not None:
            reader.push(Frame.aside(persona))
        for frame in missed or ():
            reader.push(frame, counted=False)
        task = self._readers[reader] = reader.start(self._store)
        task.add_done_callback(lambda task: self._reader_done(reader, task))

    def detach(self, reader: Subscriber) -> None:
        """Send `reader` nothing more."""
        self._readers.pop(reader, None)
        reader.close()

    def readers(self) -> Iterator[Subscriber]:
        """Who reads now."""
        return iter(list(self._readers))

    def _distribute(self, frame: Frame | ChunkFrame) -> None:
        self._held.append(frame)
        self._held_bytes += frame.size
        while self._held_bytes > _HELD_BYTES or len(self._held) > _HELD_FRAMES:
            self._held_bytes -= self._held.popleft().size
        for reader in list(self._readers):
            reader.push(frame)

    def _since(self, seq: int) -> list[Frame | ChunkFrame] | None:
        if seq == self.seq:
            return []
        if seq > self.seq or not self._held or self._held[0].seq > seq + 1:
            return None
        return [frame for frame in self._held if frame.seq > seq]

    def _connection(self, client_id: str, history: str) -> Frame:
        json = (
            f'{{"type":"connection","client_id":{quote(client_id)},"epoch":{quote(self.epoch)}'
            f',"history":{history}}}'
        )
        # Not counted: a long history is no sign of a slow reader.
        return Frame(json, self.seq, self._store.last_ticket, counted=False)

    def _reader_done(self, reader: Subscriber, task: asyncio.Task[None]) -> None:
        self._readers.pop(reader, None)
        if not task.cancelled() and task.exception() is not None:
            reader.close()  # the connection is gone; whoever opened it knows
