"""The hosts whose pages may be read, and the addresses that they may have."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import SplitResult

__all__ = ["WebHosts", "is_public"]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}


class WebHosts:
    """A list of hosts: `example.org`, `*.example.org` (those below it), `*` (all), each perhaps with `:port`.

    Without a port the scheme's own is meant.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [_parsed(pattern) for pattern in patterns]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def allows(self, url: SplitResult) -> bool:
        """Whether a page may be read."""
        return any(_has_port(port, url) and _fits(host, url) for host, port in self._patterns)

    def names(self, url: SplitResult) -> bool:
        """Whether its very host is on the list: that may have a private address."""
        return any(_has_port(port, url) and host == url.hostname for host, port in self._patterns)

    def exact(self) -> list[str]:
        """The hosts without a `*`."""
        return [
            host if port is None else f"{host}:{port}" for host, port in self._patterns if "*" not in host
        ]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet, and leads to no other that does not."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


def _parsed(pattern: str) -> tuple[str, int | None]:
    host, colon, port = pattern.lower().rpartition(":")
    if colon and ":" not in host and port.isdigit():
        return host, int(port)
    return pattern.lower(), None


def _has_port(port: int | None, url: SplitResult) -> bool:
    default = _PORTS.get(url.scheme)
    return (url.port or default) == (port or default)


def _fits(pattern: str, url: SplitResult) -> bool:
    host = url.hostname or ""
    return pattern in ("*", host) or (pattern.startswith("*.") and host.endswith(pattern[1:]))
