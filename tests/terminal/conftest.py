"""Links to chats for tests: of frames that a test scripts, and of the real engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from fake_ollama import find_nothing
from serving import Server, Steps, start_server

from jupyter_ai.keys.log_redaction import stop_redacting
from jupyter_ai.keys.redaction import active_redactors
from jupyter_ai.terminal.client import ChatClient, Option
from jupyter_ai.terminal.local import LocalLink

GUARD = 20  # seconds; must not pass

Frame = dict[str, Any]


@pytest.fixture(autouse=True)
def as_in_a_process_of_its_own() -> Iterator[None]:
    """A command's redaction lasts as long as its process."""
    yield
    for redactor in active_redactors():
        stop_redacting(redactor)


class Frames:
    """Makes frames as a server does, with `seq`."""

    def __init__(self, epoch: str = "e1") -> None:
        self.epoch = epoch
        self.seq = 0

    def connection(self, *messages: Frame, client: str = "me", seq: int | None = None) -> Frame:
        """The first frame, with these messages as the history."""
        history = {"messages": list(messages), "pending_messages": []}
        return self._connection(client, self.seq if seq is None else seq, history)

    def resumed(self, client: str = "me2", seq: int | None = None) -> Frame:
        """The first frame of a connection that gets what it missed."""
        return self._connection(client, self.seq if seq is None else seq, None)

    def human(self, id: str, prompt: str, client: str = "me") -> Frame:
        who = {"id": client, "display_name": "Ada"}
        return self._next({"type": "human", "id": id, "body": prompt, "prompt": prompt, "client": who})

    def agent(self, id: str, body: str, reply_to: str = "", **metadata: Any) -> Frame:
        return self._next({**self._reply(id, reply_to), "type": "agent", "body": body, "metadata": metadata})

    def stream(self, id: str, reply_to: str = "", body: str = "", complete: bool = False) -> Frame:
        reply = {**self._reply(id, reply_to), "metadata": {}}
        return self._next({**reply, "type": "agent-stream", "body": body, "complete": complete})

    def chunk(self, id: str, offset: int, content: str, *, last: bool = False, **metadata: Any) -> Frame:
        chunk = {"type": "agent-stream-chunk", "id": id, "content": content, "offset": offset}
        return self._next({**chunk, "stream_complete": last, "metadata": metadata})

    def pending(self, id: str, reply_to: str = "", body: str = "Thinking") -> Frame:
        return self._next({**self._reply(id, reply_to), "type": "pending", "body": body, "ellipsis": True})

    def close_pending(self, id: str) -> Frame:
        return self._next({"type": "close-pending", "id": id})

    def clear(self, *targets: str) -> Frame:
        return self._next({"type": "clear", "targets": list(targets) or None})

    def _connection(self, client: str, seq: int, history: Frame | None) -> Frame:
        return {
            "type": "connection",
            "client_id": client,
            "epoch": self.epoch,
            "seq": seq,
            "history": history,
        }

    def _reply(self, id: str, reply_to: str) -> Frame:
        return {"id": id, "reply_to": reply_to, "persona": {"name": "Robot"}}

    def _next(self, frame: Frame) -> Frame:
        self.seq += 1
        return {**frame, "seq": self.seq}


class ScriptedConnection:
    """Gives the frames that were scripted, then waits; `drop` ends it."""

    def __init__(self, frames: Iterable[Frame] = ()) -> None:
        self.sent: list[Frame] = []
        self.closed = False
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        for frame in frames:
            self.give(frame)

    def give(self, frame: Frame) -> None:
        self._frames.put_nowait(frame)

    def drop(self) -> None:
        self._frames.put_nowait(None)

    async def receive(self) -> Frame | None:
        return await self._frames.get()

    async def send(self, frame: Frame) -> bool:
        self.sent.append(frame)
        return not self.closed

    def close(self) -> None:
        self.closed = True


class ScriptedLink:
    """Opens these connections one after the other; an exception among them is raised."""

    name = "scripted"
    lasting = True

    def __init__(self, *connections: ScriptedConnection | Exception) -> None:
        self.opened: list[tuple[str, int | None]] = []
        self.settled_at = 0
        self._connections = list(connections)

    async def open(self, epoch: str, since: int | None) -> ScriptedConnection:
        self.opened.append((epoch, since))
        connection = self._connections.pop(0)
        if isinstance(connection, Exception):
            raise connection
        return connection

    async def settled(self, human_id: str, epoch: str, since: int) -> int:
        return self.settled_at

    async def options(self, partial: str) -> list[Option]:
        return [Option("/help", "Shows the commands", True), Option("@file:", "A file", False)]


@pytest.fixture
def jupyter_dirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the machine's Jupyter is read or written; the folder that holds its directories instead."""
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        (tmp_path / kind.lower()).mkdir()
        monkeypatch.setenv(f"JUPYTER_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "config"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    find_nothing(monkeypatch)
    return tmp_path


@pytest.fixture
async def server(jupyter_dirs: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """A server with the built-in plug-ins and `/steps`, ready to answer."""
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "1")
    (jupyter_dirs / "root").mkdir()
    async with AsyncExitStack() as stack:
        server = start_server(jupyter_dirs / "root", {}, stack)
        server.add(Steps)
        await server.ready()
        yield server
    Steps.streams.clear()
    Steps.closed.clear()


@pytest.fixture
def frames() -> Frames:
    return Frames()


@pytest.fixture
def scripted() -> type[ScriptedConnection]:
    return ScriptedConnection


@pytest.fixture
def scripted_link() -> type[ScriptedLink]:
    return ScriptedLink


@pytest.fixture
def make_frames() -> type[Frames]:
    return Frames


@pytest.fixture
def link(make_chat: Any) -> Callable[..., Awaitable[LocalLink]]:
    """Makes a link to a chat of the real engine, in memory."""

    async def make(**arguments: Any) -> LocalLink:
        return LocalLink(await make_chat(**arguments).open())

    return make


@pytest.fixture
def pause() -> Callable[[float], Awaitable[None]]:
    """A pause that takes one turn of the loop."""

    async def pause(seconds: float) -> None:
        await asyncio.sleep(0)

    return pause


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Awaitable[None]]:
    """Waits, turn by turn of the loop, until a condition holds."""

    async def wait(condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(GUARD):
            while not condition():  # noqa: ASYNC110 - many conditions have no event
                await asyncio.sleep(0)

    return wait


@pytest.fixture
def read() -> Callable[[ChatClient, int], Awaitable[list[Any]]]:
    """Reads so many events of a client."""

    async def read(client: ChatClient, count: int) -> list[Any]:
        async with asyncio.timeout(GUARD):
            return [await client.next_event() for _ in range(count)]

    return read
