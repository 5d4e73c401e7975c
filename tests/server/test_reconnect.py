"""Connections that break in mid-stream, and a restarted server: nothing is lost, nothing comes twice."""

from __future__ import annotations

from random import Random

from serving import Serve, Server, Socket, Steps, begin, stream
from trials.fold import View

CUTS = 60


class Client:
    """Folds what comes over its WebSocket; connects again with what it has seen."""

    def __init__(self) -> None:
        self.view = View()
        self._socket: Socket | None = None

    async def connect(self, server: Server) -> None:
        view = self.view
        query = f"?epoch={view.epoch}&since={view.seq}" if view.epoch else ""
        self._socket = await server.ws(f"api/ai/chats{query}")
        await self.read()

    async def read(self) -> None:
        assert self._socket is not None
        frame = await self._socket.receive()
        assert frame is not None
        self.view.take(frame)

    async def read_to(self, stream: str, length: int) -> None:
        while len(self.view.messages.get(stream, {"body": ""})["body"]) < length:
            await self.read()

    def cut(self) -> None:
        assert self._socket is not None
        self._socket.abort()
        self._socket = None


async def test_text_is_whole_however_often_the_connection_breaks(server: Server) -> None:
    writer, random, clients = await server.chat(), Random(7), [Client() for _ in range(3)]
    (_, a), (_, b) = await begin(writer, "a"), await begin(writer, "b")
    streams, said = {"a": a, "b": b}, {"a": "One ", "b": "One "}
    for client in clients:
        await client.connect(server)

    for number in range(CUTS):
        name = random.choice("ab")
        for _ in range(random.randint(1, 3)):
            said[name] += f"{number} 語 "
            stream(name).put_nowait(f"{number} 語 ")
        await writer.until("agent-stream-chunk", id=streams[name])
        client = random.choice(clients)
        if random.random() < 0.5:
            await client.read_to(streams[name], random.randint(0, len(said[name])))
        client.cut()
        await client.connect(server)
    for name in said:
        stream(name).put_nowait(None)

    for client in clients:
        while not all(client.view.messages[id]["complete"] for id in streams.values()):
            await client.read()
        assert {name: client.view.messages[id]["body"] for name, id in streams.items()} == said
    assert sum(client.view.resumed for client in clients) == CUTS
    assert server.errors == []


async def test_across_a_restart_two_streams_are_whole_and_marked_and_the_chat_goes_on(serve: Serve) -> None:
    first = await serve(Steps)
    await first.ready()
    client, writer = Client(), await first.chat()
    (_, a), (_, b) = await begin(writer, "a"), await begin(writer, "b")
    await client.connect(first)
    for name in "abab":
        stream(name).put_nowait("two ")
    await client.read_to(a, len("One two two "))
    await client.read_to(b, len("One two two "))
    await first.extension.stop_extension()
    await writer.closed()

    second = await serve(Steps)
    await second.ready()
    await client.connect(second)
    _, c = await begin(await second.chat(), "c")
    stream("c").put_nowait(None)
    while not client.view.messages.get(c, {"complete": False})["complete"]:
        await client.read()

    assert client.view.histories == 2
    assert [client.view.messages[id]["body"] for id in (a, b, c)] == ["One two two "] * 2 + ["One "]
    assert [client.view.messages[id]["metadata"].get("interrupted") for id in (a, b, c)] == [True, True, None]
