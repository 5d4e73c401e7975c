"""The people of a chat: who owns it, who said something in it, and who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_ai.models import HumanChatMessage

if TYPE_CHECKING:
    from jupyter_ai.engine.chat import Chat

__all__ = ["People", "people_of"]


@dataclass(frozen=True, slots=True)
class People:
    """What they are called; each of them may have several names."""

    names: tuple[str, ...]
    alone: bool
    """Whether these are the names of one person at most."""


def people_of(chat: Chat) -> People:
    """The people of `chat`, as far as is known now."""
    clients = [message.client for message in chat.log if isinstance(message, HumanChatMessage)]
    each: set[tuple[str, ...]] = {(client.username, client.name, client.display_name) for client in clients}
    each.update(tuple(reader.names) for reader in chat.outlet.readers())
    each.add((chat.row.owner,))
    named = [found for names in each if (found := [name for name in names if name])]
    names = sorted({name for found in named for name in found})
    return People(tuple(names), alone=len({found[0] for found in named}) < 2)
