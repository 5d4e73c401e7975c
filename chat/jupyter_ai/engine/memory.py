"""What a chat does with its memory: keep it in the store as JSON rows, and tell when it gets too long."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from jupyter_ai.engine.frame import to_json
from jupyter_ai.engine.store import MemoryRow

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from jupyter_ai.history import BoundedChatHistory
    from jupyter_ai.models import ChatMessage

__all__ = ["Shortening", "exchange_rows", "memory_row", "recall"]


def memory_row(human_id: str, message: BaseMessage) -> MemoryRow:
    """One remembered message as it is stored."""
    from langchain_core.messages import message_to_dict

    return MemoryRow(human_id, to_json(message_to_dict(message)))


def exchange_rows(human_id: str, prompt: str, answer: str) -> list[MemoryRow]:
    """A prompt and its answer as they are stored."""
    from langchain_core.messages import AIMessage, HumanMessage

    return [memory_row(human_id, HumanMessage(prompt)), memory_row(human_id, AIMessage(answer))]


def recall(rows: list[MemoryRow], memory: BoundedChatHistory) -> int:
    """Fill `memory` from what was stored; the number of rows that cannot be read, which are left out."""
    from langchain_core.messages import messages_from_dict

    unreadable = 0
    for row in rows:
        try:
            (message,) = messages_from_dict([json.loads(row.json)])
        except (ValueError, KeyError, TypeError):
            unreadable += 1
        else:
            memory.restore(row.human_id, message)
    return unreadable


class Shortening:
    """Says once that a model does not see the beginning of a chat any more; again after all of it was seen.

    `said` is what was said in the chat so far: the note may be there from before a restart.
    """

    def __init__(self, said: Iterable[ChatMessage], say: Callable[[str, str, dict[str, Any]], None]) -> None:
        self._hidden = any("memory" in getattr(message, "metadata", {}) for message in said)
        self._hidden_before = self._hidden  # in the exchange before; several may answer in one
        self._exchange = ""
        self._say = say

    def check(self, exchange: str, memory: BoundedChatHistory, budget: int | None) -> None:
        """Say it if what is shown of `memory` within `budget` tokens leaves out the beginning now.

        `exchange` is the id of the human message that is answered.
        """
        if exchange != self._exchange:
            self._exchange, self._hidden_before, self._hidden = exchange, self._hidden, False
        if not memory.hides(budget):
            return
        if not (self._hidden or self._hidden_before):
            self._tell(memory, budget)
        self._hidden = True

    def _tell(self, memory: BoundedChatHistory, budget: int | None) -> None:
        shown = memory.within(budget)
        exchanges = sum(message.type == "human" for message in shown)
        full = len(shown) < len(memory.messages)
        metadata = {"warning": True, "memory": {"exchanges": exchanges, "full": full}}
        self._say(_shortened(exchanges, full=full), "", metadata)


def _shortened(exchanges: int, *, full: bool) -> str:
    shown = {0: "nothing of what was said before", 1: "the last exchange"}
    why = "More does not fit what it can read at once" if full else "How many it is shown is a setting"
    return (
        "From here on the model no longer sees the beginning of this chat: it is shown "
        f"{shown.get(exchanges, f'the last {exchanges} exchanges')}. {why}; `/clear` begins anew."
    )
