"""Clients that come back: nothing is shown twice, and nothing is lost."""

from __future__ import annotations

import random
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from serving import TOKEN, Serve, Server, Socket, Steps, begin, eventually, stream, text_of

from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas import BasePersona, PersonaDefaults
from jupyter_ai.plugins import PERSONAS


async def come_back(server: Server, frames: list[dict[str, Any]]) -> Socket:
    """Connect again with the last number that was seen."""
    epoch = next(frame["epoch"] for frame in reversed(frames) if frame["type"] == "connection")
    return await server.chat(f"api/ai/chats?epoch={epoch}&since={frames[-1]['seq']}")


async def test_who_has_missed_nothing_gets_nothing(server: Server) -> None:
    chat = await server.chat()
    await chat.ask("/help")
    await chat.until("agent")

    back = await come_back(server, chat.frames)
    await back.send("{")
    seen = await back.until("error")

    assert back.frames[0]["history"] is None
    assert len(seen) == 1


async def test_what_was_missed_comes_in_its_order(server: Server) -> None:
    chat, witness = await server.chat(), await server.chat()
    chat.abort()
    _, reply = await begin(witness, "a")
    stream("a").put_nowait(None)
    await witness.until("agent-stream-chunk", id=reply, stream_complete=True)

    back = await come_back(server, chat.frames)
    await back.until("agent-stream-chunk", id=reply, stream_complete=True)

    assert text_of(back.frames, reply) == "One "
    assert [f for f in back.frames if "content" not in f][1:] == [
        f for f in witness.frames if "content" not in f
    ][1:]
    assert back.frames[-1]["seq"] == witness.frames[-1]["seq"]


async def test_a_client_may_leave_after_any_frame_of_two_streams(server: Server) -> None:
    writer = await server.chat()
    rng = random.Random(7)
    told = {"a": "One ", "b": "One "}
    (_, a), (_, b) = await begin(writer, "a"), await begin(writer, "b")
    reader = await server.chat()
    frames = list(reader.frames)

    for number in range(60):
        name = rng.choice("ab")
        told[name] += f"{number} 語 "
        stream(name).put_nowait(f"{number} 語 ")
        if rng.random() < 0.5:
            reader = await come_back(server, frames)
            frames += reader.frames
        frames.append(await _next(reader))
    stream("a").put_nowait(None)
    stream("b").put_nowait(None)
    while sum(frame.get("stream_complete", False) for frame in frames) < 2:
        frames.append(await _next(reader))

    assert text_of(frames, a) == told["a"]
    assert text_of(frames, b) == told["b"]


async def _next(reader: Socket) -> dict[str, Any]:
    frame = await reader.receive()
    assert frame is not None
    return frame


class Paced(BasePersona):
    """Streams what the test puts into `stream(name)`."""

    made: list[BasePersona] = []  # noqa: RUF012 - the test's way to its instances

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.made.append(self)

    @property
    def defaults(self) -> PersonaDefaults:
        return PersonaDefaults(name=type(self).__name__)

    async def process_message(self, message: HumanChatMessage) -> None:
        await self.stream_message(self._words())

    async def _words(self) -> AsyncIterator[str]:
        while (word := await stream(self.name).get()) is not None:
            yield word


async def test_ten_reloads_and_a_restart_lose_no_text_of_personas_and_make_none_twice(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Paced, "made", [])
    first = await serve_personas(serve)
    asker = await first.chat()
    human = await asker.ask("@Ada @Bob @Cy go")
    for name in NAMES:
        stream(name).put_nowait("0 ")
    streams = [await asker.last("agent-stream", reply_to=human) for _ in NAMES]
    ids = {each["persona"]["name"]: each["id"] for each in streams}
    page, frames, told = asker, list(asker.frames), "0 "
    for number in range(1, 11):
        page.abort()
        page = await (come_back(first, frames) if number % 2 else first.chat())
        frames += page.frames
        told += f"{number} "
        for name in NAMES:
            stream(name).put_nowait(f"{number} ")
        while any(text_of(frames, id) != told for id in ids.values()):
            frames.append(await _next(page))
    await first.extension.stop_extension()

    second = await serve_personas(serve)
    back = await second.chat()

    messages = back.frames[0]["history"]["messages"]
    assert {m["persona"]["name"]: m["body"] for m in messages[1:]} == dict.fromkeys(NAMES, told)
    await back.ask("and now?")
    stream("Cy").put_nowait("on")
    await back.until("agent-stream-chunk", content="on")
    assert sorted(each.name for each in Paced.made) == sorted([*NAMES, *NAMES])
    assert len({id(each.parent) for each in Paced.made}) == 2


NAMES = ("Ada", "Bob", "Cy")


async def serve_personas(serve: Serve) -> Server:
    server = await serve(Steps)
    for name in NAMES:
        server.host.plugins.add(PERSONAS, name, type(name, (Paced,), {}), distribution="test")
    await server.ready()
    return server


@pytest.mark.parametrize("query", ["since=0", "since=x", "since=-1", "since=999999999", "since=", "epoch=x"])
async def test_who_cannot_be_served_so_gets_the_history(server: Server, query: str) -> None:
    chat = await server.chat()
    await chat.ask("/help")
    await chat.until("agent")
    epoch = "" if "epoch" in query or query == "since=0" else f"&epoch={chat.frames[0]['epoch']}"

    back = await server.chat(f"api/ai/chats?{query}{epoch}")

    assert [m["type"] for m in back.frames[0]["history"]["messages"]] == ["human", "agent"]


async def test_across_a_restart_the_text_is_there_and_marked_as_interrupted(serve: Serve) -> None:
    first = await serve(Steps)
    await first.ready()
    chat = await first.chat()
    human, reply = await begin(chat, "a", "Half an answer")
    await first.extension.stop_extension()
    assert await chat.closed() is None  # 1006: a 2.x client comes back

    second = await serve(Steps)
    await second.ready()
    back = await come_back(second, chat.frames)

    assert back.frames[0]["epoch"] != chat.frames[0]["epoch"]
    messages = back.frames[0]["history"]["messages"]
    assert [m["id"] for m in messages] == [human, reply]
    assert messages[1]["body"].startswith("Half an answer")
    assert messages[1]["complete"] is True
    assert messages[1]["metadata"]["interrupted"] is True


class TestSlowReader:
    """One that never reads, beside one that does."""

    SIZE = 60 * 100_000

    @pytest.fixture
    async def server(self, serve: Serve) -> Server:
        server = await serve(Steps, config={"AiExtension": {"max_outbox_bytes": 1 << 20}})
        await server.ready()
        return server

    async def test_it_is_cut_off_and_the_other_has_everything(self, server: Server) -> None:
        chat = await server.chat()
        lazy = never_read(server)
        await eventually(lambda: len(server.host.connections) == 2)

        text = await self._stream(chat)

        assert len(text) == self.SIZE
        await eventually(lambda: len(server.host.connections) == 1)
        assert [w for w in server.warnings if "too slowly" in w]
        lazy.close()

    async def test_it_comes_back_and_has_everything(self, server: Server) -> None:
        chat = await server.chat()
        lazy = never_read(server)
        await eventually(lambda: len(server.host.connections) == 2)
        await self._stream(chat)
        lazy.close()

        back = await server.chat(f"api/ai/chats?epoch={chat.frames[0]['epoch']}&since=0")

        assert len(back.frames[0]["history"]["messages"][-1]["body"]) == self.SIZE

    async def _stream(self, chat: Socket) -> str:
        _, reply = await begin(chat, "a", "x" * 100_000)
        for _ in range(59):
            stream("a").put_nowait("x" * 100_000)
            await chat.until("agent-stream-chunk", id=reply)
        stream("a").put_nowait(None)
        await chat.until("agent-stream-chunk", id=reply, stream_complete=True)
        return text_of(chat.frames, reply)


def never_read(server: Server) -> socket.socket:
    """A client with small buffers that takes the upgrade and reads nothing more."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", server.port))
    client.sendall(
        f"GET /a%40b/api/ai/chats?token={TOKEN} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    return client
