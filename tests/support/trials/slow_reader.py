"""A reader that never reads beside ten that do, while a server streams very much to them."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import dataclass

from trials.flood import PIECES, SIZE, piece
from trials.servers import Server
from trials.websocket import WebSocket, handshake

__all__ = ["Outcome", "flood"]

_READERS = 10
_CHATS = "/api/ai/chats"


@dataclass
class Outcome:
    """What streaming so much came to."""

    whole: int  # readers that have every character
    slow_got: int | None  # bytes that the one that never reads could have had; None without it
    aborted: int  # times that the server's log tells of a reader that was cut off
    cpu: float  # seconds of the server's
    memory: list[float]  # MB: before, and after each million characters
    after: str  # of the one that never read, once it has come back: what it has


class _Reader:
    """Counts what comes, and checks that it is what was said."""

    def __init__(self) -> None:
        self.length = 0
        self.wrong = 0
        self.ended = asyncio.Event()
        self.news = asyncio.Event()

    def take(self, frame: bytes) -> None:
        if not frame.startswith(b'{"type":"agent-stream-chunk"'):
            return
        chunk = json.loads(frame)
        self.wrong += chunk["offset"] != self.length or not _is_said(chunk["content"], self.length)
        self.length += len(chunk["content"])
        if chunk["stream_complete"]:
            self.ended.set()
        self.news.set()

    async def read_to(self, length: int) -> None:
        while self.length < length:
            self.news.clear()
            await self.news.wait()


def _is_said(content: str, offset: int) -> bool:
    """Whether this is what was said from `offset` on; looked at piece by piece, at its ends."""
    if not content:
        return True
    number, begin = divmod(offset, SIZE)
    last, end = divmod(offset + len(content) - 1, SIZE)
    head = piece(number)[begin : begin + len(content)]
    return content.startswith(head) and content[-1] == piece(last)[end]


async def flood(server: Server, megabytes: int, *, slow: bool) -> Outcome:
    """Stream so much in the default chat, and look at what it came to."""
    lazy = _never_reads(server) if slow else None
    readers = [_Reader() for _ in range(_READERS)]
    sockets = [await WebSocket.connect(server.port, _CHATS, server.token, reader.take) for reader in readers]
    cpu, memory = server.cpu(), [server.memory()]
    sockets[0].send({"prompt": f"/flood {megabytes} 0"})
    for number in range(1, megabytes + 1):
        sockets[0].send({"prompt": "/more"})
        for reader in readers:
            await reader.read_to(number * PIECES * SIZE)
        memory.append(server.memory())
    for reader in readers:
        await reader.ended.wait()
    cpu = server.cpu() - cpu
    for connection in sockets:
        connection.close()
    total = megabytes * PIECES * SIZE
    return Outcome(
        whole=sum(reader.length == total and not reader.wrong for reader in readers),
        slow_got=_drain(lazy) if lazy is not None else None,
        aborted=server.log.count("reads too slowly"),
        cpu=cpu,
        memory=memory,
        after=await _history(server) if slow else "",
    )


def _never_reads(server: Server) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", server.port))
    client.sendall(handshake(_CHATS, server.port, server.token))
    return client


def _drain(client: socket.socket) -> int:
    """How many bytes lie there for it before the connection's end."""
    total = 0
    with client:
        client.settimeout(45)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)  # else it drips out, 2 kB at a time
        try:
            while data := client.recv(1 << 20):
                total += len(data)
        except ConnectionResetError:
            pass
    return total


async def _history(server: Server) -> str:
    """What who connects has of the flood."""
    first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def take(frame: bytes) -> None:
        if not first.done():
            first.set_result(frame)

    connection = await WebSocket.connect(server.port, _CHATS, server.token, take)
    messages = json.loads(await first)["history"]["messages"]
    connection.close()
    return str(next(m["body"] for m in messages if m["type"] == "agent-stream"))
