"""Forgetting what was said: all of it, or one exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_ai.errors import NotAllowed, UnknownMessage
from jupyter_ai.models import ClearMessage, HumanChatMessage

if TYPE_CHECKING:
    from jupyter_ai.engine.chat import Chat

__all__ = ["check_clear", "clear_all", "clear_exchange"]


def check_clear(chat: Chat, target: str | None, user: str | None) -> None:
    """Raise `NotAllowed` unless `user` (None: the chat itself) may clear this exchange, or all (None)."""
    if user is None or user == chat.row.owner:
        return
    message = chat.log.find(target) if target is not None else None
    if not (isinstance(message, HumanChatMessage) and message.client.username == user):
        raise NotAllowed("Only the owner of this chat can clear what others said in it.")


def clear_all(chat: Chat) -> None:
    """Forget everything; what answers is stopped first and says nothing more."""
    for message in chat.log:
        if isinstance(message, HumanChatMessage):
            chat.silence(message.id)
    chat.streams.drop_all()
    chat.personas.sticky = None
    chat.pending.clear()
    chat.log.clear()
    ticket = chat.engine.store.delete_messages(chat.id, None)
    chat.remembered.forget(None)
    chat.publish(ClearMessage(targets=None), ticket)


def clear_exchange(chat: Chat, target: str) -> None:
    """Forget what human message `target` began. Raises `UnknownMessage`."""
    if not isinstance(chat.log.find(target), HumanChatMessage):
        raise UnknownMessage(target)
    chat.silence(target)
    gone = [m.id for m in chat.log if m.id == target or getattr(m, "reply_to", None) == target]
    for id in gone:
        chat.streams.drop(id)
    for pending in [p for p in chat.pending.values() if p.reply_to == target]:
        del chat.pending[pending.id]
    chat.log.remove_exchange(target)
    ticket = chat.engine.store.delete_messages(chat.id, gone)
    chat.remembered.forget([target])
    chat.publish(ClearMessage(targets=[target]), ticket)
