"""Answers requests for completions: from what is known, or from all providers that match, at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)

if TYPE_CHECKING:
    from jupyter_ai.completions.caller import Caller
    from jupyter_ai.completions.listeners import CompletionListener, ItemEvent
    from jupyter_ai.completions.options import ProviderOptions
    from jupyter_ai.completions.providers import InlineProviders, Provider, ServedProvider

__all__ = ["CompletionService"]

Part = InlineCompletionReply | InlineCompletionStreamChunk
Filter = Callable[[str, InlineCompletionRequest], str]


class CompletionService:
    """The completions of a server. All methods belong to its event loop's thread."""

    def __init__(
        self,
        providers: InlineProviders,
        *,
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
        listeners: Sequence[CompletionListener] = (),
    ) -> None:
        self.providers = providers
        self._log = log
        self._listeners = listeners

    async def complete(self, request: InlineCompletionRequest, caller: Caller) -> InlineCompletionReply:
        """The whole answer. Cancelling withdraws the request; may be called concurrently."""
        await self.providers.ready()
        asked = self.providers.matching(request)
        answers = await asyncio.gather(*(self._ask(served, request) for served in asked))
        items = [item for answer in answers for item in answer]
        return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=request.number)

    async def stream(self, request: InlineCompletionRequest, caller: Caller) -> AsyncGenerator[Part, None]:
        """The reply, then its suggestions as they grow. Closing it withdraws the request."""
        yield await self.complete(request, caller)

    def register(self, provider: Provider, options: ProviderOptions | None = None) -> Callable[[], None]:
        """Have a provider asked from now on; returns what undoes it. Raises ValueError for an id in use."""
        return self.providers.register(provider, options)

    def reset(self, reason: str) -> None:
        """Forget what was suggested, and cancel what is in flight."""

    def note(self, event: ItemEvent, caller: Caller) -> None:
        """Take what a client tells of a suggestion."""

    def status(self) -> dict[str, Any]:
        """As `GET api/ai/completion/status` tells it."""
        return {"providers": self.providers.states()}

    def observe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` whenever the status is another; returns what undoes it."""
        return lambda: None

    async def aclose(self) -> None:
        """Cancel what is in flight and close the providers."""
        await self.providers.aclose()

    async def _ask(
        self, served: ServedProvider, request: InlineCompletionRequest
    ) -> list[InlineCompletionItem]:
        assert served.provider is not None
        try:
            reply = await served.provider.generate_inline_completions(request)
        # Whatever a provider raises must cost nobody else.
        except Exception as e:  # noqa: BLE001
            served.fail(e)
            return []
        return reply.list.items
