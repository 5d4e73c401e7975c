"""Completes a line from what stands in the same document: no model, no key, no network."""

from __future__ import annotations

from typing import Any, ClassVar

from jupyter_ai.completions.base import BaseInlineCompletionProvider
from jupyter_ai.completions.cursor import Cursor
from jupyter_ai.completions.live_document import LiveDocuments
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
)
from jupyter_ai.completions.options import ProviderOptions
from jupyter_ai.completions.recurring import Text, continuation

__all__ = ["DocumentWords"]

_REACH = 100_000  # characters on each side of the cursor
_CELLS = 10_000  # characters of other cells on each side


class DocumentWords(BaseInlineCompletionProvider):
    """What a fresh installation suggests: how lines went on that were begun like this one.

    Only where the document, or a cell nearby, leaves little doubt; and never where a model has a suggestion.
    """

    id: ClassVar[str] = "document-words"
    name: ClassVar[str] = "This document"
    options: ClassVar[ProviderOptions] = ProviderOptions(debounce_ms=0, yield_to=("model",), priority=-10)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._documents = LiveDocuments.of(self.server_settings, self.root_dir)

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        """One suggestion for the rest of the line, or none."""
        found = await self._continuation(request)
        items = [InlineCompletionItem(insertText=found)] if found else []
        return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=request.number)

    async def aclose(self) -> None:
        """Wait no longer for files that are being read."""
        await self._documents.aclose()

    async def _continuation(self, request: InlineCompletionRequest) -> str:
        cursor = Cursor.of(request)
        if not cursor.in_code or not cursor.before.strip() or cursor.has_code_behind:
            return ""
        cells = await self._documents.around(request, _CELLS)
        end = len(request.prefix) - len(cursor.before)
        texts = [
            Text(request.prefix, max(0, end - _REACH), end),
            Text(request.suffix, len(cursor.after), _REACH),
            *map(Text, reversed(cells.before)),
            *map(Text, cells.after),
        ]
        return continuation(cursor.before, texts)
