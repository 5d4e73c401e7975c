"""Whether an Ollama server runs on this machine, and which models it has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["TIMEOUT", "Address", "ollama_address", "ollama_models"]

TIMEOUT = 0.5
"""Seconds to wait for the server, at each step."""

_PORT = 11434
_NAME = re.compile(r"[\w.:/-]{1,200}")  # what goes into a message and a command
_LARGEST = 1 << 20  # bytes of its answer


@dataclass(frozen=True)
class Address:
    """Where a server on this machine listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def ollama_address(environ: Mapping[str, str]) -> Address | None:
    """What `OLLAMA_HOST` names, else the default port here; None if that is not this machine."""
    text = environ.get("OLLAMA_HOST", "").strip() or "127.0.0.1"
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = _local(parts.hostname or "127.0.0.1"), parts.port
    except ValueError:
        return None
    if host is None or parts.scheme != "http":
        return None
    return Address(host, port or (80 if text.startswith("http:") else _PORT))


def ollama_models(address: Address) -> list[str] | None:
    """The models of the server there, by one `GET /api/tags`; None if no Ollama answers. It blocks."""
    # No library that would take a proxy or follow to another host.
    with closing(HTTPConnection(address.host, address.port, timeout=TIMEOUT)) as connection:
        try:
            connection.request("GET", "/api/tags")
            response = connection.getresponse()
            return _names(response.read(_LARGEST)) if response.status == 200 else None
        except (OSError, HTTPException, ValueError, RecursionError):
            return None


def _local(host: str) -> str | None:
    """The address of this machine that a name or address stands for; None if it is another's."""
    if host == "localhost":
        return "127.0.0.1"
    address = ip_address(host)
    if address.is_unspecified:  # a server listens everywhere; a client asks here
        return "127.0.0.1" if address.version == 4 else "::1"
    return host if address.is_loopback else None


def _names(body: bytes) -> list[str] | None:
    answer = json.loads(body)
    models = answer.get("models") if isinstance(answer, dict) else None
    if not isinstance(models, list):
        return None
    names = [model.get("name") for model in models if isinstance(model, dict)]
    return [name for name in names if isinstance(name, str) and _NAME.fullmatch(name)]
