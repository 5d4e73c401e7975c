"""Asks an endpoint of the form `/v1/completions` for what belongs between a prefix and a suffix."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, ClassVar
from uuid import uuid4

from jupyter_ai.completions.base import BaseInlineCompletionProvider
from jupyter_ai.completions.cooldown import Cooldown, too_often
from jupyter_ai.completions.fetch import CompletionsFetcher, FetchResponse
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai.config.completions import ENDPOINT, ENDPOINT_KEY, SERVERS_CHOICE
from jupyter_ai.errors import FetchMalformed
from jupyter_ai_magics.completion_utils import token_from_request

__all__ = ["FillInMiddle"]

_MOST_BEFORE = 8000  # characters of the prefix that are sent
_MOST_AFTER = 2000


class FillInMiddle(BaseInlineCompletionProvider):
    """A provider for endpoints that take a `prompt` and a `suffix`.

    By itself it asks `AiExtension.completions_base_url` and lets it choose the model. A package that brings
    another endpoint subclasses it: `url` and `key` say where it is, `get_params` what is asked. Where that is
    asked too often it is left alone as it says: then `CompletionUnavailable` is raised, and nothing sent.
    """

    id: ClassVar[str] = "fill-in-middle"
    name: ClassVar[str] = "Fill in the middle"

    def __init__(
        self, *, model: str | None = None, fetcher: CompletionsFetcher | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        settings = self.config_manager.completions
        self.model = model  # as the endpoint names it; None: it chooses
        self._cooldown = Cooldown()
        self._own_fetcher = fetcher is None
        self.fetcher = fetcher or CompletionsFetcher(
            network=self.config_manager.network, headers=settings.headers, log=self.log
        )

    @property
    def url(self) -> str:
        """The address that is posted to; "" where there is none, and nothing is suggested then."""
        base = self.config_manager.completions.base_url
        return f"{base.rstrip('/')}/completions" if base else ""

    @property
    def key(self) -> str:
        """What is sent as a bearer token; "" for none."""
        return self.config_manager.keys.get(ENDPOINT_KEY) or ""

    def get_params(self, request: InlineCompletionRequest) -> dict[str, Any]:
        """The body of a request, `stream` left out; without a `model` the endpoint chooses one."""
        gid = SERVERS_CHOICE if self.model is None else f"{ENDPOINT}:{self.model}"
        named = {} if self.model is None else {"model": self.model}
        return {
            **named,
            "prompt": _end_of(request.prefix),
            "suffix": request.suffix[:_MOST_AFTER],
            "max_tokens": 256,
            "temperature": 0,
            **self.config_manager.choices.model_parameters.get(gid, {}),
        }

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        """A suggestion for each choice of the answer. Raises a `FetchFailure`; cancelling closes it."""
        items = []
        if self.url:
            self._raise_if_asked_too_often()
            async with await self._fetch(request, {}) as response:
                items = [InlineCompletionItem(insertText=text) for text in _texts(await response.json())]
        return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=request.number)

    async def stream_inline_completions(
        self, request: InlineCompletionRequest
    ) -> AsyncIterator[InlineCompletionReply | InlineCompletionStreamChunk]:
        """One suggestion as it grows. Raises a `FetchFailure`; closing it closes the connection."""
        if not self.url:
            yield InlineCompletionReply(list=InlineCompletionList(items=[]), reply_to=request.number)
            return
        self._raise_if_asked_too_often()
        token = token_from_request(request, 0)
        begun = InlineCompletionItem(insertText="", isIncomplete=True, token=token)
        yield InlineCompletionReply(list=InlineCompletionList(items=[begun]), reply_to=request.number)
        suggestion = ""
        async with aclosing(self._pieces(request)) as pieces:
            async for piece in pieces:
                suggestion += piece
                yield _chunk(request, token, suggestion, done=False)
        yield _chunk(request, token, suggestion, done=True)

    async def aclose(self) -> None:
        """Close the connections that are kept, unless the fetcher is somebody else's."""
        if self._own_fetcher:
            await self.fetcher.aclose()

    async def _pieces(self, request: InlineCompletionRequest) -> AsyncGenerator[str, None]:
        async with (
            await self._fetch(request, {"stream": True}) as response,
            aclosing(response.events()) as events,
        ):
            async for event in events:
                for piece in _texts(event)[:1]:
                    if piece:
                        yield piece

    def _raise_if_asked_too_often(self) -> None:
        if left := self._cooldown.left(self.id):
            raise too_often(self.name, left)

    async def _fetch(self, request: InlineCompletionRequest, more: dict[str, Any]) -> FetchResponse:
        params, asked = {**self.get_params(request), **more}, time.monotonic()
        try:
            response = await self.fetcher.fetch(self.url, self.key, params, uuid4().hex, None)
        # A deployment's fetcher may raise what a client library does.
        except Exception as error:
            self._cooldown.failed(self.id, error, asked)
            raise
        self._cooldown.answered(self.id, asked)
        return response


def _end_of(prefix: str) -> str:
    """The last lines of a text, as many as are sent."""
    if len(prefix) <= _MOST_BEFORE:
        return prefix
    end = prefix[-_MOST_BEFORE:]
    return end.partition("\n")[2] or end


def _texts(answer: Any) -> list[str]:
    """The texts of an answer's choices; the last chunk of a stream may have none."""
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        raise FetchMalformed("The completions endpoint answered something that has no choices.")
    return [text for choice in choices if isinstance(text := choice.get("text"), str)]


def _chunk(
    request: InlineCompletionRequest, token: str, suggestion: str, *, done: bool
) -> InlineCompletionStreamChunk:
    item = InlineCompletionItem(insertText=suggestion, isIncomplete=not done, token=token)
    return InlineCompletionStreamChunk(response=item, reply_to=request.number, done=done)
