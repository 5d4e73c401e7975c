"""What a provider of the mock server derives from."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import asdict
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from mockllm.config import Prompt, Reply
from mockllm.journal import current_entry
from mockllm.provider_utils import play, prompt_of, thinking
from mockllm.tokens import count_tokens, split_tokens
from mockllm.values.embeddings import embed

if TYPE_CHECKING:
    from mockllm.registry import ProviderInfo
    from mockllm.responder import Responder

__all__ = ["LLMProvider", "ProviderContext", "Refusal", "ResponderSource", "current_request"]

_DIMENSIONS = 768

current_request: ContextVar[Mapping[str, Any]] = ContextVar("current_request", default=MappingProxyType({}))
"""The JSON object that is being answered."""


class ResponderSource(Protocol):
    """Whoever knows the present answers, such as `mockllm.live.LiveResponses`."""

    @property
    def current(self) -> Responder: ...


class Refusal(Exception):
    """A rule has the request refused; the server answers with the status and Retry-After."""

    def __init__(self, reply: Reply) -> None:
        self.status = reply.faults.status or 500
        self.retry_after = reply.faults.retry_after
        super().__init__(f"The mock server refuses this with status {self.status}, as `{reply.rule}` says.")

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}


class ProviderContext:
    """What a provider is made with: its name, and the responses file as it is at present."""

    def __init__(self, source: ResponderSource, name: str = "") -> None:
        self._source = source
        self.name = name

    @property
    def responder(self) -> Responder:
        return self._source.current

    @property
    def settings(self) -> dict[str, Any]:
        """`settings` of the responses file, such as lag_enabled and lag_factor."""
        return asdict(self.responder.responses.settings)

    @property
    def provider_config(self) -> dict[str, Any]:
        """`providers.<name>` of the responses file."""
        return dict(self.responder.responses.provider_config.get(self.name, {}))


class LLMProvider:
    """The endpoints of one API, registered with `register_provider`; no method has to be overridden.

    A server makes one instance, when the first request comes; another when `providers.<name>` of the
    responses file has changed. A handler gets the JSON that was sent, or the pydantic model or
    `fastapi.Request` with which its parameters are annotated. It returns JSON, a pydantic model, a response
    of FastAPI's, or `{"error": …, "status": n}`. When the client goes, the handler is cancelled and its
    stream closed.
    """

    name: str = ""
    info: ProviderInfo | None = None

    def __init__(self, config: ProviderContext) -> None:
        self.config = config
        self.name = config.name or self.name

    async def handle_chat_completion(self, request: Any) -> Any:
        """Answer `{response, model, provider}`, or such server-sent events if the request says `stream`."""
        return await self._answer(request)

    async def handle_completion(self, request: Any) -> Any:
        """The same as a chat completion."""
        return await self._answer(request)

    async def handle_embeddings(self, request: Any) -> Any:
        """A vector for each text of `input`, the same for the same text."""
        given = request.get("input", "")
        texts = [str(each) for each in given] if isinstance(given, list) else [str(given)]
        data = [
            {"object": "embedding", "index": index, "embedding": embed(text, _DIMENSIONS)}
            for index, text in enumerate(texts)
        ]
        used = sum(map(count_tokens, texts))
        usage = {"prompt_tokens": used, "total_tokens": used}
        return {"object": "list", "data": data, "model": self._model(request), "usage": usage}

    def get_supported_models(self) -> list[str]:
        """The names of its models; by default those that it was registered with."""
        return list(self.info.supported_models) if self.info else []

    def get_capabilities(self) -> dict[str, Any]:
        """What it can do; by default what it was registered with."""
        return dict(self.info.capabilities) if self.info else {}

    def validate_request(self, request: Any) -> str | None:
        """What is wrong with a request; None, the default: nothing. The handlers here ask it first."""
        return None

    def get_response_for_prompt(self, prompt: str) -> str:
        """The answer of the responses file, for the model, system message and turn of the present request.

        Raises `Refusal` where the file has the request refused, and `NoMatch` in strict mode.
        """
        reply = self.respond(prompt_of(current_request.get(), text=prompt))
        if reply.faults.status is not None:
            raise Refusal(reply)
        return reply.text

    def respond(self, prompt: Prompt) -> Reply:
        """The answer of the responses file with its faults, which the caller applies; noted in the journal.

        Raises `NoMatch` in strict mode.
        """
        entry = current_entry.get()
        if entry is not None:
            entry.note_prompt(prompt)
        reply = self.config.responder.reply(prompt)
        if entry is not None:
            entry.note_reply(reply)
        return reply

    def error_body(self, status: int, message: str) -> dict[str, Any]:
        """How this API words an error that the server answers for it: no JSON, an exception, a refusal."""
        return {"error": message, "status": status, "provider": self.name}

    def _generate_id(self) -> str:
        return uuid4().hex

    def _timestamp(self) -> int:
        """Seconds since the epoch."""
        return int(time.time())

    def _model(self, request: Mapping[str, Any]) -> str:
        return str(request.get("model") or next(iter(self.get_supported_models()), self.name))

    async def _answer(self, request: Mapping[str, Any]) -> Any:
        if error := self.validate_request(request):
            return {"error": error, "status": 400}
        reply = self.respond(prompt_of(request))
        if reply.faults.status is not None:
            raise Refusal(reply)
        if request.get("stream") is True:
            return self._event_stream(request, reply)
        await thinking(reply)
        return self._named(request, reply.text)

    def _event_stream(self, request: Mapping[str, Any], reply: Reply) -> Any:
        from starlette.responses import StreamingResponse

        return StreamingResponse(self._events(request, reply), media_type="text/event-stream")

    async def _events(self, request: Mapping[str, Any], reply: Reply) -> AsyncIterator[bytes]:
        from mockllm.wire.frames import event_frame

        steps = ((event_frame(self._named(request, token)), True) for token in split_tokens(reply.text))
        frames = play(chain(steps, [(b"data: [DONE]\n\n", False)]), reply, malformed=b"data: {\n\n")
        async with aclosing(frames):
            async for frame in frames:
                yield frame

    def _named(self, request: Mapping[str, Any], text: str) -> dict[str, Any]:
        return {"response": text, "model": self._model(request), "provider": self.name}
