"""Providers of inline completions that do what a test says, and a service to ask them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from jupyter_ai.completions import BaseInlineCompletionProvider, ProviderOptions
from jupyter_ai.completions.caller import Caller
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai.completions.providers import InlineProviders
from jupyter_ai.completions.service import CompletionService

LOG = logging.getLogger("test.completions")
ME = Caller("client", "me")

Part = InlineCompletionReply | InlineCompletionStreamChunk


def ask(prefix: str = "x = ", number: int = 1, **fields: Any) -> InlineCompletionRequest:
    given: dict[str, Any] = {"suffix": "", "stream": False, "path": "a.py", "language": "python", **fields}
    return InlineCompletionRequest(number=number, prefix=prefix, mime="text/x-python", **given)


def reply(*texts: str, number: int = 1, **fields: Any) -> InlineCompletionReply:
    items = [InlineCompletionItem(insertText=text, **fields) for text in texts]
    return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=number)


def begun(*tokens: str) -> InlineCompletionReply:
    """A reply of empty suggestions that are to grow."""
    items = [InlineCompletionItem(insertText="", isIncomplete=True, token=token) for token in tokens]
    return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=1)


def chunk(text: str, token: str = "t", *, done: bool = False) -> InlineCompletionStreamChunk:
    item = InlineCompletionItem(insertText=text, token=token)
    return InlineCompletionStreamChunk(response=item, reply_to=1, done=done)


class Scripted(BaseInlineCompletionProvider):
    """Answers each request with what `answer` returns or raises for it, after `seconds`."""

    id = "scripted"
    name = "Scripted"

    def __init__(
        self,
        answer: Callable[[InlineCompletionRequest], Any] = lambda request: reply("1"),
        *,
        id: str = "scripted",
        seconds: float = 0.0,
    ) -> None:
        self.id = id  # type: ignore[misc]  # each instance is another provider
        self.name = id.title()  # type: ignore[misc]
        self.answer = answer
        self.seconds = seconds
        self.requests: list[InlineCompletionRequest] = []
        self.running = 0
        self.most = 0  # that ran at once
        self.cancelled = 0

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        self.requests.append(request)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self.seconds:
                await asyncio.sleep(self.seconds)
            answered: InlineCompletionReply = self.answer(request)
            return answered
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1

    @property
    def prefixes(self) -> list[str]:
        return [request.prefix for request in self.requests]


class Streaming(BaseInlineCompletionProvider):
    """Yields what a test puts into `parts`; None ends the stream."""

    id = "streaming"
    name = "Streaming"

    def __init__(self, *parts: Part | None, id: str = "streaming") -> None:
        self.id = id  # type: ignore[misc]
        self.name = id.title()  # type: ignore[misc]
        self.parts: asyncio.Queue[Any] = asyncio.Queue()
        self.requests: list[InlineCompletionRequest] = []
        self.closed = 0
        self.put(*parts)

    def put(self, *parts: Part | None) -> None:
        for part in parts:
            self.parts.put_nowait(part)

    async def stream_inline_completions(self, request: InlineCompletionRequest) -> AsyncIterator[Part]:
        self.requests.append(request)
        try:
            while (part := await self.parts.get()) is not None:
                yield part
        finally:
            self.closed += 1


def serving(
    *providers: BaseInlineCompletionProvider | tuple[BaseInlineCompletionProvider, ProviderOptions],
    **options: Any,
) -> CompletionService:
    """A service of these providers."""
    service = CompletionService(InlineProviders(log=LOG), log=LOG, **options)
    for each in providers:
        provider, own = each if isinstance(each, tuple) else (each, ProviderOptions())
        service.register(provider, own)
    return service


async def texts(
    service: CompletionService, request: InlineCompletionRequest, caller: Caller = ME
) -> list[str]:
    """What is suggested, as a whole."""
    return [item.insertText for item in (await service.complete(request, caller)).list.items]


async def all_parts(
    service: CompletionService, request: InlineCompletionRequest, caller: Caller = ME
) -> list[Part]:
    """Everything that a request is answered."""
    async with aclosing(service.stream(request, caller)) as parts:
        return [part async for part in parts]


def shown(parts: list[Part]) -> list[Any]:
    """The texts of a reply, and the text of each chunk, with a mark at the end of a suggestion."""
    told: list[Any] = []
    for part in parts:
        if isinstance(part, InlineCompletionReply):
            told.append([item.insertText for item in part.list.items])
        else:
            told.append(part.response.insertText + ("." if part.done else ""))
    return told
