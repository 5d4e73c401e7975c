"""What goes wrong on the way to an endpoint, in words that name who failed and nothing of what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_ai.errors import FetchMalformed, FetchTimedOut, FetchUnreachable

if TYPE_CHECKING:
    import httpx

__all__ = ["Way", "host_of", "typed"]

_NAMELESS = "The completions endpoint"
_UNTRUSTED = "{}: set AiExtension.network_ca_bundle to the authorities that sign it"


class Way:
    """How far a request has come, and by whom; steps are called as httpcore calls them."""

    def __init__(self) -> None:
        self.is_new = False  # a connection was made for it
        self.proxy = ""  # the host that it has not come past
        self.reason = ""  # why there is no trust, for people
        self._target: tuple[str, int | None] = "", None
        self._tunnelled = False  # the proxy only hands bytes on

    def follow(self, request: httpx.Request) -> None:
        """Note the steps of this request from now on."""
        scheme, host, port = request.url.scheme, request.url.raw_host.decode(), request.url.port
        self._tunnelled = scheme == "https"
        self._target = host, port or (443 if self._tunnelled else 80)
        request.extensions["trace"] = self._step

    async def _step(self, name: str, info: dict[str, Any]) -> None:
        if name.endswith(".connect_tcp.started"):
            self.is_new = True
            reached = info["host"], info["port"]
            self.proxy = "" if reached == self._target else info["host"]
        elif name in ("proxy.start_tls.started", "socks.start_tls.started") or (
            name == "http11.send_request_headers.started" and not self._tunnelled
        ):
            self.proxy = ""
        elif name.endswith(".start_tls.failed"):
            self.reason = _reason(info["exception"])


@contextmanager
def typed(url: str, way: Way | None = None) -> Iterator[None]:
    """What httpx raises, as ours. Its exceptions hold the request, and with it the key: they end here."""
    import httpx

    try:
        yield
    except httpx.TimeoutException:
        raise FetchTimedOut(f"{_who(url, way)} has not answered in time.") from None
    except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
        raise FetchMalformed(f"{_who(url, way)} broke off its answer: {type(error).__name__}.") from None
    except UnicodeEncodeError:
        raise FetchUnreachable(f"{host_of(url)} was not asked: its key or a header is not ASCII.") from None
    except httpx.ProxyError as error:
        raise FetchUnreachable(f"{_who(url, way)} lets nothing through: {error}.") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        reason = (way and way.reason) or type(error).__name__
        raise FetchUnreachable(f"{_who(url, way)} cannot be reached: {reason}.") from None


def host_of(url: str) -> str:
    """The host of an address, for people: neither its path nor a password."""
    try:
        return urlsplit(url).hostname or _NAMELESS
    except ValueError:
        return _NAMELESS


def _who(url: str, way: Way | None) -> str:
    return f"The proxy {way.proxy}" if way is not None and way.proxy else host_of(url)


def _reason(error: BaseException) -> str:
    """Why TLS was not agreed on; "" where it has another cause."""
    import ssl

    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _UNTRUSTED.format(f"its certificate is not trusted ({cause.verify_message.rstrip('.')})")
    return f"it does not speak TLS ({cause.reason})" if isinstance(cause, ssl.SSLError) else ""
