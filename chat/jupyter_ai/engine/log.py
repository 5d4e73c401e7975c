"""The ordered log of a chat's messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, SupportsIndex

if TYPE_CHECKING:
    from jupyter_ai.models import ChatMessage

__all__ = ["ChatLog"]


class ChatLog(list["ChatMessage"]):
    """The list that handlers know as `chat_history`, with look-up by id in O(1).

    Reading it first brings the bodies of running streams up to date (`settle`), so that a chunk need not
    touch them. Change it through `add` and `remove`; what plug-ins append is kept as well.
    """

    def __init__(self, settle: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._settle = settle
        self._by_id: dict[str, ChatMessage] = {}

    def add(self, message: ChatMessage) -> None:
        """Append a message, or replace the one with its id in place."""
        old = self._by_id.get(message.id)
        self._by_id[message.id] = message
        if old is None:
            super().append(message)
        else:
            super().__setitem__(super().index(old), message)

    append = add

    def find(self, id: str) -> ChatMessage | None:
        """The message with this id; a running stream's body may lag behind."""
        return self._by_id.get(id)

    def remove_exchange(self, human_id: str) -> None:
        """Drop a human message and what was said to it."""
        self._keep(lambda m: m.id != human_id and getattr(m, "reply_to", None) != human_id)

    def clear(self) -> None:
        """Drop everything."""
        super().clear()
        self._by_id.clear()

    def _keep(self, wanted: Callable[[ChatMessage], bool]) -> None:
        kept = [m for m in super().__iter__() if wanted(m)]
        super().clear()
        super().extend(kept)
        self._by_id = {m.id: m for m in kept}

    def __iter__(self) -> Iterator[ChatMessage]:
        self._settle()
        return super().__iter__()

    def __reversed__(self) -> Iterator[ChatMessage]:
        self._settle()
        return super().__reversed__()

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        self._settle()
        return super().__getitem__(index)
