"""Frames that no client should send: each is answered, and hurts nobody."""

from __future__ import annotations

import asyncio
import json
import random
import string
from collections.abc import Iterator
from typing import Any

import pytest
from serving import Serve, Server, Socket, begin, eventually, stream

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage

MANY = 20_000
LIMIT = 1 << 20


class Echo(BaseChatHandler):
    id = "echo"
    name = "Echo"
    help = "Says the prompt again"
    routing_type = SlashCommandRoutingType(slash_id="echo")
    uses_llm = False

    async def process_message(self, message: HumanChatMessage) -> None:
        self.reply(message.prompt, message)


async def test_a_bad_frame_gets_an_error_on_its_connection_alone(server: Server) -> None:
    chat, other = await server.chat(), await server.chat()

    await chat.send('{"prompt": 1}')
    error = await chat.last("error")
    await chat.ask("/help")
    seen = await other.until("human")

    assert set(error) == {"type", "reason", "code"}
    assert error["reason"].startswith("prompt: ")
    assert error["code"] == "invalid-frame"
    assert len(seen) == 1


async def test_the_connection_frame_comes_before_any_error(server: Server) -> None:
    chat = await server.ws()
    await chat.send("{")

    seen = await chat.until("error")

    assert [frame["type"] for frame in seen] == ["connection", "error"]


async def test_a_binary_frame_gets_an_error(server: Server) -> None:
    chat = await server.chat()

    await chat.send(b'{"prompt": "x"}')

    assert "binary" in (await chat.last("error"))["reason"]


async def test_a_frame_over_the_limit_gets_an_error(server: Server) -> None:
    chat = await server.chat()

    await chat.send({"prompt": "x" * (LIMIT + 1)})

    assert str(LIMIT) in (await chat.last("error"))["reason"]


async def test_the_limit_is_a_trait(serve: Serve) -> None:
    server = await serve(config={"AiExtension": {"max_frame_bytes": 2000}})
    await server.ready()
    chat = await server.chat()

    await chat.send({"prompt": "/help " + "x" * 2000})

    assert "2000" in (await chat.last("error"))["reason"]


async def test_a_failure_of_ours_costs_one_frame(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = await server.chat()
    with monkeypatch.context() as patch:
        patch.setattr(server.host.default_chat(), "submit", lambda *_: 1 / 0)
        await chat.send({"prompt": "x"})
        error = await chat.last("error")

    assert error["code"] == "internal-error"
    assert await chat.ask("/help")
    assert [record.exc_info is not None for record in server.errors] == [True]


async def raw(server: Server, *data: bytes) -> bytes:
    """Upgrade by hand, send these bytes, and read until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"GET /a%40b/api/ai/chats HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\nAuthorization: token a-token\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    for part in data:
        writer.write(part)
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


REFUSED_BY_TORNADO = {
    "invalid UTF-8": b"\x81\x82\0\0\0\0\xff\xfe",
    "a reserved bit": b"\xc1\x81\0\0\0\0x",
    "a continuation of nothing": b"\x80\x81\0\0\0\0x",
    "an unknown opcode": b"\x83\x81\0\0\0\0x",
    "a fragmented ping": b"\x09\x81\0\0\0\0x",
    "a long ping": b"\x89\xfe\x00\x80\0\0\0\0" + b"x" * 128,
    "an endless frame": b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
    "no WebSocket at all": b"GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("what", REFUSED_BY_TORNADO)
async def test_what_tornado_refuses_closes_that_connection_only(server: Server, what: str) -> None:
    chat = await server.chat()

    await raw(server, REFUSED_BY_TORNADO[what])

    await eventually(lambda: len(server.host.connections) == 1)
    assert await chat.ask("/help")
    assert server.errors == []


def frames(seed: int, count: int) -> Iterator[tuple[str | bytes, bool]]:
    """Frames and whether they are good; of 200, one is large, one deep, and three are prompts."""
    rng = random.Random(seed)
    for number in range(count):
        yield _special(number, rng) or _bad(rng)


def _special(number: int, rng: random.Random) -> tuple[str | bytes, bool] | None:
    match number % 200:
        case 0:
            return json.dumps({"prompt": f"/echo {number} {_text(rng)}"}), True
        case 50:
            return json.dumps({"prompt": f"/echo {number}", _text(rng): _value(rng, 3)}), True
        case 100:
            return json.dumps({"type": "stop", "target": _text(rng)}), True
        case 120:
            return json.dumps({"prompt": "x" * rng.randint(LIMIT, 2 * LIMIT)}), False
        case 140:
            return rng.choice("[{") * rng.randint(2_000, 50_000), False
        case 160:
            return rng.randbytes(rng.randint(0, 500)), False
    return None


def _bad(rng: random.Random) -> tuple[str, bool]:
    kind = rng.randrange(6)
    if kind == 0:
        return rng.choice("!{[,") + json.dumps(_text(rng)), False
    if kind == 1:
        return json.dumps(rng.choice([[], 1, None, True, 0.5, "x", [_value(rng, 2)]])), False
    if kind == 2:
        return json.dumps({"type": rng.choice(["", "STOP", "human", 1, None, [], {}, _text(rng)])}), False
    if kind == 3:
        return json.dumps({"prompt": rng.choice([None, 1, [], {}, "", " ", "\n\t", ["x"], False])}), False
    if kind == 4:
        selection = rng.choice([1, "x", [], {}, {"type": _text(rng)}])
        return json.dumps({"prompt": "x", "selection": selection}), False
    return json.dumps({"type": rng.choice(["stop", "clear"]), "target": rng.choice([1, [], {}, True])}), False


def _value(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(6 if depth else 4)
    if kind == 4:
        return [_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    if kind == 5:
        return {_text(rng): _value(rng, depth - 1) for _ in range(rng.randrange(4))}
    return (None, rng.random(), _text(rng), rng.randrange(-(2**70), 2**70))[kind]


def _text(rng: random.Random) -> str:
    alphabets = (string.printable, "äß語\u202e\u0000\ufffe", "\ud800\udfff\U0001f600", '"\\/{}[]')
    return "".join(rng.choices(rng.choice(alphabets), k=rng.randrange(12)))


async def test_twenty_thousand_hostile_frames(serve: Serve) -> None:
    asyncio.get_running_loop().set_debug(False)  # whose stack traces cost ten times the test
    server = await serve(Echo)
    await server.ready()
    sockets = [await server.chat() for _ in range(4)]

    async with asyncio.TaskGroup() as group:
        for seed, chat in enumerate(sockets):
            group.create_task(_be_hostile(chat, seed, MANY // len(sockets)))

    assert server.errors == []
    assert await sockets[0].ask("/help")


async def _be_hostile(chat: Socket, seed: int, count: int) -> None:
    sent = list(frames(seed, count))

    async def send() -> None:
        for frame, _ in sent:
            await chat.send(frame)
        await chat.send({"prompt": f"/echo end of {seed}"})

    async with asyncio.TaskGroup() as group:
        group.create_task(send())
        seen = await chat.until("human", prompt=f"/echo end of {seed}")

    assert sum(frame["type"] == "error" for frame in seen) == sum(not good for _, good in sent)


async def test_errors_do_not_fill_the_outbox(serve: Serve) -> None:
    """A client is not read any further until it has its errors."""
    asyncio.get_running_loop().set_debug(False)
    server = await serve(config={"AiExtension": {"max_outbox_bytes": 1 << 16}})
    await server.ready()
    chat = await server.chat()

    for _ in range(5_000):
        await chat.send("{")
    seen = [await chat.last("error") for _ in range(5_000)]

    assert len(seen) == 5_000
    assert server.warnings == []


async def test_a_stream_goes_on_through_hostile_frames(server: Server) -> None:
    chat = await server.chat()
    _, reply = await begin(chat, "a")

    for _ in range(100):
        await chat.send("{")
    stream("a").put_nowait("two")
    stream("a").put_nowait(None)
    seen = await chat.until("agent-stream-chunk", id=reply, stream_complete=True)

    assert seen[-1]["metadata"] == {}
