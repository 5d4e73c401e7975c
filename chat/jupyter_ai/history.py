"""What the model remembers of a chat."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import BaseMessage

from jupyter_ai.memory_budget import estimate_tokens
from jupyter_ai_magics.messages import text_of

if TYPE_CHECKING:
    from jupyter_ai.models import HumanChatMessage

__all__ = ["HUMAN_MSG_ID_KEY", "BoundedChatHistory", "WrappedBoundedChatHistory"]

HUMAN_MSG_ID_KEY = "_jupyter_ai_human_msg_id"
"""The key of `additional_kwargs` that tells which human message a remembered message belongs to."""

_FRAME = 4  # tokens that a model spends on where a message begins and whose it is


class BoundedChatHistory(BaseChatMessageHistory):
    """The memory of one chat; shows a model the last `k` exchanges (all of them if `k` is None).

    `clear_time` (seconds since the epoch) and `cleared_msgs` (ids of human messages) tell what was
    forgotten, so that an answer that was under way at that time is not remembered after all.
    Not bound to a model: it stays when the model is switched.
    """

    def __init__(
        self, k: int | None = None, clear_time: float = 0.0, cleared_msgs: set[str] | None = None
    ) -> None:
        self.k = k
        self.clear_time = clear_time
        self.cleared_msgs: set[str] = set() if cleared_msgs is None else cleared_msgs
        self._all: list[BaseMessage] = []
        self._on_add: Callable[[str, BaseMessage], None] | None = None
        self._on_clear: Callable[[list[str] | None], None] | None = None

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]  # LangChain declares an attribute
        """The last `k` exchanges, the oldest first."""
        if self.k is None:
            return list(self._all)
        return self._all[-2 * self.k :] if self.k > 0 else []

    async def aget_messages(self) -> list[BaseMessage]:
        """The last `k` exchanges, the oldest first."""
        return self.messages

    def within(self, budget: int | None) -> list[BaseMessage]:
        """Of `messages` the newest whole exchanges of about `budget` tokens at most; None: all."""
        shown = self.messages
        left, first = budget, len(shown)
        for i in reversed(range(len(shown) if left is not None else 0)):
            left = (left or 0) - estimate_tokens(text_of(shown[i])) - _FRAME
            if left < 0:
                return shown[first:]
            if shown[i].type == "human":
                first = i
        return shown

    def hides(self, budget: int | None) -> bool:
        """Whether a model that is shown `within(budget)` does not see the beginning."""
        return len(self.within(budget)) < len(self._all)

    def add_message(self, message: BaseMessage) -> None:
        """Remember a message at the end."""
        self._all.append(message)
        if self._on_add is not None:
            self._on_add(str(message.additional_kwargs.get(HUMAN_MSG_ID_KEY, "")), message)

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Remember messages at the end, in this order."""
        self.add_messages(messages)

    def clear(self, human_msg_ids: list[str] | None = None) -> None:
        """Forget everything, or what belongs to these human messages."""
        if human_msg_ids is None:
            self._all.clear()
            self.cleared_msgs.clear()
            self.clear_time = time.time()
        else:
            self.cleared_msgs.update(human_msg_ids)
            self._all = [
                m for m in self._all if m.additional_kwargs.get(HUMAN_MSG_ID_KEY) not in human_msg_ids
            ]
        if self._on_clear is not None:
            self._on_clear(human_msg_ids)

    async def aclear(self) -> None:
        """Forget everything."""
        self.clear()

    def observe(
        self,
        on_add: Callable[[str, BaseMessage], None],
        on_clear: Callable[[list[str] | None], None],
    ) -> None:
        """Report what is remembered (human message id, message) and forgotten from now on."""
        self._on_add = on_add
        self._on_clear = on_clear

    def restore(self, human_id: str, message: BaseMessage) -> None:
        """Take a message back from the store, unreported."""
        message.additional_kwargs[HUMAN_MSG_ID_KEY] = human_id
        self._all.append(message)


class WrappedBoundedChatHistory(BaseChatMessageHistory):
    """The memory as one exchange writes to it: what it adds bears the id of `last_human_msg`.

    It shows about `budget` tokens at most; None: all that `history` shows. An exchange that was cleared
    meanwhile, or began before everything was cleared, adds nothing.
    """

    def __init__(
        self,
        history: BoundedChatHistory,
        last_human_msg: HumanChatMessage,
        *args: Any,
        budget: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.history = history
        self.last_human_msg = last_human_msg
        self.budget = budget

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]  # LangChain declares an attribute
        """The last exchanges, the oldest first."""
        return self.history.within(self.budget)

    def add_message(self, message: BaseMessage) -> None:
        """Remember a message of this exchange, unless the exchange was cleared."""
        if self._cleared():
            return
        message.additional_kwargs[HUMAN_MSG_ID_KEY] = self.last_human_msg.id
        self.history.add_message(message)

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Remember messages of this exchange, unless it was cleared."""
        self.add_messages(messages)

    def clear(self) -> None:
        """Forget everything."""
        self.history.clear()

    def _cleared(self) -> bool:
        message = self.last_human_msg
        return message.time <= self.history.clear_time or message.id in self.history.cleared_msgs
