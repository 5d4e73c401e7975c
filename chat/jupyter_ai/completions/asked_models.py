"""Asks one completion model: in its turn, measured, and left alone for a while where it says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

from jupyter_ai.completions.cooldown import Cooldown
from jupyter_ai.completions.instances import ModelInstances
from jupyter_ai.completions.measures import Attempt, Measures
from jupyter_ai.completions.models import (
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai.config.completions import SERVERS_CHOICE
from jupyter_ai.errors import FetchMisconfigured, FetchRefused
from jupyter_ai_magics.failures import as_exception, summarize
from jupyter_ai_magics.threads import raise_if_cancelled

__all__ = ["AskedModels", "Part"]

Part = InlineCompletionReply | InlineCompletionStreamChunk

_UNNAMED = "No model is named to it: AiExtension.completions_endpoint_models would name one."


class AskedModels:
    """The models that may be asked, by their global ids; belongs to one event loop."""

    def __init__(self, instances: ModelInstances, log: logging.Logger | logging.LoggerAdapter[Any]) -> None:
        self.paused: Callable[[str, float], None] = lambda gid, seconds: None  # is told of each pause
        self.refusals: dict[str, str] = {}  # why models do not answer: what endpoints said last
        self.measures = Measures()
        self.cooldown = Cooldown()
        self._instances = instances
        self._log = log
        self._turns: dict[str, asyncio.Lock] = {}  # of models that answer one request at a time

    async def reply(
        self, gid: str, request: InlineCompletionRequest, seconds: float | None
    ) -> InlineCompletionReply:
        """The whole answer, within that time. Raises what the model raises, always an `Exception`."""
        with self.measures.attempt(gid) as attempt:
            try:
                async with asyncio.timeout(seconds):
                    model = await self._instances.get(gid)
                    async with self._turn(gid, model, attempt):
                        reply = await model.generate_inline_completions(request)
            # A provider's code, and that of the packages below it.
            except (Exception, SystemExit) as error:  # noqa: BLE001
                self._failed(gid, error, attempt)
                raise as_exception(error) from error.__cause__
            self._answered(gid, attempt)
            return _named(reply, gid)

    async def parts(
        self, gid: str, request: InlineCompletionRequest, seconds: float | None
    ) -> AsyncGenerator[Part, None]:
        """The parts of a stream, none of them before there are words in one, within that time; likewise.

        Closing it closes the model's stream.
        """
        with self.measures.attempt(gid) as attempt:
            try:
                async with aclosing(self._streamed(gid, request, seconds, attempt)) as parts:
                    async for part in parts:
                        yield _of_model(part, gid)
            # Likewise.
            except (Exception, SystemExit) as error:  # noqa: BLE001
                self._failed(gid, error, attempt)
                raise as_exception(error) from error.__cause__

    async def _streamed(
        self, gid: str, request: InlineCompletionRequest, seconds: float | None, attempt: Attempt
    ) -> AsyncGenerator[Part, None]:
        async with asyncio.timeout(seconds):
            model = await self._instances.get(gid)
        async with (
            self._turn(gid, model, attempt),
            aclosing(model.stream_inline_completions(request)) as parts,
        ):
            async with asyncio.timeout(seconds):
                begun = await _begun(parts)
            self._answered(gid, attempt)
            for part in begun:
                yield part
            async for part in parts:
                raise_if_cancelled()
                yield part

    @asynccontextmanager
    async def _turn(self, gid: str, model: Any, attempt: Attempt) -> AsyncIterator[None]:
        """Within, no other request is at a model that answers one at a time."""
        if getattr(model, "allows_concurrency", True):
            yield
            return
        turn = self._turns.setdefault(gid, asyncio.Lock())
        with attempt.waiting():
            await turn.acquire()
        try:
            yield
        finally:
            turn.release()

    def _answered(self, gid: str, attempt: Attempt) -> None:
        attempt.answered()
        self.refusals.pop(gid, None)
        self.cooldown.answered(gid, attempt.begun)

    def _failed(self, gid: str, error: BaseException, attempt: Attempt) -> None:
        attempt.failed()
        if told := _told(gid, error):
            self.refusals[gid] = told
        if self.cooldown.failed(gid, error, attempt.begun):
            left = self.cooldown.left(gid)
            self._log.info("%s completes no code for %.0f s: %s", gid, left, summarize(error))
            self.paused(gid, left)


def _told(gid: str, error: BaseException) -> str:
    """What everybody may know of a failure: the words of an endpoint, or which setting is wrong."""
    if isinstance(error, FetchMisconfigured):
        return str(error)
    if not (isinstance(error, FetchRefused) and error.words):
        return ""
    words = f"{str(error).rstrip('.')}: {error.words}"
    return f"{words} {_UNNAMED}" if gid == SERVERS_CHOICE else words


async def _begun(parts: AsyncIterator[Part]) -> list[Part]:
    """The parts up to the first that has words, or to the end."""
    found: list[Part] = []
    async for part in parts:
        raise_if_cancelled()
        found.append(part)
        if not _is_empty(part):
            break
    return found


def _is_empty(part: Part) -> bool:
    """Whether it only announces that words will come."""
    items = part.list.items if isinstance(part, InlineCompletionReply) else [part.response]
    return bool(items) and all(item.isIncomplete and not item.insertText for item in items)


def _of_model(part: Part, gid: str) -> Part:
    """The part, with the model's id at its items."""
    if isinstance(part, InlineCompletionReply):
        return _named(part, gid)
    return part.model_copy(update={"response": part.response.model_copy(update={"model": gid})})


def _named(reply: InlineCompletionReply, gid: str) -> InlineCompletionReply:
    items = [item.model_copy(update={"model": gid}) for item in reply.list.items]
    return reply.model_copy(update={"list": reply.list.model_copy(update={"items": items})})
