"""The chat as a persona sees it: what was said, by whom, and a way to add to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_ai.models import AgentStreamChunkMessage, HumanChatMessage

if TYPE_CHECKING:
    from jupyter_ai.engine.chat import Chat
    from jupyter_ai.models import ChatMessage
    from jupyter_ai.personas.base_persona import BasePersona

__all__ = ["PersonaChat", "Said"]


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a chat, streams as far as they are; `time` is in seconds since the epoch."""

    id: str
    body: str
    time: float
    sender: str
    """The username of a person, or the `id` of a persona (its name, if it is not in this chat any more)."""

    reply_to: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    attachments: tuple[Any, ...] = ()
    raw_time: bool = False
    deleted: bool = False


class PersonaChat:
    """Reads a chat, and adds to it what its persona says."""

    def __init__(self, chat: Chat, sender_of: Callable[[str], str]) -> None:
        self._chat = chat
        self._sender_of = sender_of  # a persona's id, by its name
        self._persona: BasePersona | None = None

    def belong_to(self, persona: BasePersona) -> None:
        """Say what is added as this persona."""
        self._persona = persona

    @property
    def id(self) -> str:
        """The chat's id."""
        return self._chat.id

    def get_id(self) -> str:
        """The chat's id."""
        return self._chat.id

    @property
    def title(self) -> str:
        """The chat's title."""
        return self._chat.row.title

    def get_messages(self) -> list[Said]:
        """Everything that was said, the oldest first."""
        return [self._said(message) for message in self._chat.log]

    def get_message(self, id: str) -> Said | None:
        """One message, or None."""
        message = self._chat.log.find(id)
        return self._said(message) if message is not None else None

    def get_attachments(self) -> dict[Any, dict[str, Any]]:
        """All that is attached in the chat, by the items of messages' `attachments`."""
        attached = [each for message in self.get_messages() for each in message.attachments]
        return {each: each.model_dump() for each in attached}

    def add_message(self, message: Any) -> None:
        """Say a str, or the `body` of a message, as this persona."""
        if self._persona is None:
            raise RuntimeError("Nobody speaks here: this chat belongs to no persona.")
        body: Any = message.get("body") if isinstance(message, Mapping) else getattr(message, "body", message)
        self._persona.send_message(body)

    def _said(self, message: ChatMessage) -> Said:
        if isinstance(message, HumanChatMessage):
            attachments = tuple(message.attachments)
            return Said(message.id, message.body, message.time, message.sender, attachments=attachments)
        assert not isinstance(message, AgentStreamChunkMessage)  # a log holds whole messages
        sender = self._sender_of(message.persona.name)
        return Said(message.id, message.body, message.time, sender, message.reply_to, message.metadata)
