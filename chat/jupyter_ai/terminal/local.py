"""The engine in the terminal's own process, for where no server runs."""

from __future__ import annotations

import asyncio
import getpass
import json
import logging
import uuid
from contextlib import suppress
from typing import Any, Self

from jupyter_ai.engine.chat import Chat
from jupyter_ai.engine.engine import Engine
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.errors import ChatError, ChatUnreachable
from jupyter_ai.models import ChatClient as Speaker
from jupyter_ai.models import ChatDescription, ChatRequest, ChatUpdate
from jupyter_ai.server.host import EngineHost, HostOptions
from jupyter_ai.server.intake import parse_body
from jupyter_ai.terminal.client import ChatInfo, Option

__all__ = ["LocalLink", "LocalPlace"]

_OWNER = ""  # as on a server that knows no identities, so that both have the same chats
_LONGEST = 1 << 20  # bytes of a title that are looked at, to say that it is too long


class LocalPlace:
    """The chats of the folder `root_dir`, which a server started there has as well."""

    def __init__(self, host: EngineHost, engine: Engine) -> None:
        self._host = host
        self.engine = engine

    @classmethod
    async def start(cls, options: HostOptions, log: logging.Logger) -> Self:
        """Find the plug-ins, open the store and begin to load what answers. Raises `EngineUnavailable`."""
        host = EngineHost(options, log, {})
        return cls(host, await host.ready())

    @property
    def notices(self) -> list[str]:
        """What is wrong with the file of the chats, or particular about it."""
        return [text for text in (self.engine.store.problem, self.engine.store.notice) if text]

    async def chats(self) -> list[ChatInfo]:
        """The chats of this folder."""
        return [_info(description) for description in self.engine.chats(_OWNER)]

    async def create(self, title: str) -> ChatInfo:
        """Begin a chat."""
        try:
            update = parse_body(json.dumps({"title": title}).encode(), ChatUpdate, _LONGEST)
        except ChatError as error:
            raise ChatUnreachable(f"There can be no such chat: {error}") from error
        return _info((await self.engine.create_chat(_OWNER, update.title or "")).describe())

    async def link(self, chat: ChatInfo | None) -> LocalLink:
        """A way to this chat, or to the default one."""
        if chat is None:
            return LocalLink(await self.engine.default_chat(_OWNER))
        return LocalLink(await self.engine.chat(chat.id, _OWNER))

    async def aclose(self) -> None:
        """End what is being answered and write what is left."""
        await self._host.aclose()


class LocalLink:
    """A way to a chat of an engine in this process."""

    lasting = False

    def __init__(self, chat: Chat) -> None:
        self.chat = chat

    @property
    def name(self) -> str:
        """Where the chat is."""
        return "Chat in this process"

    async def open(self, epoch: str, since: int | None) -> LocalConnection:
        """Subscribe."""
        return LocalConnection(self.chat, epoch, since)

    async def settled(self, human_id: str, epoch: str, since: int) -> int:
        """Wait for the end of the run, which here is known."""
        run = self.chat.runs.get(human_id)
        if run is not None:
            await run.wait()
        return self.chat.seq

    async def options(self, partial: str) -> list[Option]:
        """What can be completed, or the arguments of a context command."""
        from jupyter_ai.options import list_options

        entries = await list_options(self.chat, partial)
        return [Option(entry.label, entry.description, entry.only_start) for entry in entries]


class LocalConnection:
    """A reader of the chat; its queue holds one frame, so that the chunks that it is late for are merged."""

    def __init__(self, chat: Chat, epoch: str, since: int | None) -> None:
        self._chat = chat
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._speaker = _speaker()
        self._reader = Subscriber(self._speaker.id, self._frames.put, self._end)
        chat.subscribe(self._reader, epoch=epoch, since=since)

    async def receive(self) -> dict[str, Any] | None:
        """The next frame."""
        data = await self._frames.get()
        if data is None:
            return None
        frame: dict[str, Any] = json.loads(data)
        return frame

    async def send(self, frame: dict[str, Any]) -> bool:
        """Do what a server does with such a frame."""
        try:
            if "prompt" in frame:
                self._chat.submit(ChatRequest(prompt=frame["prompt"]), self._speaker, _OWNER)
            elif frame["type"] == "stop":
                self._chat.stop(_OWNER, frame.get("target"))
        except ChatError as error:
            refusal = {"type": "error", "reason": str(error), "code": error.code}
            await self._frames.put(json.dumps(refusal).encode())
        return not self._reader.lost

    def close(self) -> None:
        """Read no more."""
        self._chat.unsubscribe(self._reader)

    def _end(self) -> None:
        with suppress(asyncio.QueueEmpty):
            self._frames.get_nowait()
        self._frames.put_nowait(None)


def _info(chat: ChatDescription) -> ChatInfo:
    return ChatInfo(chat.id, chat.title, chat.is_default, chat.shared, chat.owner)


def _speaker() -> Speaker:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in passwd
        name = "me"
    return Speaker(
        id=uuid.uuid4().hex, username=name, initials=name[:1].upper(), name=name, display_name=name
    )
