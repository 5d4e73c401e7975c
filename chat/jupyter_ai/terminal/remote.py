"""The chats of a running Jupyter Server, over its WebSocket and REST routes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClosedError, websocket_connect

from jupyter_ai.errors import ChatRefused, ChatUnreachable
from jupyter_ai.terminal.client import ChatInfo, Option

if TYPE_CHECKING:
    from tornado.websocket import WebSocketClientConnection

__all__ = ["RemoteLink", "RemotePlace", "parse_url"]

_TIMEOUT = 10.0  # seconds for a connection to be made, and for an answer to a request
_PING = 20.0  # seconds between the signs of life without which a connection is given up
_FOR_GOOD = (4403, 4404)  # close codes: the chat is not shared any more, or was deleted
_LARGEST = 1 << 30  # bytes of a frame: the first one holds the whole history
_PAGES = ("lab", "tree", "notebooks", "edit", "consoles", "doc")  # what a URL from a browser ends with


def parse_url(url: str) -> tuple[str, str]:
    """The base URL of a server, ending with a slash, and the token in it; takes a URL as a browser has it."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ChatUnreachable(f"{url!r} is not the URL of a server; one looks like http://localhost:8888/.")
    segments = parts.path.strip("/").split("/")
    end = next((i for i, segment in enumerate(segments) if segment in _PAGES), len(segments))
    path = "/".join(["", *filter(None, segments[:end]), ""])
    token = parse_qs(parts.query).get("token", [""])[0]
    return urlunsplit((parts.scheme, parts.netloc, path, "", "")), token


class RemotePlace:
    """The chats of the server at `url`, which ends with a slash.

    `token` is asked for each request: a server that was started again may have another one.
    """

    def __init__(self, url: str, token: Callable[[], str]) -> None:
        self.url = url
        self.notices: list[str] = []  # the server's own are in its chats
        self._token = token

    async def chats(self) -> list[ChatInfo]:
        """The chats that the holder of the token may see."""
        answer = await self.fetch("api/ai/chats")
        return [_info(chat) for chat in answer["chats"]]

    async def create(self, title: str) -> ChatInfo:
        """Begin a chat."""
        return _info(await self.fetch("api/ai/chats", {"title": title} if title else {}))

    async def link(self, chat: ChatInfo | None) -> RemoteLink:
        """A way to this chat, or to the default one."""
        return RemoteLink(self, "" if chat is None or chat.is_default else chat.id)

    async def aclose(self) -> None:
        """Nothing is kept open."""

    async def fetch(
        self, path: str, body: dict[str, Any] | None = None, *, patience: float = _TIMEOUT
    ) -> dict[str, Any]:
        """GET, or with a body POST, a REST route, within so many seconds. Raises `ChatUnreachable`."""
        request = HTTPRequest(
            self.url + path,
            method="GET" if body is None else "POST",
            headers=self._headers(),
            body=None if body is None else json.dumps(body),
            connect_timeout=_TIMEOUT,
            request_timeout=patience,
            follow_redirects=False,
        )
        try:
            response = await AsyncHTTPClient().fetch(request)
            answer: dict[str, Any] = json.loads(response.body)
        except HTTPClientError as error:
            raise self._refusal(error) from error
        except OSError as error:
            raise ChatUnreachable(self._no_answer(error)) from error
        except ValueError as error:
            raise ChatUnreachable(
                f"What answers at {self.url} is no Jupyter Server with this chat."
            ) from error
        return answer

    async def connect(self, path: str, query: dict[str, Any]) -> WebSocketClientConnection:
        """Open a WebSocket. Raises ConnectionError if that may succeed later, else `ChatUnreachable`."""
        url = f"ws{self.url.removeprefix('http')}{path}?{urlencode(query)}"
        request = HTTPRequest(url, headers=self._headers(), connect_timeout=_TIMEOUT)
        try:
            return await websocket_connect(
                request, ping_interval=_PING, ping_timeout=_PING, max_message_size=_LARGEST
            )
        except HTTPClientError as error:
            if error.code >= 500:
                raise ConnectionError(f"{self.url} answers with {error.code}") from error
            raise self._refusal(error) from error
        except (OSError, WebSocketClosedError) as error:
            raise ConnectionError(self._no_answer(error)) from error

    def _headers(self) -> HTTPHeaders:
        token = self._token()
        return HTTPHeaders({"Authorization": f"token {token}"} if token else {})

    def _refusal(self, error: HTTPClientError) -> ChatUnreachable:
        if error.code in (301, 302, 401, 403):
            return ChatRefused(self.url)
        if error.code == 404:
            return ChatUnreachable(
                f"{self.url} has no such chat, or is a server without chats: there, "
                "`jupyter server extension list` tells whether jupyter_ai is enabled."
            )
        return ChatUnreachable(f"{self.url} answers with {error.code} {_message(error)}".rstrip())

    def _no_answer(self, error: Exception) -> str:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return f"The certificate of {self.url} is not trusted. Name its authority in SSL_CERT_FILE."
        return f"No server answers at {self.url}. Start one with `jupyter server`."


class RemoteLink:
    """A way to one chat of a server; an empty `chat_id` means the default chat."""

    lasting = True

    def __init__(self, place: RemotePlace, chat_id: str) -> None:
        self.place = place
        self._chat_id = chat_id
        self._path = f"api/ai/chats/{quote(chat_id)}" if chat_id else "api/ai/chats"

    @property
    def name(self) -> str:
        """The server."""
        return self.place.url

    async def open(self, epoch: str, since: int | None) -> RemoteConnection:
        """Connect."""
        query = {"epoch": epoch, "since": since} if epoch and since is not None else {}
        return RemoteConnection(await self.place.connect(self._path, query))

    async def settled(self, human_id: str, epoch: str, since: int) -> int:
        """Where the chat is now, as a second connection is told: whatever was said before has been seen then.

        A server does not tell when an answer is over.
        """
        connection = await self.open(epoch, since)
        try:
            frame = await connection.receive() or {}
        finally:
            connection.close()
        return int(frame.get("seq", 0)) if frame.get("epoch", epoch) == epoch else 0

    async def options(self, partial: str) -> list[Option]:
        """The commands, or the arguments of a context command."""
        query = {"partialCommand": partial, "chat": self._chat_id}
        given = urlencode({name: value for name, value in query.items() if value})
        answer = await self.place.fetch(f"api/ai/chats/autocomplete_options?{given}")
        return [Option(o["label"], o["description"], o["only_start"]) for o in answer["options"]]


class RemoteConnection:
    """A WebSocket; the server is not read from faster than frames are taken."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket

    async def receive(self) -> dict[str, Any] | None:
        """The next frame."""
        data = await self._socket.read_message()
        if data is None and self._socket.close_code in _FOR_GOOD:
            raise ChatUnreachable(self._socket.close_reason or "The server has closed this chat.")
        if data is None:
            return None
        frame: dict[str, Any] = json.loads(data)
        return frame

    async def send(self, frame: dict[str, Any]) -> bool:
        """Send a frame."""
        try:
            await self._socket.write_message(json.dumps(frame))
        except (WebSocketClosedError, OSError):
            return False
        return True

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def _info(chat: dict[str, Any]) -> ChatInfo:
    return ChatInfo(chat["id"], chat["title"], chat["is_default"], chat["shared"], chat["owner"])


def _message(error: HTTPClientError) -> str:
    """What the server says of its refusal."""
    try:
        return str(json.loads(error.response.body)["message"]) if error.response is not None else ""
    except (ValueError, KeyError, TypeError):
        return ""
