"""The WebSocket at `api/ai/completion/inline`: the completion service answers."""

from __future__ import annotations

import json
from contextlib import aclosing, suppress
from importlib import import_module
from typing import TYPE_CHECKING

from jupyter_ai.completions.handlers.base import BaseInlineCompletionHandler
from jupyter_ai.errors import EngineUnavailable
from jupyter_ai.keys.redaction import redact_json
from jupyter_ai.server.base import host_of
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.completions.handlers.frames import EventRequest
    from jupyter_ai.completions.models import InlineCompletionRequest
    from jupyter_ai.completions.service import CompletionService

__all__ = ["DefaultInlineCompletionHandler"]


class DefaultInlineCompletionHandler(BaseInlineCompletionHandler):
    """Answers from all providers of the server."""

    service: CompletionService
    _last_status = ""  # that was sent

    async def prepare_service(self) -> None:
        """Wait for the engine, which imports much of what is needed; a chat that failed costs nothing."""
        await super().prepare_service()
        with suppress(EngineUnavailable):
            await host_of(self).ready()
        await run_in_thread(import_module, "jupyter_ai.completions.service")
        self.service = host_of(self).completions
        await self.service.providers.ready()

    def open(self, *args: str, **kwargs: str) -> None:
        """Take requests; a client that asked for it is told the status, now and when it changes."""
        super().open(*args, **kwargs)
        if self.get_query_argument("status", "") == "1":
            self._told = self.service.follow(self._tell_status)
            self._tell_status()

    def on_close(self) -> None:
        """Withdraw what was asked for, and forget the documents."""
        super().on_close()
        self.service.leave(self.caller)

    async def handle_request(self, request: InlineCompletionRequest) -> None:
        """Answer as a whole."""
        self.reply(await self.service.complete(request, self.caller))

    async def handle_stream_request(self, request: InlineCompletionRequest) -> None:
        """Answer, then send suggestions as they grow, as fast as the client takes them."""
        async with aclosing(self.service.stream(request, self.caller)) as parts:
            async for part in parts:
                self.reply(part)
                await self.drain()

    def on_event(self, frame: EventRequest) -> None:
        """Have it counted."""
        self.service.note(frame.as_event(), self.caller)

    def _tell_status(self) -> None:
        status = redact_json(json.dumps({"type": "status", **self.service.status()}))
        if status != self._last_status:
            self._last_status = status
            self.send_text(status)
