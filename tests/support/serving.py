"""A real Jupyter Server with the extension, in process, on the loop of the test."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from jupyter_server.gateway.gateway_client import GatewayClient
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.websocket import WebSocketClientConnection, websocket_connect
from traitlets.config import Config

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.extension import AiExtension
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.plugins import CHAT_HANDLERS, MODEL_PROVIDERS
from jupyter_ai.server.host import EngineHost

TOKEN = "a-token"
BASE_URL = "/a%40b/"

Frame = dict[str, Any]


@dataclass
class Response:
    """What a request got."""

    status: int
    body: bytes
    headers: Any

    def json(self) -> Any:
        return json.loads(self.body)


class Socket:
    """A client's end of a WebSocket."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self.connection = connection
        self.frames: list[Frame] = []  # all that were received

    async def send(self, frame: Frame | str | bytes) -> None:
        text = json.dumps(frame) if isinstance(frame, dict) else frame
        await self.connection.write_message(text, binary=isinstance(text, bytes))

    async def receive(self) -> Frame | None:
        """The next frame; None when the connection is closed."""
        text = await self.connection.read_message()
        if text is None:
            return None
        self.frames.append(json.loads(text))
        return self.frames[-1]

    async def until(self, type: str, **fields: Any) -> list[Frame]:
        """The frames up to the next one of this type, and with these values, it included."""
        seen = []
        while (frame := await self.receive()) is not None:
            seen.append(frame)
            if frame["type"] == type and all(frame.get(name) == value for name, value in fields.items()):
                return seen
        raise AssertionError(f"the connection was closed before {type} {fields} came: {seen}")

    async def last(self, type: str, **fields: Any) -> Frame:
        """The next frame of this type."""
        return (await self.until(type, **fields))[-1]

    async def ask(self, prompt: str) -> str:
        """Send a prompt; the id of the message that it became."""
        await self.send({"prompt": prompt})
        return str((await self.last("human", prompt=prompt))["id"])

    async def closed(self) -> int | None:
        """Wait for the end of the connection; its close code, None for 1006 (there was no handshake)."""
        while await self.receive() is not None:
            pass
        return self.connection.close_code

    def close(self) -> None:
        self.connection.close()

    def abort(self) -> None:
        """Vanish without a closing handshake."""
        stream = getattr(self.connection.protocol, "stream", None)
        if stream is not None:
            stream.close()
        self.connection.close()


class Server:
    """A running server, and a client of it."""

    def __init__(self, app: ServerApp, port: int) -> None:
        self.app = app
        self.port = port
        self.url = f"http://127.0.0.1:{port}{BASE_URL}"
        self.extension: AiExtension = next(iter(app.extension_manager.extension_apps["jupyter_ai"]))
        self.sockets: list[Socket] = []
        self.errors: list[logging.LogRecord] = []  # what was logged at level ERROR or above
        self.warnings: list[str] = []

    @property
    def host(self) -> EngineHost:
        assert self.extension.host is not None
        return self.extension.host

    @property
    def settings(self) -> dict[str, Any]:
        return self.app.web_app.settings

    def add(self, *handlers: type) -> None:
        """Install chat handlers, as a package with entry points would."""
        for handler in handlers:
            routing: Any = handler
            self.host.plugins.add(
                CHAT_HANDLERS, routing.routing_type.slash_id or "default", handler, distribution="test"
            )

    async def ready(self) -> None:
        """Wait for the engine and what answers."""
        await (await self.host.ready()).handlers_ready()
        await self.host.plugins.ready(MODEL_PROVIDERS)

    async def request(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """Send a request; `body` is sent as JSON unless it is bytes."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        response = await AsyncHTTPClient().fetch(
            HTTPRequest(
                url_path_join(self.url, path),
                method=method,
                body=data if data is not None or method in ("GET", "DELETE", "HEAD") else b"",
                headers=_headers(headers),
                follow_redirects=False,
            ),
            raise_error=False,
        )
        return Response(response.code, response.body, response.headers)

    async def get(self, path: str, **headers: str) -> Response:
        return await self.request("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.request("POST", path, body, **headers)

    async def patch(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.request("PATCH", path, body, **headers)

    async def delete(self, path: str, **headers: str) -> Response:
        return await self.request("DELETE", path, **headers)

    async def ws(self, path: str = "api/ai/chats", **headers: str) -> Socket:
        """Open a WebSocket and return at once."""
        url = url_path_join(self.url, path).replace("http", "ws", 1)
        request = HTTPRequest(url, headers=_headers(headers))
        socket = Socket(await websocket_connect(request, max_message_size=64 << 20))
        self.sockets.append(socket)
        return socket

    async def chat(self, path: str = "api/ai/chats", **headers: str) -> Socket:
        """Open a WebSocket and take the connection frame; `frames` begins with it."""
        socket = await self.ws(path, **headers)
        await socket.receive()
        return socket


def _headers(given: dict[str, str]) -> dict[str, str]:
    """`user="x"` makes the header X-User; `authorization=""` sends none."""
    headers = {"Authorization": f"token {TOKEN}"}
    headers |= {"X-User" if name == "user" else name.title(): value for name, value in given.items()}
    return {name: value for name, value in headers.items() if value}


class Serve(Protocol):
    """Starts a server; more than one may run."""

    async def __call__(
        self, *handlers: type, root: str = "root", config: dict[str, Any] | None = None, greet: bool = False
    ) -> Server: ...


def start_server(root: Path, config: dict[str, Any], stack: AsyncExitStack) -> Server:
    app = ServerApp(
        config=Config({"IdentityProvider": {"token": TOKEN}, **config}),
        jpserver_extensions={"jupyter_ai": True},
        root_dir=str(root),
        base_url=BASE_URL,
        allow_root=True,
        open_browser=False,
        reraise_server_extension_failures=True,
        log_level="INFO",
    )
    app.init_signal = lambda: None
    app.initialize(argv=[], find_extensions=False, new_httpserver=False)
    sockets = bind_sockets(0, "127.0.0.1")
    app._http_server = HTTPServer(app.web_app)
    app._http_server.add_sockets(sockets)
    server = Server(app, sockets[0].getsockname()[1])
    _watch_logs(server, stack)
    stack.push_async_callback(_stop, server)
    return server


async def _stop(server: Server) -> None:
    for socket in server.sockets:
        socket.abort()
    await server.app._cleanup()
    await server.app.http_server.close_all_connections()
    AsyncHTTPClient().close()
    GatewayClient.clear_instance()


def _watch_logs(server: Server, stack: AsyncExitStack) -> None:
    handler = _Collector(server)
    for logger in (server.app.log, server.extension.log, *map(logging.getLogger, ("tornado", "asyncio"))):
        target = getattr(logger, "logger", logger)
        target.addHandler(handler)
        stack.callback(target.removeHandler, handler)


class _Collector(logging.Handler):
    def __init__(self, server: Server) -> None:
        super().__init__(logging.WARNING)
        self._server = server

    def emit(self, record: logging.LogRecord) -> None:
        if record in self._server.errors or record.module == "log":
            return  # it came to two of the loggers; or it is the access log
        if record.name == "asyncio" and record.getMessage().startswith("Executing "):
            return  # asyncio's debug mode on a step that took long: that is the machine's load
        if record.levelno >= logging.ERROR:
            self._server.errors.append(record)
        else:
            self._server.warnings.append(record.getMessage())


def never_greet(server: Server) -> None:
    make = server.host._make

    async def made() -> Any:
        engine = await make()
        engine.options.greet = False
        return engine

    server.host._make = made  # type: ignore[method-assign]


class Steps(BaseChatHandler):
    """`/steps name`: streams what the test puts into `stream(name)`, until that is None."""

    id = "steps"
    name = "Steps"
    help = "Streams what a test says"
    routing_type = SlashCommandRoutingType(slash_id="steps")
    uses_llm = False
    streams: dict[str, asyncio.Queue[str | None]] = {}  # noqa: RUF012 - the test's way to its instances
    closed: list[str] = []  # noqa: RUF012 - names of the streams whose generator was closed

    async def process_message(self, message: HumanChatMessage) -> None:
        self.llm_chain = _Chain()
        await self.stream_reply(message.prompt.partition(" ")[2], message)


class _Chain:
    async def astream(self, name: str, config: Any = None) -> AsyncIterator[str]:
        try:
            while (text := await stream(name).get()) is not None:
                yield text
        finally:
            Steps.closed.append(name)


def stream(name: str) -> asyncio.Queue[str | None]:
    """What `/steps name` takes its chunks from."""
    return Steps.streams.setdefault(name, asyncio.Queue())


def text_of(frames: Iterable[Frame], stream_id: str) -> str:
    """The text of a stream as a client puts it together, what overlaps dropped."""
    text = ""
    for frame in frames:
        if frame["type"] == "connection" and frame["history"] is not None:
            bodies = [m["body"] for m in frame["history"]["messages"] if m["id"] == stream_id]
            text = bodies[0] if bodies else ""
        elif frame["type"] == "agent-stream-chunk" and frame["id"] == stream_id:
            overlap = len(text) - frame["offset"]
            assert overlap >= 0, "text is missing"
            text += frame["content"][overlap:]
    return text


Condition = Callable[[], bool]


async def eventually(condition: Condition) -> None:
    """Let the loop turn until the condition holds; the test's time limit ends a vain wait."""
    while not condition():  # noqa: ASYNC110 - what is waited for tells nobody when it happens
        await asyncio.sleep(0.001)


async def begin(chat: Socket, name: str, text: str = "One ") -> tuple[str, str]:
    """Have `/steps name` begin to answer; the ids of the human message and of the stream."""
    stream(name).put_nowait(text)
    human = await chat.ask(f"/steps {name}")
    reply = await chat.last("agent-stream", reply_to=human)
    await chat.until("agent-stream-chunk", id=reply["id"])
    return human, reply["id"]
