"""Reading a page of the web: from the hosts that are allowed, within bounds, telling nothing of who reads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urldefrag, urljoin, urlsplit

from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.netutil import DefaultLoopResolver
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from jupyter_ai.context_providers.web_hosts import WebHosts, is_public
from jupyter_ai.errors import FileRefused

__all__ = ["Page", "fetch"]

_MOST_BYTES = 2 << 20
_SECONDS = 15.0
_MOST_REDIRECTS = 5
_REDIRECTS = {301, 302, 303, 307, 308}
# Nothing of the server, the person or the chat. What is packed may unpack to anything: it is not asked for.
_HEADERS = {"Accept": "text/html, text/plain;q=0.9, */*;q=0.5", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Page:
    """What came from `url`, after redirects."""

    url: str
    content: bytes
    media_type: str
    charset: str | None


async def fetch(url: str, hosts: WebHosts) -> Page:
    """Read a page of at most 2 MiB within 15 s, with a GET without cookies or keys.

    Each address on the way, redirects included, must be allowed by `hosts`. One that is not named there
    itself must have public addresses. No proxy is used. Raises `FileRefused`. Cancelling leaves a connection
    that ends by itself within these 15 s.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            return await _followed(urldefrag(url).url, hosts)
    except TimeoutError:
        raise FileRefused(f"It did not answer within {_SECONDS:g} s.") from None
    except (HTTPClientError, OSError, ValueError) as error:
        raise FileRefused(
            f"It cannot be read: {error or type(error).__name__}. Pages may have {_MOST_BYTES >> 20} MiB."
        ) from None


async def _followed(url: str, hosts: WebHosts) -> Page:
    for _ in range(_MOST_REDIRECTS + 1):
        response = await _get(url, _checked(url, hosts), hosts)
        target = response.headers.get("Location")
        if response.code not in _REDIRECTS or not target:
            return _page(url, response)
        url = urldefrag(urljoin(url, target)).url
    raise FileRefused(f"It leads on more than {_MOST_REDIRECTS} times.")


def _checked(url: str, hosts: WebHosts) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FileRefused(f"`{parts.scheme}:` is not read; `https:` and `http:` are.")
    if "@" in parts.netloc:
        raise FileRefused("A name or a password in an address is not sent.")
    if not hosts.allows(parts):
        raise FileRefused(f"The administrator does not allow pages of {parts.netloc} (`url_hosts`).")
    return parts


async def _get(url: str, parts: SplitResult, hosts: WebHosts) -> HTTPResponse:
    resolver = _Resolver(private=hosts.names(parts))
    client = SimpleAsyncHTTPClient(force_instance=True, resolver=resolver, max_body_size=_MOST_BYTES)
    request = HTTPRequest(
        url,
        headers=_HEADERS,
        user_agent="jupyter_ai",
        follow_redirects=False,
        decompress_response=False,
        request_timeout=_SECONDS + 1,  # ends what a cancelled fetch leaves behind
    )
    try:
        return await client.fetch(request, raise_error=False)
    finally:
        client.close()


def _page(url: str, response: HTTPResponse) -> Page:
    if response.code != 200:
        raise FileRefused(f"It answers with {response.code} {response.reason}.")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise FileRefused("It is packed, though that was not asked for.")
    media_type, _, parameters = response.headers.get("Content-Type", "text/plain").partition(";")
    _, _, charset = parameters.partition("charset=")
    return Page(url, response.body, media_type.strip().lower(), charset.strip(" \"'") or None)


class _Resolver(DefaultLoopResolver):
    """Gives out what is connected to next: a name cannot have another address then."""

    def initialize(self, private: bool = False) -> None:  # tornado's constructor
        self._private = private

    async def resolve(self, host: str, port: int, family: Any = 0) -> list[tuple[int, Any]]:
        found = await super().resolve(host, port, family)
        if not self._private and not all(is_public(str(address[0])) for _, address in found):
            raise FileRefused(f"{host} has a private address. The administrator may name it in `url_hosts`.")
        return found
