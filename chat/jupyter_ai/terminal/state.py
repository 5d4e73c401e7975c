"""What a client knows of a chat: frames folded into messages, without I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "ChatState",
    "Cleared",
    "Event",
    "Gap",
    "Grew",
    "Lost",
    "Message",
    "PendingChanged",
    "Refused",
    "Said",
    "Settled",
    "Synced",
]


@dataclass(slots=True, eq=False)
class Message:
    """What a person or a handler said, as far as it has come."""

    id: str
    kind: Literal["human", "agent"]
    author: str
    pieces: list[str] = field(default_factory=list)  # joined when read: a chunk must not cost the whole
    length: int = 0  # in code points
    complete: bool = True
    prompt: str = ""  # what a person typed, without what was selected
    reply_to: str = ""
    client_id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All that was said so far."""
        return "".join(self.pieces)

    @property
    def warning(self) -> bool:
        """Whether the framework says it of itself, and of no prompt."""
        return bool(self.metadata.get("warning"))

    def append(self, text: str) -> None:
        """Say more."""
        self.pieces.append(text)
        self.length += len(text)


@dataclass(frozen=True, slots=True)
class Synced:
    """A connection stands; with the first one (`first`) comes what was said before."""

    first: bool
    past: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A message is new; a stream only begins."""

    message: Message


@dataclass(frozen=True, slots=True)
class Grew:
    """A stream has more text, or (`message.complete`) has ended."""

    message: Message


@dataclass(frozen=True, slots=True)
class PendingChanged:
    """Something is being worked on, or no longer."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """These messages are gone; `everything`: all that had been said."""

    ids: frozenset[str]
    everything: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The other side took no notice of a frame of ours."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone, and is being made again; `reason` tells why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """As far as can be known, all has been said that answers message `human_id`."""

    human_id: str


Event = Synced | Said | Grew | PendingChanged | Cleared | Refused | Lost | Settled


class Gap(Exception):
    """A chunk is missing: only the whole history helps."""


class ChatState:
    """The messages of one chat in their order, kept up to date by `fold`.

    Frames may come twice (after a reconnection): what is known already is dropped, chunks by their offset.
    """

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.pending: dict[str, dict[str, Any]] = {}  # open pending messages, by id
        self.open: dict[str, Message] = {}  # streams that have not ended
        self.client_ids: set[str] = set()  # ours, one for each connection
        self.epoch = ""
        self.seq: int | None = None  # of the last frame that was folded
        self._target = 0  # the `seq` of the chat when the present connection began
        self._first = True

    @property
    def caught_up(self) -> bool:
        """Whether all is known that had happened when the present connection began."""
        return self.seq is None or self.seq >= self._target

    def under_way(self) -> list[str]:
        """What is being worked on, in the words of those who do."""
        return [f"{p['body']}{'…' * bool(p.get('ellipsis', True))}" for p in self.pending.values()]

    def is_mine(self, message: Message) -> bool:
        """Whether this client sent it."""
        return message.client_id in self.client_ids

    def fold(self, frame: dict[str, Any]) -> list[Event]:
        """Take a frame from the server; what it changes. Raises `Gap`. Unknown frames change nothing."""
        fold = getattr(self, f"_on_{str(frame.get('type')).replace('-', '_')}", None)
        events: list[Event] = list(fold(frame)) if fold is not None else []
        if isinstance(seq := frame.get("seq"), int) and frame.get("type") != "connection":
            self.seq = max(seq, self.seq or 0)
        return events

    # One method for each type of frame

    def _on_connection(self, frame: dict[str, Any]) -> Iterator[Event]:
        self.client_ids.add(frame["client_id"])
        self._target = frame.get("seq", 0)
        if frame["history"] is not None:
            self.epoch, self.seq = frame.get("epoch", ""), frame.get("seq")
            changes = list(self._replace(frame["history"]))
            yield from () if self._first else changes
        yield Synced(True, tuple(self.messages.values())) if self._first else Synced(False)
        self._first = False

    def _on_human(self, frame: dict[str, Any]) -> Iterator[Event]:
        return self._add(frame)

    def _on_agent(self, frame: dict[str, Any]) -> Iterator[Event]:
        return self._add(frame)

    def _on_agent_stream(self, frame: dict[str, Any]) -> Iterator[Event]:
        return self._add(frame)

    def _on_agent_stream_chunk(self, frame: dict[str, Any]) -> Iterator[Event]:
        message = self.open.get(frame["id"])
        if message is None:
            return
        skip = message.length - frame.get("offset", message.length)
        if skip < 0:
            raise Gap
        fresh = frame["content"][skip:]
        if fresh:
            message.append(fresh)
        if frame["stream_complete"]:
            self._end(message, frame.get("metadata") or {})
        if fresh or message.complete:
            yield Grew(message)

    def _on_pending(self, frame: dict[str, Any]) -> Iterator[Event]:
        self.pending[frame["id"]] = frame
        yield PendingChanged()

    def _on_close_pending(self, frame: dict[str, Any]) -> Iterator[Event]:
        if self.pending.pop(frame["id"], None) is not None:
            yield PendingChanged()

    def _on_clear(self, frame: dict[str, Any]) -> Iterator[Event]:
        targets = frame["targets"]
        gone = [m for m in self.messages.values() if targets is None or {m.id, m.reply_to} & set(targets)]
        yield self._remove(gone, everything=targets is None)

    def _on_error(self, frame: dict[str, Any]) -> Iterator[Event]:
        yield Refused(str(frame.get("reason", "refused without a reason")))

    # The history

    def _replace(self, history: dict[str, Any]) -> Iterator[Event]:
        """Become what `history` says; the events tell the difference."""
        known = {frame["id"] for frame in history["messages"]}
        gone = [message for message in self.messages.values() if message.id not in known]
        if gone:
            yield self._remove(gone, everything=len(gone) == len(self.messages))
        for frame in history["messages"]:
            yield from self._add(frame)
        pending = {frame["id"]: frame for frame in history["pending_messages"] if not frame.get("closed")}
        if pending or self.pending:
            self.pending = pending
            yield PendingChanged()

    def _add(self, frame: dict[str, Any]) -> Iterator[Event]:
        known = self.messages.get(frame["id"])
        if known is not None:
            yield from self._catch_up(known, frame)
            return
        message = self.messages[frame["id"]] = _message(frame)
        if not message.complete:
            self.open[message.id] = message
        yield Said(message)

    def _catch_up(self, message: Message, frame: dict[str, Any]) -> Iterator[Event]:
        """The same stream again, further on; or, cut by a crash, not as far as it was seen."""
        if message.complete:
            return
        body = frame["body"]
        if message.length < len(body):
            message.append(body[message.length :])
        if frame.get("complete", True):
            self._end(message, frame.get("metadata") or {})
        yield Grew(message)

    def _end(self, message: Message, metadata: dict[str, Any]) -> None:
        message.complete = True
        message.metadata = metadata
        self.open.pop(message.id, None)

    def _remove(self, gone: list[Message], *, everything: bool) -> Cleared:
        ids = frozenset(message.id for message in gone)
        for id in ids:
            del self.messages[id]
            self.open.pop(id, None)
        if everything:
            self.pending.clear()
        else:
            self.pending = {id: p for id, p in self.pending.items() if p.get("reply_to") not in ids}
        return Cleared(ids, everything)


def _message(frame: dict[str, Any]) -> Message:
    human = frame["type"] == "human"
    speaker = frame.get("client" if human else "persona") or {}
    message = Message(
        id=frame["id"],
        kind="human" if human else "agent",
        author=speaker.get("display_name" if human else "name") or "",
        complete=frame.get("complete", True),
        prompt=frame.get("prompt", ""),
        reply_to=frame.get("reply_to", ""),
        client_id=speaker.get("id", "") if human else "",
        metadata=frame.get("metadata") or {},
    )
    if frame["body"]:
        message.append(frame["body"])
    return message
