"""What the author of an inline completion provider subclasses, where it is no language model."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai.completions.options import ProviderOptions

if TYPE_CHECKING:
    from jupyter_ai.config_manager import ConfigManager

__all__ = ["BaseInlineCompletionProvider"]


class BaseInlineCompletionProvider:
    """Suggests text at the cursor: a snippet engine, a search in the project, another company's endpoint.

    Registered under the entry point group `jupyter_ai.inline_completion_providers`, or at run time with
    `CompletionService.register`. Subclasses set `id` and `name` and define `generate_inline_completions`,
    `stream_inline_completions` or both; a language model is a `BaseProvider`, which has the same methods.
    One instance serves all documents of a server, several requests at once.
    """

    id: ClassVar[str]
    """Unique on a server."""

    name: ClassVar[str]
    """For people."""

    options: ClassVar[ProviderOptions] = ProviderOptions()
    """Which documents it completes."""

    def __init__(
        self,
        *,
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
        config_manager: ConfigManager,
        root_dir: str,
        server_settings: Mapping[str, Any],
    ) -> None:
        self.log = log
        self.config_manager = config_manager
        self.root_dir = root_dir  # absolute; paths of requests are below it
        self.server_settings = server_settings  # the web application's

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        """Suggestions, the best first; none where there is nothing to suggest.

        Cancelled when a newer request of the same document makes it needless, or past the deadline. What it
        raises is told in the status item; it hurts no other provider. Unless overridden, what
        `stream_inline_completions` ends with.
        """
        items: list[InlineCompletionItem] = []
        ends: dict[str | None, InlineCompletionItem] = {}
        async for part in self.stream_inline_completions(request):
            if isinstance(part, InlineCompletionReply):
                items = list(part.list.items)
            else:
                ends[part.response.token] = part.response
        final = [ends.get(item.token, item) if item.token else item for item in items]
        whole = [item.model_copy(update={"isIncomplete": None, "token": None}) for item in final]
        return InlineCompletionReply(list=InlineCompletionList(items=whole), reply_to=request.number)

    async def stream_inline_completions(
        self, request: InlineCompletionRequest
    ) -> AsyncIterator[InlineCompletionReply | InlineCompletionStreamChunk]:
        """The suggestions as they grow: first a reply, then chunks, each with the whole text so far.

        An item that is to grow has `isIncomplete` and a `token` unique to it; its last chunk has `done`.
        Closed when it is no longer needed. Unless overridden, the reply of `generate_inline_completions`.
        """
        yield await self.generate_inline_completions(request)

    async def aclose(self) -> None:
        """Give back what it holds; called when the server stops or the provider is replaced."""
