"""The WebSocket of a chat: what a person sends is checked and taken, what happens in the chat is sent."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from jupyter_server._tz import utcnow
from jupyter_server.auth.decorator import ws_authenticated
from tornado.httputil import HTTPServerRequest
from tornado.routing import PathMatches
from tornado.websocket import WebSocketClosedError

from jupyter_ai.auth.identity import create_initials
from jupyter_ai.auth.owner import owner_of
from jupyter_ai.errors import JupyterAIError
from jupyter_ai.keys.redaction import redact
from jupyter_ai.server.base import authorize, host_of, refuse
from jupyter_ai.server.intake import parse_frame, parse_since
from jupyter_ai.server.socket import AiSocket, text_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_ai.engine.chat import Chat
    from jupyter_ai.engine.frame import Frame
    from jupyter_ai.engine.subscriber import Subscriber
    from jupyter_ai.history import BoundedChatHistory
    from jupyter_ai.models import (
        ChatClient,
        ChatMessage,
        ChatUser,
        ClearRequest,
        Message,
        PendingMessage,
        StopRequest,
    )

__all__ = ["RootChatHandler", "UpgradePath", "text_frame"]

_UNREAD_ERRORS = 64  # `error` frames until we wait for the client to read them, before it may send more


class UpgradePath(PathMatches):
    """Matches the requests to a path that ask for a WebSocket; the REST routes have the same paths."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """The arguments of the path, or None."""
        upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
        return super().match(request) if upgrade else None


class RootChatHandler(AiSocket):
    """One connection to one chat."""

    chat: Chat
    owner: str
    client_id: str = ""
    _reader: Subscriber | None = None
    _client: ChatClient | None = None
    _errors = 0

    # Connecting

    @ws_authenticated
    async def get(self, chat_id: str | None = None) -> None:
        """Find the chat, then become a WebSocket until that is closed."""
        await authorize(self, "execute")
        from jupyter_ai.engine.store import StoreError

        try:
            self.chat = await self._find(chat_id)
        except (JupyterAIError, StoreError) as e:
            refuse(self, e)
            return
        await super().get()

    async def _find(self, chat_id: str | None) -> Chat:
        engine = await host_of(self).ready()
        self.owner = owner_of(self)
        return await (
            engine.default_chat(self.owner) if chat_id is None else engine.chat(chat_id, self.owner)
        )

    def open(self) -> None:
        """Send the connection frame, with the history or what was missed since `?epoch=&since=`.

        With `?personas=1` also who answers what is addressed to nobody, now and whenever that changes.
        """
        from jupyter_ai.engine.subscriber import Subscriber

        self.set_nodelay(True)
        self.client_id = uuid.uuid4().hex
        host = host_of(self)
        user = self.get_chat_user()
        self._reader = Subscriber(
            self.client_id,
            self._send,
            self._fell_behind,
            max_outbox=host.options.max_outbox_bytes,
            personas=self.get_query_argument("personas", "") == "1",
            names=(user.username, user.name, user.display_name),
        )
        host.connections.add(self)
        self.chat.subscribe(
            self._reader,
            epoch=self.get_query_argument("epoch", ""),
            since=parse_since(self.get_query_argument("since", "")),
        )

    def on_close(self) -> None:
        """Send nothing more; what was asked for is answered all the same."""
        host_of(self).connections.discard(self)
        if self._reader is not None:
            self.chat.unsubscribe(self._reader)

    # Receiving

    async def on_message(self, message: str | bytes) -> None:
        """Take a frame, or answer it with an `error` frame; the connection stays open."""
        if self._reader is None or self._reader.lost or self.ws_connection is None:
            return
        try:
            self._take(message)
        except JupyterAIError as e:
            await self._refuse(str(e), e.code)
        # A failure of ours: it must cost this frame only, and is in the log.
        except Exception:
            self.log.exception("A frame of client %s could not be dealt with.", self.client_id)
            await self._refuse("The server failed to deal with this; its log tells why.", "internal-error")

    def _take(self, message: str | bytes) -> None:
        request: Any = parse_frame(message, host_of(self).options.max_frame_bytes)
        self.settings["api_last_activity"] = utcnow()  # somebody is here: not to be culled
        match getattr(request, "type", "prompt"):
            case "clear":
                self.on_clear_request(request)
            case "stop":
                self.on_stop_request(request)
            case _:
                self.chat.submit(request, self.chat_client, self.owner)

    def on_clear_request(self, request: ClearRequest) -> None:
        """Forget the chat, or one exchange."""
        self.chat.clear(request.target, self.owner)

    def on_stop_request(self, request: StopRequest | None = None) -> None:
        """Stop what this person asked for in this chat, or one answer."""
        self.chat.stop(self.owner, request.target if request is not None else None)

    # Sending

    def broadcast_message(self, message: Message) -> None:
        """Send a message to everybody who reads this chat."""
        self.chat.broadcast_message(message)

    async def _send(self, frame: bytes) -> None:
        connection = self.ws_connection
        if connection is None or connection.stream is None or connection.is_closing():
            raise WebSocketClosedError
        # Not `write_message`: that makes a task for each frame, three times the cost of the write itself.
        written = connection.stream.write(text_frame(frame))
        # Shielded, if it must be waited for: tornado fails, in the log, over a write that was cancelled.
        await (written if written.done() else asyncio.shield(written))

    async def _refuse(self, reason: str, code: str) -> None:
        if self._reader is None:
            return
        self._reader.push(_error_frame(redact(reason), code))
        self._errors += 1
        if self._errors % _UNREAD_ERRORS == 0:
            await self._reader.drain()

    def _fell_behind(self) -> None:
        self.log.warning(
            "Client %s of chat %s reads too slowly; its connection is cut.", self.client_id, self.chat.id
        )
        self.abort()

    # Who it is, and what 2.x offers here

    def get_chat_user(self) -> ChatUser:
        """The person, as the identity provider names them."""
        from jupyter_ai.models import ChatUser

        user: Any = self.current_user
        return ChatUser(
            username=user.username,
            name=user.name or user.username,
            display_name=user.display_name or user.name or user.username,
            initials=user.initials or create_initials(user.display_name or user.username),
            color=user.color,
            avatar_url=user.avatar_url,
        )

    @property
    def chat_client(self) -> ChatClient:
        """The person at this connection."""
        from jupyter_ai.models import ChatClient

        if self._client is None:
            self._client = ChatClient(id=self.client_id, **self.get_chat_user().model_dump())
        return self._client

    @property
    def chat_handlers(self) -> Mapping[str, Any]:
        """The chat's handlers by routing key."""
        return self.chat.handlers

    @property
    def chat_history(self) -> list[ChatMessage]:
        """What was said in the chat."""
        return self.chat.log

    @property
    def llm_chat_memory(self) -> BoundedChatHistory:
        """What the model remembers of it."""
        return self.chat.memory

    @property
    def pending_messages(self) -> list[PendingMessage]:
        """What is being worked on."""
        return list(self.chat.pending.values())

    @property
    def message_interrupted(self) -> dict[str, asyncio.Event]:
        """By stream id, set when the user stops it."""
        return self.chat.message_interrupted


def _error_frame(reason: str, code: str) -> Frame:
    from jupyter_ai.engine.frame import Frame
    from jupyter_ai.models import ErrorMessage

    return Frame.aside(ErrorMessage(reason=reason, code=code).model_dump_json())
