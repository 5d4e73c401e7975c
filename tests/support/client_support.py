"""What tests of the client libraries share."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import reduce
from importlib.util import find_spec
from operator import add
from typing import Any

from pydantic import BaseModel

__all__ = [
    "TRANSPORT_ERRORS",
    "WEATHER",
    "Colour",
    "Seen",
    "clients_of_openai",
    "close_ollama",
    "get_weather",
    "joined",
]

TRANSPORT_ERRORS: tuple[type[Exception], ...] = tuple(
    importlib.import_module(name).TransportError for name in ("httpx", "httpx2") if find_spec(name)
)
"""What a broken connection raises, in whichever HTTP library the client uses."""

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}
"""The parameters of the tool get_weather."""


class Seen:
    """Reads a stream to its end, and keeps what came if it breaks off."""

    def __init__(self, stream: Iterable[Any]) -> None:
        self._stream = stream
        self.items: list[Any] = []

    def read(self) -> None:
        for item in self._stream:
            self.items.append(item)


class Colour(BaseModel):
    """What a structured answer is to be."""

    name: str
    depth: int


def get_weather(city: str, days: int = 1) -> str:
    """A tool for langchain: the weather in a city.

    Args:
        city: where.
        days: for how long.
    """
    raise AssertionError("a model only asks for it")


def joined(chunks: Iterable[Any]) -> Any:
    """The message of a stream of langchain's."""
    return reduce(add, chunks)


@asynccontextmanager
async def clients_of_openai() -> AsyncIterator[dict[str, Any]]:
    """The HTTP clients for a model of langchain-openai, which would share its own with other tests."""
    import openai

    async with openai.DefaultAsyncHttpxClient(verify=False) as later:
        with openai.DefaultHttpxClient(verify=False) as now:
            yield {"http_client": now, "http_async_client": later}


async def close_ollama(model: Any) -> None:
    """Close the clients of a model of langchain-ollama, which cannot be told to."""
    model._client._client.close()
    await model._async_client._client.aclose()
