"""A client of one chat over any link: sends, folds what comes back, and returns after a drop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from jupyter_ai.errors import ChatUnreachable
from jupyter_ai.terminal.state import ChatState, Cleared, Event, Gap, Lost, Message, Refused, Said, Settled

__all__ = ["ChatClient", "ChatInfo", "Connection", "Link", "Option", "Place"]

Pause = Callable[[float], Awaitable[object]]

_DELAYS = (0.2, 0.5, 1.0, 2.0, 3.0)  # seconds before each new attempt; the last one again and again
_QUEUED = 256  # events that may wait to be shown before the connection feels it


@dataclass(frozen=True, slots=True)
class Option:
    """A completion: of a command at the beginning of a prompt (`only_start`), or anywhere."""

    label: str
    description: str
    only_start: bool


@dataclass(frozen=True, slots=True)
class ChatInfo:
    """A chat as the list of chats shows it."""

    id: str
    title: str
    is_default: bool
    shared: bool = False
    owner: str = ""


class Connection(Protocol):
    """One connection to a chat."""

    async def receive(self) -> dict[str, Any] | None:
        """The next frame; None when the connection is gone. Raises `ChatUnreachable` if it is for good."""
        ...

    async def send(self, frame: dict[str, Any]) -> bool:
        """Send a frame; False if the connection is gone."""
        ...

    def close(self) -> None: ...


class Link(Protocol):
    """A way to a chat: through a server, or in this process."""

    @property
    def name(self) -> str:
        """Where the chat is, for people."""
        ...

    @property
    def lasting(self) -> bool:
        """Whether what is answered there goes on without us."""
        ...

    async def open(self, epoch: str, since: int | None) -> Connection:
        """Connect, to receive what came after frame `since` or everything.

        Raises ConnectionError if that may succeed later, `ChatUnreachable` if not.
        """
        ...

    async def settled(self, human_id: str, epoch: str, since: int) -> int:
        """The `seq` after which, as far as can be known, nothing more answers this message."""
        ...

    async def options(self, partial: str) -> list[Option]:
        """What can be completed, or the arguments of the context command `partial` (`@file:pa`)."""
        ...


class Place(Protocol):
    """Where chats are: a server, or this process. Its methods raise `ChatUnreachable`."""

    @property
    def notices(self) -> list[str]:
        """What its user should know."""
        ...

    async def chats(self) -> list[ChatInfo]:
        """The chats that this user may see."""
        ...

    async def create(self, title: str) -> ChatInfo:
        """Begin a chat; without a title its first prompt becomes one."""
        ...

    async def link(self, chat: ChatInfo | None) -> Link:
        """A way to this chat, or to the default one."""
        ...

    async def aclose(self) -> None: ...


class ChatClient:
    """A chat as its user has it; use it with `async with`, and await `next_event` in one task."""

    def __init__(self, link: Link, *, pause: Pause = asyncio.sleep, attempts: int | None = None) -> None:
        self.link = link
        self.state = ChatState()
        self._pause = pause
        self._attempts = attempts  # to connect again before giving up; None: for ever
        self._connection: Connection | None = None
        self._ready = False  # what waited for the connection was sent; prompts may follow
        self._events: asyncio.Queue[Event | Exception] = asyncio.Queue(_QUEUED)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._waiting: list[dict[str, Any]] = []  # frames that wait for a connection
        self._unconfirmed: list[str] = []  # prompts that have not come back as messages
        self._settling: list[tuple[str, int, str]] = []  # epoch, `seq` and message of each that is awaited
        self._told = 0  # the `seq` up to which the events were given out
        self._unanswered: dict[str, Message] = {}  # messages of ours to which nothing was said yet

    # What a person does

    def say(self, prompt: str) -> None:
        """Send a prompt; while there is no connection it is kept, and sent later."""
        self._unconfirmed.append(prompt)
        if self._connection is not None and self._ready:
            self._own(self._connection.send({"prompt": prompt}))

    def stop(self, target: str | None = None) -> None:
        """Stop what this user asked for in this chat, or the answer to message `target` alone."""
        self._own(self._stop({"type": "stop"} if target is None else {"type": "stop", "target": target}))

    def settle(self, human_id: str) -> None:
        """Have a `Settled` come for this message of ours."""
        self._own(self._settle(human_id))

    @property
    def busy(self) -> bool:
        """Whether anything is being answered here."""
        state = self.state
        return bool(self._unconfirmed or self._unanswered or state.pending or state.open)

    @property
    def unconfirmed(self) -> list[str]:
        """Prompts of which the other side has not yet told."""
        return list(self._unconfirmed)

    async def next_event(self) -> Event:
        """What happens next; cancelling it loses nothing.

        Raises `ChatUnreachable` when there is no way back to the chat.
        """
        event = await self._events.get()
        if isinstance(event, Exception):
            raise event
        return event

    # Being connected

    async def __aenter__(self) -> Self:
        try:
            connection = await self.link.open("", None)
        except ConnectionError as error:
            raise ChatUnreachable(str(error)) from error
        self._own(self._stay_connected(connection))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connection is not None:
            self._connection.close()

    def _own(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stay_connected(self, connection: Connection) -> None:
        try:
            while True:
                self._connection = connection
                reason = await self._read(connection)
                self._connection, self._ready = None, False
                connection.close()
                connection = await self._reconnect(reason)
        # Whatever it is, whoever reads the events has to know; there is nobody else.
        except Exception as error:  # noqa: BLE001
            await self._events.put(error)

    async def _read(self, connection: Connection) -> str:
        """Fold frames until the connection is gone; why it is."""
        while (frame := await connection.receive()) is not None:
            try:
                events = self.state.fold(frame)
            except Gap:
                self.state.seq = None
                return "a part of the answer was missing"
            for event in events:
                self._note(event)
                await self._events.put(event)
            self._told = self.state.seq or 0
            await self._tell_settled()
            if not self._ready and self.state.caught_up:
                await self._send_what_waited(connection)
        return "the connection was lost"

    async def _reconnect(self, reason: str) -> Connection:
        attempt = 0
        while True:
            await self._events.put(Lost(reason))
            if self._attempts is not None and attempt >= self._attempts:
                raise ChatUnreachable(f"{self.link.name}: {reason}. An answer that had begun goes on there.")
            await self._pause(_DELAYS[min(attempt, len(_DELAYS) - 1)])
            attempt += 1
            try:
                return await self.link.open(self.state.epoch, self.state.seq)
            except ConnectionError as error:
                reason = str(error)

    async def _send_what_waited(self, connection: Connection) -> None:
        """Send what the other side cannot have had: the history would tell."""
        frames = [*({"prompt": prompt} for prompt in self._unconfirmed), *self._waiting]
        self._waiting, self._ready = [], True
        for frame in frames:
            await connection.send(frame)

    def _note(self, event: Event) -> None:
        match event:
            case Said(message) if message.kind == "human":
                if self.state.is_mine(message) and message.prompt in self._unconfirmed:
                    self._unconfirmed.remove(message.prompt)
                    self._unanswered[message.id] = message
            case Said(message):
                self._unanswered.pop(message.reply_to, None)
                if not message.reply_to and not message.warning:
                    self._unanswered.clear()  # it does not say whom it answers
            case Refused():
                del self._unconfirmed[:1]
            case Cleared(ids):
                self._unanswered = {id: m for id, m in self._unanswered.items() if id not in ids}

    async def _stop(self, frame: dict[str, Any]) -> None:
        if self._connection is None or not await self._connection.send(frame):
            self._waiting.append(frame)

    async def _settle(self, human_id: str) -> None:
        epoch, since = self.state.epoch, self.state.seq or 0
        try:
            seq = await self.link.settled(human_id, epoch, since)
        except ConnectionError:
            seq = since
        self._settling.append((epoch, seq, human_id))
        await self._tell_settled()

    async def _tell_settled(self) -> None:
        """Tell of what is settled, after all that came before."""
        due = [s for s in self._settling if s[0] != self.state.epoch or s[1] <= self._told]
        self._settling = [s for s in self._settling if s not in due]
        for _, _, human_id in due:
            await self._events.put(Settled(human_id))
