"""Reading a chat back: its messages, and what a crash or restart cut off."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from jupyter_ai.engine.run import STOPPED_TEXT
from jupyter_ai.models import (
    AgentChatMessage,
    AgentStreamMessage,
    ChatDescription,
    ChatMessage,
    HumanChatMessage,
)

if TYPE_CHECKING:
    from jupyter_ai.engine.chat import Chat
    from jupyter_ai.engine.store import ChatContents, ChatRow, RunRow
    from jupyter_ai_magics.models.persona import Persona

__all__ = ["cut_reply", "describe", "ends_visibly", "last_answer", "parse_message", "restore"]

_CUT_TEXT = "(The server stopped before this was answered.)"
_CUT_LATER_TEXT = "(The server stopped before this answer was finished.)"

_KINDS: dict[Any, type[HumanChatMessage | AgentChatMessage | AgentStreamMessage]] = {
    "human": HumanChatMessage,
    "agent": AgentChatMessage,
    "agent-stream": AgentStreamMessage,
}


def restore(chat: Chat, contents: ChatContents) -> None:
    """Fill a chat with what was stored of it, and end visibly what was being answered then."""
    for row in contents.messages:
        message = parse_message(row)
        if message is None:
            chat.engine.log.warning("A stored message of chat %s cannot be read; left out.", chat.id)
        else:
            chat.log.add(message)
    for run in contents.runs:
        _end_cut(chat, run)


def _end_cut(chat: Chat, run: RunRow) -> None:
    human = chat.log.find(run.id)
    replies = [m for m in chat.log if getattr(m, "reply_to", None) == run.id]
    if isinstance(human, HumanChatMessage):
        if run.remembers:
            chat.remembered.remember_cut(human, last_answer(replies))
        if not ends_visibly(replies):
            chat.append(cut_reply(run.id, chat.engine.persona(), begun=bool(replies)))
    chat.engine.store.put_run(replace(run, state="failed"))


def parse_message(row: dict[str, Any]) -> ChatMessage | None:
    """A stored message, or None if it cannot be read."""
    kind = _KINDS.get(str(row.get("type")))
    try:
        return kind.model_validate(row) if kind is not None else None
    except ValidationError:
        return None


def cut_reply(human_id: str, persona: Persona, *, begun: bool) -> AgentStreamMessage:
    """The reply to a message whose run was cut where no stream shows it; `begun`: after other replies."""
    return AgentStreamMessage(
        id=uuid.uuid4().hex,
        time=time.time(),
        body=_CUT_LATER_TEXT if begun else _CUT_TEXT,
        reply_to=human_id,
        persona=persona,
        complete=True,
        metadata={"interrupted": True},
    )


def ends_visibly(replies: Sequence[ChatMessage]) -> bool:
    """Whether one of them shows that the run which was cut gave no whole answer."""
    return any(
        isinstance(reply, AgentStreamMessage) and reply.metadata.keys() & {"interrupted", "stopped"}
        for reply in replies
    )


def last_answer(replies: Sequence[ChatMessage]) -> str:
    """What the last streamed one says, without the words that it was stopped, and without our own."""
    ours = (_CUT_TEXT, _CUT_LATER_TEXT)
    streams = [r for r in replies if isinstance(r, AgentStreamMessage) and r.body not in ours]
    if not streams:
        return ""
    body, stopped = streams[-1].body, streams[-1].metadata.get("stopped")
    return body.removesuffix(STOPPED_TEXT).removesuffix("\n\n") if stopped else body


def describe(row: ChatRow, updated: float | None) -> ChatDescription:
    """A stored chat as the list of chats shows it; `updated`: the time of its newest message."""
    return ChatDescription(
        id=row.id,
        title=row.title,
        owner=row.owner,
        shared=row.shared,
        is_default=row.is_default,
        created=row.created,
        updated=row.created if updated is None else updated,
        persona=row.persona,
    )
