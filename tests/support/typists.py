"""Somebody who types a file, with completions on, in time that passes by itself."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from virtual_time import virtual_time

from jupyter_ai.completions import BaseInlineCompletionProvider, ProviderOptions
from jupyter_ai.completions.caller import Caller
from jupyter_ai.completions.document_words import DocumentWords
from jupyter_ai.completions.filters import filtered
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai.completions.providers import InlineProviders
from jupyter_ai.completions.service import CompletionService

__all__ = ["MockModel", "Outcome", "document_words", "simulate"]

LOG = logging.getLogger("test.typists")
_LETTERS = 5  # of a word, as typists count
_SPREAD = 0.35  # of the times between two keys, which are log-normal
_KNOWN = 0.7  # of the lines the model knows how they go on; of others it believes to
_PAUSE = 0.02  # seconds between two pieces of a streamed suggestion

Part = InlineCompletionReply | InlineCompletionStreamChunk


@dataclass
class Outcome:
    """What it was like to type."""

    keys: int = 0
    shown: int = 0
    """Keystrokes with a suggestion on the screen before the next one."""

    right: int = 0
    """Those of them where it was what came next."""

    stale: int = 0
    """Texts that came for a request when a newer one had been sent."""

    unanswered: int = 0
    """Requests that did not get exactly one reply."""

    requests: int = 0
    """Requests that reached the model."""

    @property
    def per_key(self) -> float:
        """Requests at the model for each keystroke."""
        return self.requests / self.keys

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


class MockModel(BaseInlineCompletionProvider):
    """Streams the rest of the line, its first words after `latency` seconds; for some lines another's."""

    id = "model"
    name = "Mock"

    def __init__(self, source: str, latency: float = 0.3) -> None:
        self.source = source
        self.latency = latency
        self.requests = 0
        self.running = 0
        self.most = 0  # requests at once

    async def stream_inline_completions(self, request: InlineCompletionRequest) -> AsyncIterator[Part]:
        """The suggestion, piece by piece."""
        self.requests += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.latency)
            words = self._rest(request.prefix).split(" ")
            text, token = words[0], f"t{request.number}s0"
            item = InlineCompletionItem(insertText=text, isIncomplete=True, token=token)
            yield InlineCompletionReply(list=InlineCompletionList(items=[item]), reply_to=request.number)
            for word in words[1:]:
                await asyncio.sleep(_PAUSE)
                text += f" {word}"
                yield _chunk(text, token, request.number)
            yield _chunk(text, token, request.number, done=True)
        finally:
            self.running -= 1

    def _rest(self, prefix: str) -> str:
        line = self.source.count("\n", 0, len(prefix))
        if crc32(b"%d" % line) % 100 < 100 * _KNOWN:
            at = len(prefix)
        else:
            at = self.source.find("\n", crc32(b"%d!" % line) % max(1, len(self.source) - 80)) + 1
        return self.source[at:].partition("\n")[0]


def _chunk(text: str, token: str, number: int, *, done: bool = False) -> InlineCompletionStreamChunk:
    item = InlineCompletionItem(insertText=text, token=token)
    return InlineCompletionStreamChunk(response=item, reply_to=number, done=done)


def document_words() -> DocumentWords:
    """The provider of a fresh installation."""
    config: Any = None  # it looks at no settings
    return DocumentWords(log=LOG, config_manager=config, root_dir=".", server_settings={})


@dataclass
class _Screen:
    """What an editor has on its screen, and what reached it."""

    outcome: Outcome
    newest: int = 0
    suggestion: str = ""
    texts: dict[str | None, str] = field(default_factory=dict)  # of the newest request, by token

    def ask(self, number: int) -> None:
        """A key was pressed."""
        self.newest, self.suggestion, self.texts = number, "", {}

    def take(self, part: Part) -> None:
        """Something has come."""
        items = part.list.items if isinstance(part, InlineCompletionReply) else [part.response]
        text = next((item.insertText for item in items if item.insertText), "")
        if part.reply_to == self.newest:
            self.suggestion = text or self.suggestion
        elif text and not (isinstance(part, InlineCompletionStreamChunk) and part.done):
            self.outcome.stale += 1  # the end of a suggestion is told in any case, and shown nowhere


async def simulate(
    source: str,
    words_per_minute: float,
    providers: Sequence[BaseInlineCompletionProvider],
    *,
    start: int = 0,
    seed: int = 1,
) -> Outcome:
    """Type a source from `start` on; what is before it is there. Takes no time but the processor's."""
    service = CompletionService(InlineProviders(log=LOG), log=LOG, filter=filtered)
    for provider in providers:
        service.register(provider, provider.options if provider.id != "model" else ProviderOptions())
    outcome = Outcome()
    screen = _Screen(outcome)
    times = random.Random(seed)
    mean = 60 / (words_per_minute * _LETTERS)
    tasks: set[asyncio.Task[None]] = set()
    with virtual_time():
        for number, at in enumerate(range(start, len(source)), 1):
            prefix = source[: at + 1]
            screen.ask(number)
            task = asyncio.create_task(_ask(service, prefix, number, screen))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            await asyncio.sleep(mean * times.lognormvariate(-(_SPREAD**2) / 2, _SPREAD))
            outcome.keys += 1
            outcome.shown += bool(screen.suggestion)
            outcome.right += bool(screen.suggestion) and source.startswith(screen.suggestion, at + 1)
        await asyncio.gather(*tasks)
        await service.aclose()
    outcome.requests = sum(getattr(provider, "requests", 0) for provider in providers)
    return outcome


async def _ask(service: CompletionService, prefix: str, number: int, screen: _Screen) -> None:
    request = InlineCompletionRequest(
        number=number, prefix=prefix, suffix="", mime="", stream=True, path="a.py", language="python"
    )
    replies = 0
    async for part in service.stream(request, Caller("typist", "")):
        replies += isinstance(part, InlineCompletionReply)
        screen.take(part)
    screen.outcome.unanswered += replies != 1
