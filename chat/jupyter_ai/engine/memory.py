"""The bridge between a chat's memory and the store: what the model remembers, as JSON rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jupyter_ai.engine.frame import to_json
from jupyter_ai.engine.store import MemoryRow

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from jupyter_ai.history import BoundedChatHistory

__all__ = ["exchange_rows", "memory_row", "recall"]


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
