"""What the providers that speak a real API have in common: keys, errors, bodies and streams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response, StreamingResponse

from mockllm.config import Reply
from mockllm.journal import current_entry
from mockllm.provider_utils import play, thinking
from mockllm.providers.base import LLMProvider, Refusal
from mockllm.responder import NoMatch
from mockllm.values.schema_values import prepare
from mockllm.wire.answer import Answer, Ask, answer_to
from mockllm.wire.checks import BadRequest, Request
from mockllm.wire.frames import Step, new_id, to_json

__all__ = ["INVALID_KEY", "ApiProvider", "Talk"]

INVALID_KEY = "invalid"
"""The one API key that is refused, with 401; any other is accepted, and so is none."""

_KEY_HEADERS = ("authorization", "api-key", "x-api-key")


@dataclass(frozen=True)
class Talk:
    """How one endpoint reads a request and writes the answers, as one body or as the frames of a stream.

    `read` gives what is asked for; only text completions ask several things at once.
    """

    read: Callable[[Request], list[Ask]]
    body: Callable[[list[Answer], Request], dict[str, Any]]
    steps: Callable[[list[Answer], Request], Iterator[Step]]
    malformed: bytes

    @classmethod
    def single(
        cls,
        read: Callable[[Request], Ask],
        body: Callable[[Answer, Request], dict[str, Any]],
        steps: Callable[[Answer, Request], Iterator[Step]],
        malformed: bytes,
    ) -> Talk:
        """An endpoint whose requests ask one thing."""
        return cls(
            lambda request: [read(request)],
            lambda answers, request: body(answers[0], request),
            lambda answers, request: steps(answers[0], request),
            malformed,
        )


class ApiProvider(LLMProvider):
    """Answers, and refuses, as the API does."""

    stream_type: ClassVar[str] = "text/event-stream"
    request_id_header: ClassVar[str] = "x-request-id"

    async def talk(self, request: Request, http: HTTPRequest, talk: Talk) -> Response:
        """Answer in words; the delays and faults are those of the rule that answers what is asked first."""
        try:
            self._check_key(http)
            asks = talk.read(request)
            if any(ask.needs_schemas for ask in asks):
                await asyncio.to_thread(prepare)
            answers = [self._answer_to(ask) for ask in asks]
        except (BadRequest, NoMatch, PermissionError, Refusal) as error:
            return self._failed(error)
        reply = answers[0].reply
        if asks[0].stream:
            return self._stream(talk.steps(answers, request), reply, talk.malformed)
        await thinking(reply)
        return self.json(talk.body(answers, request))

    def tell(self, http: HTTPRequest, body: Callable[[], dict[str, Any]]) -> Response:
        """Answer with what `body` returns, whatever the rules say."""
        try:
            self._check_key(http)
            return self.json(body())
        except (BadRequest, PermissionError) as error:
            return self._failed(error)

    def json(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """A response in ASCII, which also holds what is not valid Unicode."""
        return Response(to_json(body), status, {**self._headers(), **(headers or {})}, "application/json")

    def error_details(self, status: int, message: str, param: str | None) -> dict[str, Any]:
        """The body that the API gives to an error; `param` is the parameter that is wrong, if one is."""
        raise NotImplementedError

    def error_body(self, status: int, message: str) -> dict[str, Any]:
        return self.error_details(status, message, None)

    def _answer_to(self, ask: Ask) -> Answer:
        reply = self.respond(ask.conversation.prompt(ask.model))
        if reply.faults.status is not None:
            raise Refusal(reply)
        return answer_to(ask, reply)

    def _failed(self, error: Exception) -> Response:
        if isinstance(error, Refusal):
            return self.json(self.error_body(error.status, str(error)), error.status, error.headers)
        status = 404 if isinstance(error, NoMatch) else 401 if isinstance(error, PermissionError) else 400
        param = error.param if isinstance(error, BadRequest) else None
        return self.json(self.error_details(status, str(error), param), status)

    def _stream(self, steps: Iterable[Step], reply: Reply, malformed: bytes) -> StreamingResponse:
        if entry := current_entry.get():
            entry.tokens = 0  # they are counted as they are sent
        frames = play(steps, reply, malformed)
        return StreamingResponse(frames, headers=self._headers(), media_type=self.stream_type)

    def _headers(self) -> dict[str, str]:
        return {self.request_id_header: new_id("req_")}

    def _check_key(self, http: HTTPRequest) -> None:
        for name in _KEY_HEADERS:
            if http.headers.get(name, "").removeprefix("Bearer ").strip() == INVALID_KEY:
                raise PermissionError(
                    "The API key is not valid. (This server refuses the key `invalid` only.)"
                )
