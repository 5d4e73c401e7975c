"""The limit: a bare tornado WebSocket server that sends each chunk to every client, and does nothing else.

Run as a program it prints its port, then serves until its standard input closes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any, ClassVar

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from lab.orders import WORD, read_order

__all__ = ["main"]

FRAMES_BEFORE = ("human", "pending", "close-pending", "agent-stream")  # of an answer, before its first chunk


class BroadcastSocket(WebSocketHandler):
    """Answers `{"prompt": "300 chunks"}` to all who are connected."""

    clients: ClassVar[set[BroadcastSocket]] = set()
    tasks: ClassVar[set[asyncio.Task[None]]] = set()

    def initialize(self, nodelay: bool) -> None:
        self._nodelay = nodelay

    def open(self, *args: str, **kwargs: str) -> None:
        self.set_nodelay(self._nodelay)
        self.clients.add(self)

    def on_close(self) -> None:
        self.clients.discard(self)

    def on_message(self, message: str | bytes) -> None:
        chunks, pace = read_order(json.loads(message).get("prompt", ""))
        if chunks:
            task = asyncio.get_running_loop().create_task(self._answer(chunks, pace))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _answer(self, count: int, pace: int) -> None:
        for kind in FRAMES_BEFORE:
            await self._broadcast({"type": kind, "id": "0" * 32})
        for _ in range(count):
            await self._broadcast(_chunk(WORD, complete=False))
            if pace:
                await asyncio.sleep(1 / pace)
        await self._broadcast(_chunk("", complete=True))

    async def _broadcast(self, frame: dict[str, Any]) -> None:
        text = json.dumps(frame)
        for client in list(self.clients):
            try:
                await client.write_message(text)
            except WebSocketClosedError:
                self.clients.discard(client)


def _chunk(text: str, *, complete: bool) -> dict[str, Any]:
    return {
        "type": "agent-stream-chunk",
        "id": "0" * 32,
        "content": text,
        "stream_complete": complete,
        "metadata": {},
    }


async def _serve(*, nodelay: bool) -> None:
    server = HTTPServer(Application([("/chat", BroadcastSocket, {"nodelay": nodelay})]))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    print(json.dumps({"port": sockets[0].getsockname()[1]}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.stop()


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nagle", action="store_true", help="leave Nagle's algorithm on")
    asyncio.run(_serve(nodelay=not parser.parse_args().nagle))


if __name__ == "__main__":
    main()
