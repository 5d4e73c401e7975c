"""Engines for tests, and readers that keep what they were sent."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.engine.chat import Chat
from jupyter_ai.engine.engine import Engine, EngineOptions
from jupyter_ai.engine.store import Store
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.models import ChatClient, ChatRequest
from jupyter_ai.testkit.chat import configure, register

GUARD = 20  # seconds; must not pass


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Awaitable[None]]:
    """Waits, turn by turn of the loop, until a condition holds."""

    async def wait(condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(GUARD):
            while not condition():  # noqa: ASYNC110 - many conditions have no event
                await asyncio.sleep(0)

    return wait


@pytest.fixture
async def make_engine(tmp_path: Path) -> AsyncIterator[Any]:
    """Makes started engines; without `path` they keep chats in memory."""
    engines = []

    async def make(
        handlers: Sequence[type] = (), model: Any = None, path: Path | None = None, **options: Any
    ) -> Engine:
        log = logging.getLogger("jupyter_ai.testing")
        settings = {"root_dir": str(tmp_path), "greet": False, "threads": False, **options}
        engines.append(
            Engine(
                plugins=register(handlers, (), log),
                config_manager=configure(model, log),
                store=Store(path),
                log=log,
                options=EngineOptions(**settings),
            )
        )
        await engines[-1].start()
        return engines[-1]

    yield make
    for engine in engines:
        await engine.aclose()


class Reader:
    """Subscribes to a chat and keeps what it was sent."""

    def __init__(self, chat: Chat, **since: Any) -> None:
        self.frames: list[dict[str, Any]] = []
        self.aborted = 0
        self._subscriber = Subscriber("reader", self._take, self._abort)
        chat.subscribe(self._subscriber, **since)

    async def _take(self, frame: bytes) -> None:
        self.frames.append(json.loads(frame))

    def _abort(self) -> None:
        self.aborted += 1

    async def all(self) -> list[dict[str, Any]]:
        """The frames so far, once everything was sent."""
        await self._subscriber.drain()
        return self.frames

    async def types(self) -> list[str]:
        return [frame["type"] for frame in await self.all()]

    async def text(self, stream: str | None = None) -> str:
        """What was streamed."""
        chunks = [f for f in await self.all() if f["type"] == "agent-stream-chunk"]
        return "".join(f["content"] for f in chunks if stream in (None, f["id"]))


@pytest.fixture
def read() -> type[Reader]:
    return Reader


@pytest.fixture
def ask() -> Callable[..., Any]:
    """Sends a prompt to a chat; returns the run, at once."""

    def submit(chat: Chat, prompt: str, user: str = "", selection: Any = None) -> Any:
        client = ChatClient(id="c", username="u", initials="U", name="U", display_name="U")
        return chat.submit(ChatRequest(prompt=prompt, selection=selection), client, user)

    return submit
