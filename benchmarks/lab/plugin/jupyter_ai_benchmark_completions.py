"""Providers of inline completions for the benchmarks, each for the documents of one folder."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import ClassVar

from jupyter_ai.completions import BaseInlineCompletionProvider, ProviderOptions
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)

__all__ = ["Failing", "Hanging", "Instant", "Long", "Third"]

_OURS = ("model", "document-words")
_NUMBERS = itertools.count()
_LINE = "value_{0:04} = compute(row, {0:04})\n"


def _reply(request: InlineCompletionRequest, *texts: str) -> InlineCompletionReply:
    items = [InlineCompletionItem(insertText=text) for text in texts]
    return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=request.number)


class Instant(BaseInlineCompletionProvider):
    """Answers at once, each time something else."""

    id = "benchmark-instant"
    name = "Instant"
    options = ProviderOptions(pattern="instant/**", excludes=_OURS)

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        return _reply(request, f"compute({next(_NUMBERS):08})")


class Long(BaseInlineCompletionProvider):
    """Streams 24 kB in 5,000 chunks, without a pause."""

    id = "benchmark-long"
    name = "Long"
    options = ProviderOptions(pattern="long/**", excludes=_OURS)
    text: ClassVar[str] = "".join(map(_LINE.format, range(1000)))[:24_000]

    async def stream_inline_completions(
        self, request: InlineCompletionRequest
    ) -> AsyncIterator[InlineCompletionReply | InlineCompletionStreamChunk]:
        begun = InlineCompletionItem(insertText="", isIncomplete=True, token="t")
        yield InlineCompletionReply(list=InlineCompletionList(items=[begun]), reply_to=request.number)
        for count in range(1, 5001):
            item = InlineCompletionItem(insertText=self.text[: 24 * count // 5], token="t")
            yield InlineCompletionStreamChunk(response=item, reply_to=request.number, done=count == 5000)


class Hanging(BaseInlineCompletionProvider):
    """Never answers."""

    id = "benchmark-hanging"
    name = "Hanging"
    options = ProviderOptions(pattern="three/**", excludes=_OURS, deadline_ms=60_000)

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        await asyncio.Event().wait()
        raise AssertionError


class Failing(BaseInlineCompletionProvider):
    """Raises."""

    id = "benchmark-failing"
    name = "Failing"
    options = ProviderOptions(pattern="three/**")

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        raise RuntimeError("as it should")


class Third(BaseInlineCompletionProvider):
    """Takes 30 ms, beside those two and alone."""

    id = "benchmark-third"
    name = "Third"
    options = ProviderOptions(pattern=("three/**", "alone/**"), excludes=_OURS)

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        await asyncio.sleep(0.030)
        return _reply(request, f"compute({next(_NUMBERS):08})")
