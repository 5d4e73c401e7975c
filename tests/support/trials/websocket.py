"""A WebSocket client that costs little: what it is sent goes, frame by frame, to a function."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import Callable
from typing import Any

__all__ = ["WebSocket", "handshake"]

_TEXT, _PING, _PONG = 1, 9, 10

OnFrame = Callable[[bytes], None]


class WebSocket(asyncio.Protocol):
    """One connection; made by `connect`."""

    def __init__(self, request: bytes, on_frame: OnFrame) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._request = request
        self._on_frame = on_frame
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, port: int, path: str, token: str, on_frame: OnFrame) -> WebSocket:
        """Return when the server has agreed."""
        loop = asyncio.get_running_loop()
        request = handshake(path, port, token)
        _, client = await loop.create_connection(lambda: cls(request, on_frame), "127.0.0.1", port)
        await client.opened
        return client

    def send(self, frame: dict[str, Any]) -> None:
        """Send a JSON object."""
        assert self._transport is not None
        self._transport.write(_masked(json.dumps(frame).encode(), _TEXT))

    def close(self) -> None:
        """Leave without a word."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(bytes(self._received)))
        self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self.opened.done() and not self._open():
            return
        begin = 0
        while (end := _end(self._received, begin)) is not None:
            head, last = end
            self._take(self._received[begin] & 0x0F, bytes(self._received[head:last]))
            begin = last
        del self._received[:begin]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == _TEXT:
            self._on_frame(payload)
        elif opcode == _PING and self._transport is not None:
            self._transport.write(_masked(payload, _PONG))

    def _open(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or not self._received.startswith(b"HTTP/1.1 101 "):
            return False
        del self._received[: end + 4]
        self.opened.set_result(None)
        return True


def _end(received: bytearray, begin: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `begin` begins and ends, once all of it is there."""
    if len(received) < begin + 2:
        return None
    length, head = received[begin + 1] & 0x7F, begin + 2
    if length > 125:
        size = 2 if length == 126 else 8
        if len(received) < head + size:
            return None
        length, head = int.from_bytes(received[head : head + size]), head + size
    return (head, head + length) if len(received) >= head + length else None


def handshake(path: str, port: int, token: str) -> bytes:
    """The request that makes a connection a WebSocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: token {token}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
    ).encode()


def _masked(payload: bytes, opcode: int) -> bytes:
    """A client's frame; the mask is zero, as nobody else listens."""
    length = len(payload)
    if length < 126:
        return struct.pack("!BBI", 0x80 | opcode, 0x80 | length, 0) + payload
    return struct.pack("!BBHI", 0x80 | opcode, 0x80 | 126, length, 0) + payload
