"""The ordered log of a chat's messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

if TYPE_CHECKING:
    from jupyter_ai.models import ChatMessage

__all__ = ["ChatLog"]


class ChatLog(list["ChatMessage"]):
    """The list that handlers know as `chat_history`, with look-up by id in O(1).

    Reading it first brings the bodies of running streams up to date (`settle`), so that a chunk need not
    touch them. The engine changes it through `add`, `remove_exchange` and `clear`; plug-ins may change it
    as they would any list, for themselves: neither the readers nor the store learn of it.
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

    @property
    def newest(self) -> float | None:
        """When the last message was begun; None if there is none."""
        return getattr(super().__getitem__(-1), "time", None) if self else None

    def find(self, id: str) -> ChatMessage | None:
        """The message with this id; a running stream's body may lag behind."""
        return self._by_id.get(id)

    def remove_exchange(self, human_id: str) -> None:
        """Drop a human message and what was said to it."""
        super().__setitem__(
            slice(None),
            [m for m in super().__iter__() if m.id != human_id and getattr(m, "reply_to", None) != human_id],
        )
        self._index()

    def clear(self) -> None:
        """Drop everything."""
        super().clear()
        self._by_id.clear()

    # As a list

    def extend(self, messages: Iterable[ChatMessage]) -> None:
        for message in list(messages):
            self.add(message)

    def insert(self, index: SupportsIndex, message: ChatMessage) -> None:
        super().insert(index, message)
        self._index()

    def pop(self, index: SupportsIndex = -1) -> ChatMessage:
        message: ChatMessage = self[index]
        del self[index]
        return message

    def remove(self, message: ChatMessage) -> None:
        del self[self.index(message)]

    def copy(self) -> list[ChatMessage]:
        return list(self)

    def _index(self) -> None:
        self._by_id = {m.id: m for m in super().__iter__()}

    def __iter__(self) -> Iterator[ChatMessage]:
        self._settle()
        return super().__iter__()

    def __reversed__(self) -> Iterator[ChatMessage]:
        self._settle()
        return super().__reversed__()

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        self._settle()
        return super().__getitem__(index)

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(index, value)
        self._index()

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        super().__delitem__(index)
        self._index()

    def __add__(self, other: Any) -> Any:
        return list(self) + other

    def __iadd__(self, other: Iterable[ChatMessage]) -> Self:  # type: ignore[misc, override]  # as list
        self.extend(other)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)  # a copy is a plain list
