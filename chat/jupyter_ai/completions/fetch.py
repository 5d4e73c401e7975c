"""How a completions endpoint is asked: the seam that a deployment subclasses or replaces."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit

from jupyter_ai.completions.cooldown import retry_after_in
from jupyter_ai.completions.refusal import words_of
from jupyter_ai.errors import (
    FetchCancelled,
    FetchMalformed,
    FetchRefused,
    FetchTimedOut,
    FetchTooLarge,
    FetchUnreachable,
)
from jupyter_ai_magics.network import NetworkSettings, ssl_context
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx

__all__ = ["CompletionsFetcher", "EventReader", "FetchResponse"]

T = TypeVar("T")

_SECONDS = 10.0  # that one step of a request may take, unless the network settings say otherwise
_REFUSING = 1.0  # seconds that the words of a refusal may take
_MOST_REFUSED = 1 << 14  # bytes of it
_DONE = "[DONE]"
_NAMELESS = "The completions endpoint"


class FetchResponse:
    """What an endpoint answers, as its bytes come; whoever has it closes it (`async with`).

    It is read once, by one of `read`, `json` and `events`. Closing it closes the connection unless all was
    read.
    """

    def __init__(
        self, chunks: AsyncIterator[bytes], close: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._chunks = chunks
        self._close = close

    @classmethod
    def of(cls, answer: Any) -> FetchResponse:
        """An answer that is known already, for caches and mocks: bytes, or anything that JSON has."""
        return cls(_once(answer if isinstance(answer, bytes) else json.dumps(answer).encode()))

    async def read(self) -> bytes:
        """The whole body. Raises a `FetchFailure`."""
        return b"".join([chunk async for chunk in self._chunks])

    async def json(self) -> Any:
        """What the whole body says. Raises a `FetchFailure`."""
        return _parsed(await self.read())

    async def events(self) -> AsyncGenerator[Any, None]:
        """The data of each server-sent event, until the end or `[DONE]`. Raises a `FetchFailure`.

        An endpoint that does not stream answers with one JSON object, which is taken for the one event.
        """
        reader, whole = EventReader(), b""
        async for chunk in self._chunks:
            if whole or chunk.lstrip().startswith(b"{"):
                whole += chunk
                continue
            for text in reader.feed(chunk):
                if text == _DONE:
                    return
                yield _parsed(text)
        if whole:
            yield _parsed(whole)

    async def aclose(self) -> None:
        """Close it; may be called again."""
        close, self._close = self._close, None
        if close is not None:
            await close()
        end = getattr(self._chunks, "aclose", None)
        if end is not None:
            await end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class EventReader:
    """The data of server-sent events, from bytes that may be cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The events that end within these bytes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            name, _, value = line.removesuffix(b"\r").decode(errors="replace").partition(":")
            if name == "data":
                self._data.append(value.removeprefix(" "))
            elif not name and not value and self._data:
                yield "\n".join(self._data)
                self._data = []


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
        self._client: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()

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
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _fetch_from_url(
        self,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, Any],
        request_id: str,
        cancel: asyncio.Event | None,
    ) -> FetchResponse:
        client = await self._ready_client()
        with _typed(url):
            body = json.dumps(params)
            request = client.build_request("POST", url, content=body, headers=dict(headers))
            response = await _unless(cancel, _sent(client, request))
        if not response.is_success:
            words = words_of(await _short_body(response), params, headers)
            status, after = response.status_code, retry_after_in(response.headers)
            message = f"{_host(url)} refused with status {status} ({response.reason_phrase})."
            raise FetchRefused(message, upstream_status=status, retry_after=after, words=words)
        return FetchResponse(self._read(url, response, cancel), response.aclose)

    async def _read(
        self, url: str, response: httpx.Response, cancel: asyncio.Event | None
    ) -> AsyncIterator[bytes]:
        size = 0
        async with aclosing(response.aiter_bytes()) as chunks:  # type: ignore[type-var]  # it is a generator
            while True:
                with _typed(url):
                    chunk = await _unless(cancel, anext(chunks, None))
                if chunk is None:
                    return
                size += len(chunk)
                if size > self.max_bytes:
                    raise FetchTooLarge(f"{_host(url)} answered more than {self.max_bytes} bytes.")
                yield chunk

    async def _ready_client(self) -> httpx.AsyncClient:
        async with self._making:
            if self._client is None:
                # On a thread: the import and the certificates take 0.1 s.
                self._client = await run_in_thread(self._make_client)
            return self._client

    def _make_client(self) -> httpx.AsyncClient:
        import httpx

        bundle = self.network.ca_bundle
        return httpx.AsyncClient(
            proxy=self.network.proxy or None,
            verify=ssl_context(bundle) if bundle else _usual_authorities(),
            timeout=self.network.timeout or _SECONDS,
        )


@cache
def _usual_authorities() -> SSLContext:
    """Those that httpx trusts; reading them takes 0.1 s."""
    import httpx

    return httpx.create_ssl_context()


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _sent(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """The beginning of a response. Where a connection that was kept is gone, it is asked for once more."""
    import httpx

    steps: list[str] = []

    async def trace(step: str, info: Any) -> None:
        steps.append(step)

    request.extensions["trace"] = trace
    try:
        return await client.send(request, stream=True)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        if any(step.startswith("connection.connect_") for step in steps):
            raise  # it was a new one
        return await client.send(request, stream=True)


async def _short_body(response: httpx.Response) -> bytes:
    """The beginning of what a refusal says, if it comes soon; the response is closed."""
    import httpx

    body = b""
    try:
        async with asyncio.timeout(_REFUSING), aclosing(response.aiter_bytes()) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                body += chunk
                if len(body) >= _MOST_REFUSED:
                    break
    except (TimeoutError, httpx.HTTPError, httpx.StreamError):
        pass  # the status is known
    finally:
        await response.aclose()
    return body


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise FetchMalformed("The completions endpoint answered something else than JSON.") from None


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


@contextmanager
def _typed(url: str) -> Iterator[None]:
    """What httpx raises, as ours. Its exceptions hold the request, and with it the key: they end here."""
    import httpx

    try:
        yield
    except httpx.TimeoutException:
        raise FetchTimedOut(f"{_host(url)} has not answered in time.") from None
    except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
        raise FetchMalformed(f"{_host(url)} broke off its answer: {type(error).__name__}.") from None
    except UnicodeEncodeError:
        raise FetchUnreachable(f"{_host(url)} was not asked: its key or a header is not ASCII.") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise FetchUnreachable(f"{_host(url)} cannot be reached: {type(error).__name__}.") from None


def _host(url: str) -> str:
    """The host of an address, for people: neither its path nor a password."""
    try:
        return urlsplit(url).hostname or _NAMELESS
    except ValueError:
        return _NAMELESS
