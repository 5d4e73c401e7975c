"""Interleaved streams put into one line: a message is shown when those before it have ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jupyter_ai.terminal.state import Cleared, Event, Message, Said

__all__ = ["InOrder", "Part"]


@dataclass(frozen=True, slots=True)
class Part:
    """Text to show next; the first and the last of a message may be empty."""

    message: Message
    text: str
    first: bool
    last: bool


class InOrder:
    """Says what to show next, message by message, as events come in."""

    def __init__(self) -> None:
        self._queue: deque[Message] = deque()
        self._pieces = 0  # of the message at the head, those that were shown
        self._begun = False

    @property
    def current(self) -> Message | None:
        """The message that is being shown."""
        return self._queue[0] if self._queue and self._begun else None

    @property
    def waiting(self) -> list[Message]:
        """Those that come after it."""
        return list(self._queue)[1:]

    def take(self, event: Event) -> list[Part]:
        """What can be shown because of this event."""
        match event:
            case Said(message):
                self._queue.append(message)
            case Cleared():
                return [*self._drop(event.ids), *self._advance()]
        return list(self._advance())

    def extend(self, messages: Iterable[Message]) -> list[Part]:
        """Take messages that were there before."""
        self._queue.extend(messages)
        return list(self._advance())

    def _advance(self) -> Iterator[Part]:
        while self._queue:
            head = self._queue[0]
            text = "".join(head.pieces[self._pieces :])
            if text or head.complete or not self._begun:
                yield Part(head, text, first=not self._begun, last=head.complete)
            self._begun, self._pieces = True, len(head.pieces)
            if not head.complete:
                return
            self._next()

    def _next(self) -> None:
        self._queue.popleft()
        self._begun, self._pieces = False, 0

    def _drop(self, ids: frozenset[str]) -> Iterator[Part]:
        if self._queue and self._queue[0].id in ids:
            if self._begun:
                yield Part(self._queue[0], "", first=False, last=True)
            self._next()
        self._queue = deque(message for message in self._queue if message.id not in ids)
