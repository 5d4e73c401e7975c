"""Scripted chat models for tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

__all__ = ["HANG", "FakeModel", "FakeSyncModel"]


class _Hang:
    def __repr__(self) -> str:
        return "HANG"


HANG: Final = _Hang()
"""In a script: yield nothing more, for ever."""


class FakeModel(BaseChatModel):
    """A chat model that streams `script`: each str or `AIMessageChunk` is a chunk, an exception is raised,
    `HANG` waits for ever, anything awaitable made by a function is awaited.

    `asked` holds the messages of each request. `closed` counts the streams that were closed or ran to
    their end; `hanging` is set while a stream hangs.
    """

    script: Any = ()
    asked: Any = Field(default_factory=list)
    state: Any = Field(default_factory=lambda: {"closed": 0, "hanging": asyncio.Event()})

    def __init__(self, script: Iterable[Any] = (), **kwargs: Any) -> None:
        super().__init__(**{"script": list(script), **kwargs})

    @property
    def closed(self) -> int:
        """Streams that were closed or ran to their end."""
        return int(self.state["closed"])

    @property
    def hanging(self) -> asyncio.Event:
        """Set while a stream hangs."""
        event: asyncio.Event = self.state["hanging"]
        return event

    @property
    def prompts(self) -> list[str]:
        """The text of the last message of each request."""
        return [str(messages[-1].content) for messages in self.asked]

    @property
    def _llm_type(self) -> str:
        return "fake"

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        self.asked.append(messages)
        try:
            for item in self.script:
                if item is HANG:
                    self.hanging.set()
                    await asyncio.get_running_loop().create_future()
                elif callable(item) and not isinstance(item, type):
                    await item()
                else:
                    yield _chunk(item)
        finally:
            self.hanging.clear()
            self.state["closed"] += 1

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.asked.append(messages)
        text = "".join(str(_chunk(item).message.content) for item in self.script)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


class FakeSyncModel(BaseChatModel):
    """A chat model that only streams synchronously: str and exceptions as in `FakeModel`; `HANG` blocks its
    thread until `release` is set."""

    script: Any = ()
    asked: Any = Field(default_factory=list)
    state: Any = Field(
        default_factory=lambda: {
            "release": threading.Event(),
            "hanging": threading.Event(),
            "closed": threading.Event(),
        }
    )

    def __init__(self, script: Iterable[Any] = (), **kwargs: Any) -> None:
        super().__init__(**{"script": list(script), **kwargs})

    @property
    def release(self) -> threading.Event:
        """Set it to let every hanging stream go on."""
        event: threading.Event = self.state["release"]
        return event

    @property
    def hanging(self) -> threading.Event:
        """Set once a stream hangs."""
        event: threading.Event = self.state["hanging"]
        return event

    @property
    def closed(self) -> threading.Event:
        """Set once a stream was closed or ran to its end."""
        event: threading.Event = self.state["closed"]
        return event

    @property
    def _llm_type(self) -> str:
        return "fake-sync"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.asked.append(messages)
        try:
            for item in self.script:
                if item is HANG:
                    self.hanging.set()
                    self.release.wait()
                else:
                    yield _chunk(item)
        finally:
            self.closed.set()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = "".join(str(chunk.message.content) for chunk in self._stream(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


def _chunk(item: Any) -> ChatGenerationChunk:
    if isinstance(item, BaseException) or (isinstance(item, type) and issubclass(item, BaseException)):
        raise item
    if isinstance(item, AIMessageChunk):
        return ChatGenerationChunk(message=item)
    return ChatGenerationChunk(message=AIMessageChunk(content=item))
