"""One reply of `stream_reply`: pending until its first text, then a stream, ended once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from jupyter_ai.engine.frame import encodable
from jupyter_ai.engine.run import STOPPED_TEXT, current_run
from jupyter_ai.keys.redaction import redact

if TYPE_CHECKING:
    from jupyter_ai.chat_handlers.speaker import Speaker
    from jupyter_ai.models import HumanChatMessage, PendingMessage

__all__ = ["StreamedReply"]

_EMPTY = "(The model returned an empty answer.)"


class StreamedReply:
    """One reply of `stream_reply`: pending until its first text, then a stream, ended once."""

    def __init__(self, speaker: Speaker, human_msg: HumanChatMessage | None, pending: PendingMessage) -> None:
        self._speaker = speaker
        self._human_msg = human_msg
        self._pending = pending
        self._run = current_run()
        self._id: str | None = None
        self._event: asyncio.Event | None = None
        self._pieces: list[str] = []
        self._ended = False

    def text(self) -> str:
        """All of it, for the model's memory."""
        return redact("".join(self._pieces))

    def interrupted(self) -> bool:
        """Whether the user stopped it: the run, or (also without a run) this stream."""
        return (self._run is not None and self._run.stopped) or (
            self._event is not None and self._event.is_set()
        )

    async def give_way(self) -> None:
        """Let frames out and Stop in, and the disk have its turn, however fast the model is."""
        await asyncio.sleep(0)
        if self._run is not None and self._run.give_way is not None:
            await self._run.give_way()

    def add(self, text: str) -> None:
        text = encodable(text)
        self._pieces.append(text)
        self._speaker._send_stream_chunk(self._begin(), text)

    def end(self, text: str, metadata: dict[str, Any]) -> None:
        """End it; without any text an answer says so, while a failure that began nothing leaves no reply."""
        if self._ended:
            return
        self._ended = True
        if self._id is None and not text:
            if "error" in metadata or "interrupted" in metadata:
                self._speaker.close_pending(self._pending)
                return
            text, metadata = _EMPTY, {**metadata, "empty": True}
        stream_id = self._begin()
        self._speaker._send_stream_chunk(stream_id, text, complete=True, metadata=metadata)
        self._speaker.message_interrupted.pop(stream_id, None)

    def end_stopped(self, metadata: dict[str, Any]) -> None:
        text = f"\n\n{STOPPED_TEXT}" if self._pieces else STOPPED_TEXT
        self.end(text, {**metadata, "stopped": True})

    def _begin(self) -> str:
        if self._id is None:
            self._speaker.close_pending(self._pending)
            self._id = self._speaker._start_stream(self._human_msg)
            self._event = self._speaker.message_interrupted.get(self._id)
        return self._id
