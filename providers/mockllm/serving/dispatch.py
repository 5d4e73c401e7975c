"""From a request to the method of the provider that answers it, and its response to the client."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mockllm.journal import Entry, Journal, current_entry
from mockllm.provider_utils import Cut
from mockllm.providers.base import Refusal, current_request
from mockllm.recording.recorder import Recorder, UpstreamError
from mockllm.responder import NoMatch, Unrecorded
from mockllm.serving.answers import Answers
from mockllm.serving.calls import BadRequest, call_handler, to_response
from mockllm.serving.disconnect import UntilDisconnect
from mockllm.serving.instances import Instances
from mockllm.serving.unknown import path_of
from mockllm.wording import sentence

if TYPE_CHECKING:
    from mockllm.config import Prompt
    from mockllm.registry import Match, ProviderRegistry

__all__ = ["Dispatcher"]

logger = logging.getLogger("mockllm")

_WITHOUT_BODY = ("GET", "DELETE")
_CHUNKS_AT_ONCE = 4  # of a stream that never waits, before others have their turn


class Dispatcher:
    """ASGI middleware: what the providers of a registry answer; the rest is left to the application."""

    def __init__(
        self,
        app: ASGIApp,
        registry: ProviderRegistry,
        instances: Instances,
        answers: Answers,
        journal: Journal,
        recorder: Recorder | None = None,
    ) -> None:
        self._app = app
        self._registry = registry
        self._instances = instances
        self._answers = answers
        self._journal = journal
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = self._registry.match(scope["method"], path_of(scope)) if scope["type"] == "http" else None
        if match is None:
            await self._app(scope, receive, send)
            return
        scope["path_params"] = dict(match.path_params)
        await self._serve(match, scope, receive, send)

    async def _serve(self, match: Match, scope: Scope, receive: Receive, send: Send) -> None:
        entry = current_entry.get() or self._journal.begin(scope["method"], scope["path"])
        entry.provider, entry.handler = match.info.name, match.endpoint.handler
        try:
            raw = await Request(scope, receive).body()
            entry.body_bytes = len(raw)
        except ClientDisconnect:
            self._journal.disconnected(entry)
            return
        note = partial(self._journal.disconnected, entry)
        async with UntilDisconnect(receive, note, is_over=lambda: entry.completed):
            await self._answers.refresh()
            response = await self._answer(match, Request(scope, _Replay(raw)), raw, entry)
            await _send(response, scope, send, entry)

    async def _answer(self, match: Match, request: Request, raw: bytes, entry: Entry) -> Response:
        error_body: Callable[[int, str], Any] = _error_body(match.info.name)
        try:
            provider = await self._instances.get(match.info)
            error_body = provider.error_body
            body = _json(raw, request.method)
            if not isinstance(body, BadRequest):
                entry.note_body(body, request.headers, keep=self._journal.keeps(len(raw)))
            current_request.set(body if isinstance(body, dict) else {})
            return to_response(await call_handler(getattr(provider, match.endpoint.handler), request, body))
        except BadRequest as error:
            detail = {"detail": error.detail} if error.detail else {}
            return JSONResponse({**error_body(error.status, str(error)), **detail}, error.status)
        except Refusal as error:
            return JSONResponse(error_body(error.status, str(error)), error.status, error.headers)
        except NoMatch as error:
            return JSONResponse(error_body(404, str(error)), 404)
        except Unrecorded as error:
            return await self._record(request, error.prompt, error_body)
        except HTTPException as error:
            return JSONResponse(
                error_body(error.status_code, str(error.detail)), error.status_code, error.headers
            )
        except Cut:
            return _CutResponse()
        except Exception as error:  # a provider's failure must not hurt the others
            logger.exception("The provider `%s` failed (%s).", match.info.name, match.endpoint.handler)
            entry.error = f"{type(error).__name__}: {error}"
            message = f"The provider `{match.info.name}` failed: {entry.error}"
            return JSONResponse(error_body(500, message), 500)

    async def _record(
        self, request: Request, prompt: Prompt, error_body: Callable[[int, str], Any]
    ) -> Response:
        try:
            if self._recorder is None:
                raise UpstreamError("There is no server to record from.")
            return await self._recorder.record(request, prompt)
        except UpstreamError as error:
            return JSONResponse(error_body(502, str(error)), 502)


class _Replay:
    """Gives a body that has been received to whoever reads the request again."""

    def __init__(self, body: bytes) -> None:
        self._messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def __call__(self) -> dict[str, Any]:
        if self._messages:
            return self._messages.pop()
        await asyncio.Event().wait()  # for a disconnect, of which this task hears by being cancelled
        raise AssertionError


class _CutResponse(Response):
    """The beginning of a response, and nothing more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


def _error_body(name: str) -> Callable[[int, str], Any]:
    return lambda status, message: {"error": message, "status": status, "provider": name}


def _json(raw: bytes, method: str) -> Any:
    if not raw and method in _WITHOUT_BODY:
        return {}
    try:
        return json.loads(raw)
    except ValueError as error:  # UnicodeDecodeError is one
        return BadRequest(400, sentence(f"The body is not JSON: {error if raw else 'it is empty'}"))
    except RecursionError:
        return BadRequest(400, "The body is not JSON that can be read: it is nested too deeply.")


async def _send(response: Response, scope: Scope, send: Send, entry: Entry) -> None:
    if type(response).__call__ is StreamingResponse.__call__:
        await _stream(response, send, entry)
        if response.background is not None:
            await response.background()
    else:
        await response(scope, _Replay(b""), send)


async def _stream(response: Any, send: Send, entry: Entry) -> None:
    """Send a stream; whatever ends it closes it, and a failure drops the connection."""
    entry.stream = True
    start = {"status": response.status_code, "headers": response.raw_headers}
    await send({"type": "http.response.start", **start})
    try:
        await _send_chunks(response.body_iterator, response.charset, send)
    except Cut:
        return
    except Exception as error:  # as in Dispatcher._answer
        logger.exception("The stream of the provider `%s` failed (%s).", entry.provider, entry.handler)
        entry.error = f"{type(error).__name__}: {error}"
        return
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_chunks(chunks: AsyncIterator[Any], charset: str, send: Send) -> None:
    close = getattr(chunks, "aclose", None)
    try:
        sent = 0
        async for chunk in chunks:
            body = chunk.encode(charset) if isinstance(chunk, str) else chunk
            await send({"type": "http.response.body", "body": body, "more_body": True})
            sent += 1
            if not sent % _CHUNKS_AT_ONCE:
                await asyncio.sleep(0)
    finally:
        if close is not None:
            await close()
