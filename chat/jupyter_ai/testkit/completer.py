"""What an editor would show of a completion provider's suggestions: the real service, without a server."""

from __future__ import annotations

import logging
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, Protocol

from jupyter_ai.completions.base import BaseInlineCompletionProvider
from jupyter_ai.completions.caller import Caller
from jupyter_ai.completions.context import ContextBuilder
from jupyter_ai.completions.filters import filtered
from jupyter_ai.completions.models import InlineCompletionReply, InlineCompletionRequest
from jupyter_ai.completions.providers import InlineProviders
from jupyter_ai.completions.service import CompletionService
from jupyter_ai_magics.base_provider import BaseProvider

__all__ = ["Completer", "MakeCompleter"]

_LOG = logging.getLogger(__name__)


class MakeCompleter(Protocol):
    """The type of the fixture `make_completer`."""

    def __call__(
        self, *providers: type[BaseInlineCompletionProvider] | BaseProvider, **arguments: Any
    ) -> Completer: ...


class Completer:
    """Asks providers of inline completions as an editor does.

    `providers` are classes of `BaseInlineCompletionProvider`, or instances of model providers. Notebooks and
    files are read below `root_dir`; `server_settings` is what the providers see of the server's.
    """

    def __init__(
        self,
        *providers: type[BaseInlineCompletionProvider] | BaseProvider,
        root_dir: str,
        server_settings: dict[str, Any] | None = None,
    ) -> None:
        self._root_dir = root_dir
        self._settings = MappingProxyType(server_settings or {})
        self._service = CompletionService(
            InlineProviders(log=_LOG),
            log=_LOG,
            filter=filtered,
            context=ContextBuilder(root_dir, self._settings, _LOG),
        )
        for each in providers:
            self._service.register(self._made(each) if isinstance(each, type) else each)
        self._number = 0

    async def suggest(self, prefix: str, suffix: str = "", **fields: Any) -> list[str]:
        """What is shown at the end of `prefix`, the best first, when all suggestions have come to their end.

        `fields` are those of `InlineCompletionRequest`; unless given, the request is for Python and does not
        stream. Raises AssertionError with the traceback of a provider that failed, if no other has a
        suggestion. Cancelling withdraws the request.
        """
        self._number += 1
        given = {"mime": "text/x-python", "language": "python", "stream": False, **fields}
        request = InlineCompletionRequest(number=self._number, prefix=prefix, suffix=suffix, **given)
        texts: dict[str | None, str] = {}
        async with aclosing(self._service.stream(request, Caller("test", ""))) as parts:
            async for part in parts:
                if part.error is not None:
                    raise AssertionError(f"{part.error.title}\n{part.error.traceback}")
                for item in part.list.items if isinstance(part, InlineCompletionReply) else [part.response]:
                    texts[item.id] = item.insertText
        return [text for text in texts.values() if text]

    async def aclose(self) -> None:
        """Close the providers, as a server does that stops."""
        await self._service.aclose()

    def _made(self, cls: type[BaseInlineCompletionProvider]) -> BaseInlineCompletionProvider:
        config: Any = None  # a test has no settings
        return cls(log=_LOG, config_manager=config, root_dir=self._root_dir, server_settings=self._settings)
