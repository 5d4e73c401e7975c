"""One server in this process, with a heartbeat on its loop: the times of a few lists of providers, as JSON.

A program of its own, so that each run begins with nothing imported.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from jupyter_server.serverapp import ServerApp
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets.config import Config

_BEAT = 0.002  # seconds
_TIMES = 200
_LISTS = {"models": "api/ai/providers", "embeddings": "api/ai/providers/embeddings"}
_TRIVIAL = "api"  # the version of the server


class Heartbeat:
    """Beats on the loop; `longest` is the longest wait, in seconds, beyond what it asked for."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def beat(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_BEAT)
            self.longest = max(self.longest, time.perf_counter() - before - _BEAT)


async def measure() -> dict[str, float]:
    """Milliseconds, by what they are."""
    async with _server() as fetch:
        await fetch(_TRIVIAL)
        heart = Heartbeat()
        beating = asyncio.create_task(heart.beat())
        found = {"first list": await fetch(_LISTS["models"]), "longest block meanwhile": heart.longest * 1000}
        for name, path in _LISTS.items():
            found[f"list of {name}"] = await _median(fetch, path)
        found["a trivial route"] = await _median(fetch, _TRIVIAL)
        beating.cancel()
    return found


async def _median(fetch: object, path: str) -> float:
    times = sorted([await fetch(path) for _ in range(_TIMES)])  # type: ignore[operator]  # a coroutine function
    return times[len(times) // 2]


@asynccontextmanager
async def _server() -> AsyncIterator[object]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as root:
        app = ServerApp(
            config=Config({"IdentityProvider": {"token": ""}}),
            jpserver_extensions={"jupyter_ai": True},
            root_dir=root,
            allow_root=True,
            open_browser=False,
            log_level="ERROR",
        )
        app.init_signal = lambda: None
        app.initialize(argv=[], find_extensions=False, new_httpserver=False)
        [socket] = bind_sockets(0, "127.0.0.1")
        app._http_server = HTTPServer(app.web_app)
        app._http_server.add_sockets([socket])
        address = f"http://127.0.0.1:{socket.getsockname()[1]}"

        async def fetch(path: str) -> float:
            before = time.perf_counter()
            await AsyncHTTPClient().fetch(f"{address}/{path}")
            return (time.perf_counter() - before) * 1000

        try:
            yield fetch
        finally:
            await app._cleanup()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(asyncio.run(measure())))
