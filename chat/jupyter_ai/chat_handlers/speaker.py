"""What a chat handler and a persona have in common: how they send replies, streams and pending messages."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from jupyter_ai.chat_handlers.failure_report import told
from jupyter_ai.chat_handlers.runnables import (
    GenerationInfo,
    chunk_text,
    close,
    interrupt,
    uncancel,
    yielded_nothing,
)
from jupyter_ai.chat_handlers.streamed_reply import StreamedReply
from jupyter_ai.context_providers.inclusions import take_report
from jupyter_ai.engine.frame import encodable
from jupyter_ai.engine.run import current_run
from jupyter_ai.errors import GenerationInterrupted
from jupyter_ai.models import (
    AgentChatMessage,
    AgentStreamChunkMessage,
    AgentStreamMessage,
    ChatMessage,
    ClosePendingMessage,
    HumanChatMessage,
    Message,
    PendingMessage,
)

if TYPE_CHECKING:
    import logging

    from jupyter_ai_magics.models.persona import Persona

__all__ = ["Speaker"]

_SLICE = 0.005  # seconds that an unpaced stream may keep the event loop to itself

ChunkText = Callable[[str, Any], str]


class Speaker:
    """Sends to one chat, under the name and picture of `persona`."""

    log: logging.Logger | logging.LoggerAdapter[logging.Logger]
    message_interrupted: dict[str, asyncio.Event]
    """By stream id; set when the user stops it."""

    _root_chat_handlers: dict[str, Any]  # the first value, if any, takes what is sent
    _chat_history: list[ChatMessage]  # takes it otherwise
    _saying = "reply"  # the method that sends a whole message, as its author calls it

    @property
    def persona(self) -> Persona:
        """Who speaks."""
        raise NotImplementedError

    @property
    def _author(self) -> str:
        """The class that is named where it was misused."""
        return type(self).__name__

    def broadcast_message(self, message: Message) -> None:
        """Send a message to the chat; may be called from any thread.

        Without a chat (a handler built by hand with an empty `root_chat_handlers`) chat messages are
        appended to `chat_history`.
        """
        for root in self._root_chat_handlers.values():
            if root:
                root.broadcast_message(message)
                return
        if isinstance(message, ChatMessage):
            self._chat_history.append(message)

    def reply(self, response: str, human_msg: HumanChatMessage | None = None) -> None:
        """Send a whole reply, to `human_msg` if given; may be called from any thread."""
        self.broadcast_message(self._agent_message(response, human_msg, take_report()))

    def start_pending(
        self, text: str, human_msg: HumanChatMessage | None = None, *, ellipsis: bool = True
    ) -> PendingMessage:
        """Show that something is being worked on, until `close_pending`."""
        message = PendingMessage(
            id=uuid.uuid4().hex,
            time=time.time(),
            body=text,
            reply_to=human_msg.id if human_msg else "",
            persona=self.persona,
            ellipsis=ellipsis,
        )
        self.broadcast_message(message)
        return message

    def close_pending(self, pending_msg: PendingMessage) -> None:
        """Remove a pending message; does nothing twice."""
        if pending_msg.closed:
            return
        self.broadcast_message(ClosePendingMessage(id=pending_msg.id))
        pending_msg.closed = True

    @contextmanager
    def pending(
        self, text: str, human_msg: HumanChatMessage | None = None, *, ellipsis: bool = True
    ) -> Iterator[PendingMessage]:
        """Show a pending message for as long as the context lasts."""
        message = self.start_pending(text, human_msg, ellipsis=ellipsis)
        try:
            yield message
        finally:
            self.close_pending(message)

    async def _stream(
        self,
        open: Callable[[], Awaitable[AsyncIterator[Any]]],
        info: GenerationInfo,
        human_msg: HumanChatMessage | None,
        pending_msg: str,
        text_of: ChunkText = chunk_text,
    ) -> str:
        """Stream what `open` opens as a reply to `human_msg`; returns its text.

        Stopped by the user, it closes the iterator, marks the reply as stopped and returns. Cancelled
        otherwise, it ends the reply and passes the cancellation on. Raises `GenerationInterrupted` if the
        user has stopped this run already, and what the iterator and `text_of` raise.
        """
        run = current_run()
        if run is not None and run.stopped:
            raise GenerationInterrupted("the user has stopped this answer")
        reply = StreamedReply(self, human_msg, self.start_pending(pending_msg, human_msg))
        chunks: AsyncIterator[Any] | None = None
        try:
            chunks = await open()
            await self._pass_on(chunks, reply, info, text_of)
        except asyncio.CancelledError:
            if not reply.interrupted():
                reply.end("", {**info.result(), "interrupted": True})
                await close(chunks, self.log)
                raise
            uncancel()
            reply.end_stopped(info.result())
            await interrupt(chunks, self.log)
            if run is not None and run.over:
                raise  # it took too long: the handler was given up
        except BaseException as e:
            reply.end("", {**info.result(), "error": told(e)})
            await close(chunks, self.log)
            raise
        return reply.text()

    async def _pass_on(
        self, chunks: Any, reply: StreamedReply, info: GenerationInfo, text_of: ChunkText
    ) -> None:
        turn = float("-inf")  # the first text goes out at once
        try:
            async for chunk in chunks:
                info.see(chunk)
                text = text_of(self._author, chunk)
                if text:
                    reply.add(text)
                if reply.interrupted():
                    raise GenerationInterrupted("stopped by the user")
                if monotonic() - turn > _SLICE:
                    await reply.give_way()
                    turn = monotonic()
        except ValueError as e:
            if not yielded_nothing(e):
                raise
        reply.end("", info.result())

    def _start_stream(self, human_msg: HumanChatMessage | None) -> str:
        """Begin a streamed reply; its id is for `_send_stream_chunk`."""
        stream_id = uuid.uuid4().hex
        self.message_interrupted[stream_id] = asyncio.Event()
        self.broadcast_message(
            AgentStreamMessage(
                id=stream_id,
                time=time.time(),
                body="",
                reply_to=human_msg.id if human_msg else "",
                persona=self.persona,
                complete=False,
                metadata=take_report(),
            )
        )
        return stream_id

    def _send_stream_chunk(
        self, stream_id: str, content: str, complete: bool = False, metadata: dict[str, Any] | None = None
    ) -> None:
        """Append to a streamed reply; `complete` ends it, with `metadata`."""
        self.broadcast_message(
            AgentStreamChunkMessage(
                id=stream_id, content=content, stream_complete=complete, metadata=metadata or {}
            )
        )

    def _agent_message(
        self, text: str, human_msg: HumanChatMessage | None, metadata: dict[str, Any] | None = None
    ) -> AgentChatMessage:
        if not isinstance(text, str):
            raise TypeError(f"{self._saying}() of {self._author} takes a str, not a {type(text).__name__}.")
        return AgentChatMessage(
            id=uuid.uuid4().hex,
            time=time.time(),
            body=encodable(text),
            reply_to=human_msg.id if human_msg else "",
            persona=self.persona,
            metadata=metadata or {},
        )
