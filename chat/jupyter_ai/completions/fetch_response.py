"""What an endpoint answers, as it comes: bytes, JSON or server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any, Self

from jupyter_ai.errors import FetchMalformed

__all__ = ["EventReader", "FetchResponse"]

_DONE = "[DONE]"


class FetchResponse:
    """What an endpoint answers, as its bytes come; whoever has it closes it (`async with`).

    It is read once, by one of `read`, `json` and `events`. Closing it closes the connection unless all was
    read.
    """

    def __init__(
        self, chunks: AsyncIterator[bytes], close: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._chunks = chunks
        self._close = close

    @classmethod
    def of(cls, answer: Any) -> FetchResponse:
        """An answer that is known already, for caches and mocks: bytes, or anything that JSON has."""
        return cls(_once(answer if isinstance(answer, bytes) else json.dumps(answer).encode()))

    async def read(self) -> bytes:
        """The whole body. Raises a `FetchFailure`."""
        return b"".join([chunk async for chunk in self._chunks])

    async def json(self) -> Any:
        """What the whole body says. Raises a `FetchFailure`."""
        return _parsed(await self.read())

    async def events(self) -> AsyncGenerator[Any, None]:
        """The data of each server-sent event, until the end or `[DONE]`. Raises a `FetchFailure`.

        An endpoint that does not stream answers with one JSON object, which is taken for the one event.
        """
        chunk: bytes | None = await self._beginning()
        if chunk is not None and chunk.startswith(b"{"):
            yield _parsed(chunk + await self.read())
            return
        reader = EventReader()
        while chunk is not None:
            for text in reader.feed(chunk):
                if text == _DONE:
                    return
                yield _parsed(text)
            chunk = await anext(self._chunks, None)

    async def aclose(self) -> None:
        """Close it; may be called again."""
        close, self._close = self._close, None
        if close is not None:
            await close()
        end = getattr(self._chunks, "aclose", None)
        if end is not None:
            await end()

    async def _beginning(self) -> bytes | None:
        """The first chunk that is not blank, from its first character on."""
        async for chunk in self._chunks:
            if begun := chunk.lstrip():
                return begun
        return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class EventReader:
    """The data of server-sent events, from bytes that may be cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The events that end within these bytes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            name, _, value = line.removesuffix(b"\r").decode(errors="replace").partition(":")
            if name == "data":
                self._data.append(value.removeprefix(" "))
            elif not name and not value and self._data:
                yield "\n".join(self._data)
                self._data = []


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise FetchMalformed("The completions endpoint answered something else than JSON.") from None
