"""Clients that are cut off in mid-stream, at any point, come back to a chat that is whole."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from trials.fold import Fault, View

from jupyter_ai.engine import outlet, streams
from jupyter_ai.engine.chat import Chat
from jupyter_ai.engine.stream import MERGE_WINDOW
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.models import (
    AgentChatMessage,
    AgentStreamChunkMessage,
    AgentStreamMessage,
    PendingMessage,
    Persona,
)

CUTS = 500
CLIENTS = 10
STEPS = 60

PERSONA = Persona(name="P", avatar_route="")


class Client:
    """Reads as many frames as it is let, and folds them."""

    def __init__(self, chat: Chat) -> None:
        self.view = View()
        self.chat = chat
        self.cuts = 0
        self.faults: list[Fault] = []
        self._may_read = asyncio.Semaphore(0)
        self._reader: Subscriber | None = None

    @property
    def connected(self) -> bool:
        return self._reader is not None

    def connect(self) -> None:
        self._may_read = asyncio.Semaphore(0)
        self._reader = Subscriber("client", self._take, lambda: None)
        self.chat.subscribe(self._reader, **(self.view.resume() if self.view.epoch else {}))

    def cut(self) -> None:
        assert self._reader is not None
        self.cuts += 1
        self.chat.unsubscribe(self._reader)
        self._reader = None

    def let_read(self, frames: int) -> None:
        for _ in range(frames):
            self._may_read.release()

    async def read_all(self) -> None:
        if self._reader is None:
            self.connect()
        self.let_read(10_000)
        assert self._reader is not None
        await self._reader.drain()

    async def _take(self, frame: bytes) -> None:
        await self._may_read.acquire()
        try:
            self.view.take(json.loads(frame))
        except Fault as fault:
            self.faults.append(fault)


class Speaker:
    """Two interleaved streams, with whole and pending messages between their chunks."""

    def __init__(self, chat: Chat, random: Random) -> None:
        self.said = {"a": "", "b": ""}
        self._chat = chat
        self._random = random
        self._number = 0
        for id in self.said:
            self._chat.broadcast_message(
                AgentStreamMessage(id=id, time=0, body="", reply_to="", persona=PERSONA, complete=False)
            )

    def speak(self) -> None:
        self._number += 1
        if self._random.random() < 0.03:
            self._say_something_else()
            return
        id, text = self._random.choice("ab"), f"{self._number}é🎉"[: self._random.randint(1, 5)]
        self.said[id] += text
        self._chat.broadcast_message(AgentStreamChunkMessage(id=id, content=text, stream_complete=False))

    def end(self) -> None:
        for id in self.said:
            self._chat.broadcast_message(AgentStreamChunkMessage(id=id, content="", stream_complete=True))

    def _say_something_else(self) -> None:
        known: dict[str, Any] = {"id": f"m{self._number}", "time": 0, "reply_to": "", "persona": PERSONA}
        kind = self._random.choice((AgentChatMessage, PendingMessage))
        self._chat.broadcast_message(kind(body="…", **known))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time by which chunks are merged."""
    now = [0.0]
    monkeypatch.setattr(streams, "monotonic", lambda: now[0])
    return now


async def scene(chat: Chat, seed: int, clock: list[float]) -> list[Client]:
    """Ten clients of one chat, cut off and coming back as the seed has it, until they have read all."""
    random = Random(seed)
    clients = [Client(chat) for _ in range(CLIENTS)]
    speaker = Speaker(chat, random)
    for _ in range(STEPS):
        speaker.speak()
        clock[0] += random.choice((0, MERGE_WINDOW))
        for client in clients:
            move(client, random)
        await turn_a_few_times(random)
    speaker.end()
    for client in clients:
        await client.read_all()
        assert {id: client.view.messages[id]["body"] for id in speaker.said} == speaker.said
        assert client.view.messages == json_of(chat)
        assert client.view.pending == set(chat.pending)
    return clients


def move(client: Client, random: Random) -> None:
    """What a client does at a step: be cut off, come back, or read a little."""
    if not client.connected:
        if random.random() < 0.2:
            client.connect()
    elif random.random() < 0.1:
        client.cut()
    elif random.random() < 0.3:
        client.let_read(random.randint(1, 2))


async def turn_a_few_times(random: Random) -> None:
    for _ in range(random.randint(0, 3)):
        await asyncio.sleep(0)


def json_of(chat: Chat) -> dict[str, Any]:
    return {message["id"]: message for message in json.loads(chat.history_json())["messages"]}


async def test_after_500_cuts_the_text_is_whole_and_nothing_came_twice(
    make_engine: Any, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some in a batch of merged frames, some for so long that what was missed is no longer held."""
    engine = await make_engine()
    clients: list[Client] = []
    while sum(client.cuts for client in clients) < CUTS:
        seed = len(clients)
        monkeypatch.setattr(outlet, "_HELD_FRAMES", Random(seed).choice((12, 4096)))
        clients += await scene(await engine.create_chat(), seed, clock)
    views = [client.view for client in clients]

    assert [fault for client in clients for fault in client.faults] == []
    assert sum(view.resumed for view in views) > CUTS / 3
    assert sum(view.histories for view in views) > len(clients) + CUTS / 50
    assert sum(view.overlaps for view in views) > CUTS / 50


async def test_a_stream_that_a_restart_cut_comes_back_as_far_as_it_was(
    make_engine: Any, tmp_path: Path
) -> None:
    first = await make_engine(path=tmp_path / "chats.db")
    chat = await first.default_chat()
    client = Client(chat)
    speaker = Speaker(chat, Random(1))
    for _ in range(STEPS):
        speaker.speak()
    await client.read_all()
    seen = {id: client.view.messages[id]["body"] for id in speaker.said}
    await first.aclose()

    second = await make_engine(path=tmp_path / "chats.db")
    client.chat = await second.default_chat()
    client.cut()
    await client.read_all()

    assert client.faults == []
    assert client.view.histories == 2
    for id, text in seen.items():
        message = client.view.messages[id]
        assert (message["complete"], message["metadata"]) == (True, {"interrupted": True})
        assert message["body"].startswith(text)
        assert speaker.said[id] == message["body"]
