"""An editor: it asks for completions over a WebSocket, and tells how long that took."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

__all__ = ["Editor", "Seen", "opened", "percentile", "request"]

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Seen:
    """What became of one request."""

    first: float  # seconds to the first text, or to the reply if there was none
    text: str  # that text at the end
    size: int  # bytes of all frames
    error: str = ""  # why there was nothing


class Editor:
    """One connection, which sends one request after the other."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection

    async def ask(self, path: str, prefix: str, *, stream: bool = False, explicit: bool = True) -> Seen:
        """Ask, by default as a person who wants a suggestion now, and read until everything is there."""
        number = next(_NUMBERS)
        frame = request(number, path, prefix, stream=stream, explicit=explicit)
        return await self._exchange(frame, number)

    async def echo(self, prefix: str) -> float:
        """Send the like of a request to a server that looks at nothing; the seconds to its answer."""
        frame = request(0, "echo.py", prefix)
        start = time.perf_counter()
        await self._connection.write_message(frame)
        answer = await self._connection.read_message()
        json.loads(answer or "")
        return time.perf_counter() - start

    async def ask_rapidly(self, frames: list[str]) -> list[dict[str, Any]]:
        """Send all at once; the reply to each."""
        for frame in frames:
            await self._connection.write_message(frame)
        return [await self._read() for _ in frames]

    async def _exchange(self, frame: str, number: int) -> Seen:
        start = time.perf_counter()
        await self._connection.write_message(frame)
        first, text, size, growing, error = 0.0, "", 0, {""}, ""
        while growing:
            told = await self._read()
            size += len(json.dumps(told))
            if told["reply_to"] != number:
                continue
            items = [told["response"]] if "response" in told else told["list"]["items"]
            error = error or (told["error"] or {}).get("title", "")
            growing = _growing(growing - {""}, told)
            found = next((item["insertText"] for item in items if item["insertText"]), "")
            first = first or (time.perf_counter() - start if found else 0.0)
            text = found or text
        return Seen(first or time.perf_counter() - start, text, size, error)

    async def _read(self) -> dict[str, Any]:
        message = await self._connection.read_message()
        if message is None:
            raise ConnectionError("the server closed the connection")
        told: dict[str, Any] = json.loads(message)
        return told


def request(number: int, path: str, prefix: str, *, stream: bool = False, explicit: bool = True) -> str:
    """A frame that asks for a completion."""
    trigger = "explicit" if explicit else "automatic"
    document = {"path": path, "language": "python", "mime": "text/x-python"}
    asked = {"number": number, "stream": stream, "trigger": trigger, **document}
    return json.dumps({**asked, "prefix": prefix, "suffix": ""})


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them is, in milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Editor]:
    """An editor at a `ws://` URL."""
    connection = await websocket_connect(url, max_message_size=64 << 20)
    try:
        yield Editor(connection)
    finally:
        connection.close()


def _growing(before: set[str], told: dict[str, Any]) -> set[str]:
    """Tokens of what is still growing after a frame."""
    if "response" in told:
        return before - {told["response"]["token"]} if told["done"] else before
    return {item["token"] for item in told["list"]["items"] if item.get("isIncomplete")}
