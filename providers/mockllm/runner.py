"""Running the mock server: by itself, or in a thread beside a test."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import uvicorn

if TYPE_CHECKING:
    from fastapi import FastAPI

    from mockllm.journal import Journal
    from mockllm.recording.recorder import Recorder
    from mockllm.serving.answers import Answers

__all__ = ["MockServer", "Server", "bind"]

_PATIENCE = 1.0  # seconds for handlers that do not let themselves be cancelled
_ACCEPTED_AFTER = 3  # turns of the loop, a connection that was made is one of the server's
_START_TIMEOUT = 10.0


class Server(uvicorn.Server):
    """Serves an ASGI application. Ends at once: open streams are dropped. `ready` is set when it answers."""

    def __init__(self, app: Any) -> None:
        # Requests are logged by us, without query strings; the rest by whoever configured logging.
        options: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "off", "ws": "none"}
        super().__init__(uvicorn.Config(app, server_header=False, **options))
        self.ready = threading.Event()
        self._recorder: Recorder | None = getattr(getattr(app, "state", None), "recorder", None)
        logging.getLogger("uvicorn.error").addFilter(_not_a_cut_response)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._drop()
        for listener in sockets or []:
            listener.close()
        if self._recorder is not None:
            await self._recorder.aclose()

    def drop_connections(self) -> None:
        """Close the open connections and wait for their requests to end; not in the server's thread."""
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(_PATIENCE * 2)

    async def _drop(self) -> None:
        for _ in range(_ACCEPTED_AFTER):
            await asyncio.sleep(0)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if tasks := self.server_state.tasks:
            await asyncio.wait(list(tasks), timeout=_PATIENCE)


class MockServer:
    """A mock server in a daemon thread, started and stopped by a `with` statement.

    Without an `app` it is `mockllm.server.create_app()`. Port 0, the default, is a free one.
    """

    def __init__(self, app: FastAPI | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        if app is None:
            from mockllm.server import create_app

            app = create_app()
        self.app = app
        self._address = (host, port)
        self._server: Server | None = None
        self.url = ""

    @property
    def openai_url(self) -> str:
        """What OpenAI's clients call the base URL."""
        return f"{self.url}/v1"

    @property
    def journal(self) -> Journal:
        journal: Journal = self.app.state.journal
        return journal

    @property
    def answers(self) -> Answers:
        answers: Answers = self.app.state.answers
        return answers

    def start(self) -> None:
        """Start, and return when it answers. Raises `OSError` if the port is in use."""
        listener = bind(*self._address)
        host, port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._server = Server(self.app)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name=f"mockllm {self.url}", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(_START_TIMEOUT):
            raise RuntimeError(
                f"The mock server at {self.url} did not start in {_START_TIMEOUT:g} s; see the log."
            )

    def stop(self) -> None:
        """Stop; open streams are dropped."""
        if self._server is not None:
            self._server.should_exit = True
            self._thread.join(_PATIENCE * 2)
            self._server = None

    def drop_connections(self) -> None:
        """Close the connections that are open; returns when their requests have ended, or after 1 s."""
        if self._server is not None:
            self._server.drop_connections()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address, for a server to listen at. Raises `OSError` if it is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def _not_a_cut_response(record: logging.LogRecord) -> bool:
    """uvicorn complains of responses without an end; ours are on purpose, and the journal says so."""
    return "ASGI callable returned without completing response" not in str(record.msg)
