"""How a completions endpoint is asked: the seam that a deployment subclasses or replaces."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_ai.completions.connections import Connections
from jupyter_ai.completions.cooldown import retry_after_in
from jupyter_ai.completions.fetch_failures import host_of, typed
from jupyter_ai.completions.fetch_response import EventReader, FetchResponse
from jupyter_ai.completions.refusal import words_of
from jupyter_ai.errors import FetchCancelled, FetchRefused, FetchTooLarge
from jupyter_ai_magics.network import NetworkSettings

if TYPE_CHECKING:
    import httpx

__all__ = ["CompletionsFetcher", "EventReader", "FetchResponse"]

T = TypeVar("T")

_REFUSING = 1.0  # seconds that the words of a refusal may take
_MOST_REFUSED = 1 << 14  # bytes of it


class CompletionsFetcher:
    """Posts requests to a deployment's endpoint; one for a server, any number of requests at once.

    A deployment that needs more sets `AiExtension.completion_fetcher_class` to a subclass: of `fetch`, to
    choose the address, to answer from a cache or to fall back; of `get_headers`, to authenticate in its own
    way; of `_fetch_from_url`, to see what goes over the network.
    """

    max_bytes = 1 << 20
    """The most that is taken of one answer."""

    def __init__(
        self,
        *,
        network: NetworkSettings | None = None,
        headers: Mapping[str, str] | None = None,
        log: logging.Logger | logging.LoggerAdapter[Any] | None = None,
    ) -> None:
        self.network = network or NetworkSettings()
        self.headers = dict(headers or {})  # of the deployment, sent with every request
        self.log = log or logging.getLogger(__name__)
        self._connections = Connections(lambda: self.network)  # a subclass may set others

    async def fetch(
        self,
        url: str,
        key: str,
        params: Mapping[str, Any],
        request_id: str,
        cancel: asyncio.Event | None = None,
        header_overrides: Mapping[str, str] | None = None,
    ) -> FetchResponse:
        """Post `params` as JSON; the response, once its status is known to be success.

        `header_overrides` are merged last. Raises a `FetchFailure`; `FetchCancelled` once `cancel` is set,
        also while the response is read. Cancelling it, or closing the response, closes the connection.
        """
        headers = self.get_headers(key, request_id, header_overrides or {})
        return await self._fetch_from_url(url, headers, params, request_id, cancel)

    def get_headers(self, key: str, request_id: str, overrides: Mapping[str, str]) -> dict[str, str]:
        """All headers of a request; the later ones win, whatever the case of their names."""
        own = {"Content-Type": "application/json", "X-Request-Id": request_id}
        if key:
            own["Authorization"] = f"Bearer {key}"
        merged: dict[str, tuple[str, str]] = {}
        for headers in (own, self.network.headers, self.headers, overrides):
            merged |= {name.lower(): (name, value) for name, value in headers.items()}
        return dict(merged.values())

    async def aclose(self) -> None:
        """Close the connections that are kept."""
        await self._connections.aclose()

    async def _fetch_from_url(
        self,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, Any],
        request_id: str,
        cancel: asyncio.Event | None,
    ) -> FetchResponse:
        response = await _unless(cancel, self._connections.post(url, headers, json.dumps(params)))
        if not response.is_success:
            words = words_of(await _short_body(response), params, headers)
            status, after = response.status_code, retry_after_in(response.headers)
            message = f"{host_of(url)} refused with status {status} ({response.reason_phrase})."
            raise FetchRefused(message, upstream_status=status, retry_after=after, words=words)
        return FetchResponse(self._read(url, response, cancel), response.aclose)

    async def _read(
        self, url: str, response: httpx.Response, cancel: asyncio.Event | None
    ) -> AsyncIterator[bytes]:
        size = 0
        async with aclosing(response.aiter_bytes()) as chunks:  # type: ignore[type-var]  # it is a generator
            while True:
                with typed(url):
                    chunk = await _unless(cancel, anext(chunks, None))
                if chunk is None:
                    return
                size += len(chunk)
                if size > self.max_bytes:
                    raise FetchTooLarge(f"{host_of(url)} answered more than {self.max_bytes} bytes.")
                yield chunk


async def _short_body(response: httpx.Response) -> bytes:
    """The beginning of what a refusal says, if it comes soon; the response is closed."""
    import httpx

    body = b""
    try:
        reading = aclosing(response.aiter_bytes())  # type: ignore[type-var]  # it is a generator
        async with asyncio.timeout(_REFUSING), reading as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) >= _MOST_REFUSED:
                    break
    except (TimeoutError, httpx.HTTPError, httpx.StreamError):
        pass  # the status is known
    finally:
        await response.aclose()
    return body


async def _unless(cancel: asyncio.Event | None, awaitable: Awaitable[T]) -> T:
    """What is awaited, unless `cancel` is set first: then it is cancelled, and `FetchCancelled` raised."""
    if cancel is None:
        return await awaitable
    task = asyncio.ensure_future(awaitable)
    watch = asyncio.ensure_future(cancel.wait())
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise FetchCancelled("The request was cancelled by whoever asked.")
        return task.result()
    finally:
        watch.cancel()
        task.cancel()
        await asyncio.wait({task, watch})
