"""The floor of a request over a WebSocket: a bare tornado server that answers each frame with the same text.

Run as a program it prints its port, then serves until its standard input closes.
"""

from __future__ import annotations

import asyncio
import json
import sys

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler

__all__ = ["main"]

_ANSWER = json.dumps({"list": {"items": [{"insertText": "x" * 20}]}, "reply_to": 0, "error": None})


class EchoSocket(WebSocketHandler):
    """Looks at nothing."""

    def open(self, *args: str, **kwargs: str) -> None:
        self.set_nodelay(True)

    async def on_message(self, message: str | bytes) -> None:
        await self.write_message(_ANSWER)


async def _serve() -> None:
    server = HTTPServer(Application([("/echo", EchoSocket)]))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    print(json.dumps({"port": sockets[0].getsockname()[1]}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.stop()


def main() -> None:
    """Serve until standard input closes."""
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
