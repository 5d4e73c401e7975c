"""WebSocket clients that cost little: they count what comes, and one of them reads it too."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Answer", "Client", "Crowd", "connect"]

_CHUNK = b'"agent-stream-chunk"'
_END = re.compile(rb'"stream_complete": ?true')
_END_LENGTH = len(b'"stream_complete": true')
_TIMEOUT = 180  # seconds for a whole run


@dataclass
class Answer:
    """What a crowd of clients saw of the answers to its prompts."""

    seconds: float  # from the first prompt to the last byte of the last client
    first: float  # seconds to the first chunk, at the client that asked
    frames: int  # that carried chunks, to that client
    text_length: int  # of all streams together, as that client has it


class Client(asyncio.Protocol):
    """One WebSocket. It looks for the ends of streams; with `reads` it keeps everything as well."""

    def __init__(self, path: str, host: str, *, reads: bool) -> None:
        self._request = _handshake(path, host)
        self._reads = reads
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._begin()

    def _begin(self) -> None:
        self._tail = b""
        self._ended = 0
        self._received: list[bytes] = []
        self.first: float | None = None
        self.expected = 0
        self.done: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def expect(self, streams: int) -> None:
        """Wait for the ends of so many streams; `done` then tells the time."""
        self._begin()
        self.expected = streams

    def send(self, frame: dict[str, Any]) -> None:
        """Send a JSON frame."""
        assert self._transport is not None
        self._transport.write(_masked(json.dumps(frame).encode()))

    def close(self) -> None:
        """Leave without a word."""
        if self._transport is not None:
            self._transport.abort()

    def frames(self) -> Iterator[dict[str, Any]]:
        """What was received since `expect`, if this client reads."""
        for payload in _payloads(b"".join(self._received)):
            yield json.loads(payload)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            data = self._open(data)
        if self._reads:
            self._received.append(data)
            if self.first is None and _CHUNK in data:
                self.first = time.perf_counter()
        text = self._tail + data
        ends = list(_END.finditer(text))
        self._ended += len(ends)
        self._tail = text[max(ends[-1].end() if ends else 0, len(text) - _END_LENGTH + 1) :]
        if ends and self._ended >= self.expected > 0 and not self.done.done():
            self.done.set_result(time.perf_counter())

    def connection_lost(self, exc: Exception | None) -> None:
        error = ConnectionError("the server closed the connection")
        for future in (self.opened, self.done):
            if not future.done():
                future.set_exception(error)
                future.exception()  # nobody need ask

    def _open(self, data: bytes) -> bytes:
        head, separator, rest = (self._tail + data).partition(b"\r\n\r\n")
        self._tail = b"" if separator else head
        if separator and b" 101 " in head.split(b"\r\n", 1)[0]:
            self.opened.set_result(None)
        elif separator:
            self.opened.set_exception(ConnectionError(head.decode(errors="replace")))
        return rest


class Crowd:
    """The clients of one chat; the first asks and reads, the others only receive."""

    def __init__(self, clients: list[Client]) -> None:
        self._clients = clients

    async def ask(self, prompts: list[str]) -> Answer:
        """Send the prompts at once and return when every client has seen the end of every answer."""
        for client in self._clients:
            client.expect(len(prompts))
        asker = self._clients[0]
        start = time.perf_counter()
        for prompt in prompts:
            asker.send({"prompt": prompt})
        async with asyncio.timeout(_TIMEOUT):
            ends = await asyncio.gather(*(client.done for client in self._clients))
        return _answer(asker, start, max(ends))

    def clear(self) -> None:
        """Let the server forget what was said."""
        self._clients[0].send({"type": "clear"})

    def close(self) -> None:
        """Disconnect everybody."""
        for client in self._clients:
            client.close()


async def connect(url: str, count: int) -> Crowd:
    """So many clients of the chat at a `ws://` URL."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    clients = [
        await _client(parts.hostname or "", parts.port or 80, path, reads=i == 0) for i in range(count)
    ]
    return Crowd(clients)


async def _client(host: str, port: int, path: str, *, reads: bool) -> Client:
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: Client(path, f"{host}:{port}", reads=reads), host, port)
    await client.opened
    return client


def _answer(asker: Client, start: float, end: float) -> Answer:
    chunks = [frame for frame in asker.frames() if frame.get("type") == "agent-stream-chunk"]
    return Answer(
        seconds=end - start,
        first=(asker.first or end) - start,
        frames=len(chunks),
        text_length=sum(len(chunk["content"]) for chunk in chunks),
    )


def _handshake(path: str, host: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def _masked(payload: bytes) -> bytes:
    """A text frame of a client, masked with zeros."""
    length = len(payload)
    head = (
        struct.pack("!BB", 0x81, 0x80 | length) if length < 126 else struct.pack("!BBH", 0x81, 0xFE, length)
    )
    return head + bytes(4) + payload


def _payloads(data: bytes) -> Iterator[bytes]:
    """The payloads of the whole text frames in what a server sent."""
    at = 0
    while at + 2 <= len(data):
        kind, length, start = data[at] & 0x0F, data[at + 1] & 0x7F, at + 2
        if length == 126:
            length, start = int.from_bytes(data[start : start + 2]), start + 2
        elif length == 127:
            length, start = int.from_bytes(data[start : start + 8]), start + 8
        at = start + length
        if kind == 1 and at <= len(data):
            yield data[start:at]
