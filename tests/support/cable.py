"""What is between a page and its server, and can be cut."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self

__all__ = ["Cable"]


class Cable:
    """Passes on what comes to its port to the server's, and back, until it is cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_cut = False
        self._ends: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._on_connection, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        passing = list(self._ends.values())
        self.cut()
        await asyncio.gather(*passing, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """End all connections without a word, and refuse new ones until it is mended."""
        self._is_cut = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._ends[writer] = task
        try:
            with suppress(ConnectionError):
                await self._connect(reader, writer, task)
        finally:
            del self._ends[writer]
            writer.transport.abort()

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[None]
    ) -> None:
        if self._is_cut:
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends[back] = task
        try:
            await asyncio.gather(_pass(reader, back), _pass(there, writer))
        finally:
            del self._ends[back]
            back.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()
