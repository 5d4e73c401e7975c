"""The replies of one chat that are being streamed: merged for the readers, saved as they grow."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

from jupyter_ai.engine.frame import dump, encodable, plain
from jupyter_ai.engine.stream import StreamBuffer
from jupyter_ai.keys.stream_redaction import StreamRedactor

if TYPE_CHECKING:
    from jupyter_ai.engine.outlet import Outlet
    from jupyter_ai.engine.run import Run
    from jupyter_ai.engine.store import Store
    from jupyter_ai.models import AgentStreamMessage

__all__ = ["Streams"]

_SAVE_EVERY = 0.25
"""Seconds between two savings; with the time of a commit well below the 500 ms that may be lost."""


class _Stream:
    __slots__ = ("buffer", "flush_timer", "keys", "message", "run", "save_timer")

    def __init__(self, message: AgentStreamMessage, run: Run | None) -> None:
        self.message = message
        self.run = run
        self.buffer = StreamBuffer()
        self.keys = StreamRedactor()
        self.flush_timer: asyncio.TimerHandle | None = None
        self.save_timer: asyncio.TimerHandle | None = None

    def cancel_timers(self) -> None:
        for timer in (self.flush_timer, self.save_timer):
            if timer is not None:
                timer.cancel()


class Streams:
    """Open streams by id. What comes for a stream that is not open (ended, cleared) is dropped."""

    def __init__(self, chat_id: str, store: Store, outlet: Outlet) -> None:
        self._chat_id = chat_id
        self._store = store
        self._outlet = outlet
        self._loop = asyncio.get_running_loop()
        self._open: dict[str, _Stream] = {}

    def __contains__(self, id: str) -> bool:
        return id in self._open

    def open(self, message: AgentStreamMessage, run: Run | None) -> None:
        """Begin a stream; text in `message.body` is its first."""
        self._open[message.id] = _Stream(message, run)
        if run is not None:
            run.streams.add(message.id)
            run.hear(message)
        body, message.body = message.body, ""
        json = dump(message)
        ticket = self._store.put_message(self._chat_id, message.id, message.reply_to, json, open=True)
        self._outlet.send(json, ticket)
        if body:
            self.feed(message.id, body)

    def feed(self, id: str, text: str) -> None:
        """Append to a stream; what may be the beginning of a key waits for what follows."""
        stream = self._open.get(id)
        if stream is None or not (text := stream.keys.feed(text)):
            return
        if stream.buffer.feed(text, monotonic()):
            self._flush(stream)
        elif stream.flush_timer is None:
            delay = stream.buffer.due() - monotonic()
            stream.flush_timer = self._loop.call_later(delay, self._flush, stream)
        if stream.save_timer is None:
            stream.save_timer = self._loop.call_later(_SAVE_EVERY, self._save, stream)

    def end(self, id: str, text: str, metadata: dict[str, Any]) -> None:
        """Append the last of a stream and end it; `metadata` adds to what it began with."""
        stream = self._open.pop(id, None)
        if stream is None:
            return
        stream.cancel_timers()
        if text := stream.keys.feed(text) + stream.keys.flush():
            stream.buffer.feed(text, monotonic())
        if stream.run is not None:
            stream.run.streams.discard(id)
            stream.run.marked |= bool(metadata.get("stopped") or metadata.get("interrupted"))
        message = stream.message
        message.body = stream.buffer.text()
        message.complete = True
        message.metadata = metadata = plain({**message.metadata, **metadata})
        ticket = self._store.finish_stream(self._chat_id, id, dump(message))
        offset, text = stream.buffer.take(monotonic())
        self._outlet.send_chunk(id, text, offset, complete=True, metadata=metadata, ticket=ticket)

    def end_all(self, metadata: dict[str, Any]) -> None:
        """End every stream."""
        for id in list(self._open):
            self.end(id, "", metadata)

    def drop(self, id: str) -> None:
        """Forget a stream without a word: its exchange was cleared."""
        stream = self._open.pop(id, None)
        if stream is not None:
            stream.cancel_timers()

    def drop_all(self) -> None:
        """Forget every stream."""
        for id in list(self._open):
            self.drop(id)

    def flush(self) -> None:
        """Send what is waiting to be merged."""
        for stream in self._open.values():
            self._flush(stream)

    def settle(self) -> None:
        """Bring the bodies of the messages up to date."""
        for stream in self._open.values():
            stream.message.body = stream.buffer.text()

    def _flush(self, stream: _Stream) -> None:
        if stream.flush_timer is not None:
            stream.flush_timer.cancel()
            stream.flush_timer = None
        offset, text = stream.buffer.take(monotonic())
        if text:
            self._outlet.send_chunk(stream.message.id, text, offset)

    def _save(self, stream: _Stream) -> None:
        if stream.save_timer is not None:
            stream.save_timer.cancel()
            stream.save_timer = None
        self._store.append_piece(self._chat_id, stream.message.id, encodable(stream.buffer.take_unsaved()))
