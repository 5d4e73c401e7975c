"""The connections to a completions endpoint: through a proxy or not, and kept for the next request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_ai.completions.fetch_failures import Way, typed
from jupyter_ai.errors import FetchMisconfigured
from jupyter_ai_magics.network import NetworkSettings, proxy_of, ssl_context
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx

__all__ = ["Connections"]

_SECONDS = 10.0  # that one step of a request may take, unless the network settings say otherwise

_WRONG_PROXY = (
    "The proxy that is set (AiExtension.network_proxy, JUPYTER_AI_PROXY or HTTPS_PROXY) cannot be used: name "
    "an address that begins with http:// or https://, or with socks5:// if the package socksio is installed."
)


class Connections:
    """Sends requests, any number at once; with the first it is made ready, as `network` says then."""

    def __init__(self, network: Callable[[], NetworkSettings]) -> None:
        self._network = network
        self._clients: tuple[httpx.AsyncClient, httpx.AsyncClient] | None = None
        self._making = asyncio.Lock()

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> httpx.Response:
        """The beginning of a response, whose body is still to be read. Raises a `FetchFailure`.

        Where a connection that was kept is gone, it is asked for once more, through a new one.
        """
        keeping, fresh = await self._ready()
        way = Way()
        with typed(url, way):
            request = keeping.build_request("POST", url, content=body, headers=dict(headers))
            way.follow(request)
            return await _sent(request, way, keeping, fresh)

    async def aclose(self) -> None:
        """Close the connections that are kept."""
        clients, self._clients = self._clients, None
        for client in clients or ():
            await client.aclose()

    async def _ready(self) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
        """A client that keeps connections, and one that makes a new one for each request."""
        async with self._making:
            if self._clients is None:
                # On a thread: the import and the certificates take 0.1 s.
                self._clients = await run_in_thread(self._make)
            return self._clients

    def _make(self) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
        import httpx

        network = self._network()
        bundle = network.ca_bundle
        try:
            trusted = ssl_context(bundle) if bundle else _usual_authorities()
        except ValueError as error:
            raise FetchMisconfigured(str(error)) from None
        options: dict[str, Any] = {"verify": trusted, "timeout": network.timeout or _SECONDS}
        try:
            options["proxy"] = proxy_of(network.proxy, bundle)
            return httpx.AsyncClient(**options), httpx.AsyncClient(
                **options, limits=httpx.Limits(max_connections=100, max_keepalive_connections=0)
            )
        except (ImportError, ValueError, httpx.InvalidURL):
            raise FetchMisconfigured(_WRONG_PROXY) from None


async def _sent(
    request: httpx.Request, way: Way, keeping: httpx.AsyncClient, fresh: httpx.AsyncClient
) -> httpx.Response:
    import httpx

    try:
        return await keeping.send(request, stream=True)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        if way.is_new:
            raise
        return await fresh.send(request, stream=True)


@cache
def _usual_authorities() -> SSLContext:
    """Those that httpx trusts; reading them takes 0.1 s. Raises ValueError that names the variables."""
    import httpx

    try:
        return httpx.create_ssl_context()
    except OSError as error:
        names = "SSL_CERT_FILE or SSL_CERT_DIR"
        raise ValueError(f"What {names} names cannot be read ({error}): name PEM files.") from error
