"""The pieces that streams and bodies are made of: ids, JSON, server-sent events, lines."""

from __future__ import annotations

import json
import random
import string
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

__all__ = ["HOLE", "Step", "Template", "event_frame", "line_frame", "new_id", "now", "to_json"]

HOLE: Any = uuid4().hex  # stands in a template for a value that is filled in later
_MARK = f'"{HOLE}"'
_ALPHABET = string.ascii_letters + string.digits


class Step(NamedTuple):
    """One frame of a stream; `token` if it carries one, so that it is paced and counted."""

    frame: bytes
    token: bool = False


class Template:
    """A frame whose holes are filled many times: what surrounds them is encoded once."""

    def __init__(self, frame: bytes) -> None:
        self._parts = frame.decode("ascii").split(_MARK)

    def fill(self, *values: str | int) -> bytes:
        """The frame with the values in its holes, in the order in which these stand in it."""
        pieces = [self._parts[0]]
        for value, part in zip(values, self._parts[1:], strict=True):
            pieces += (json.dumps(value), part)
        return "".join(pieces).encode("ascii")


def to_json(value: Any) -> str:
    """Compact JSON in ASCII: some clients split lines at U+2028, which JSON allows in a string."""
    return json.dumps(value, separators=(",", ":"))


def event_frame(data: Any, event: str | None = None) -> bytes:
    """A server-sent event, with its name where the API gives one."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {to_json(data)}\n\n".encode("ascii")


def line_frame(data: Any) -> bytes:
    """A line of newline-delimited JSON."""
    return f"{to_json(data)}\n".encode("ascii")


def new_id(prefix: str, length: int = 24) -> str:
    """An id of the form that the APIs use: a prefix that says of what, then letters and digits."""
    return prefix + "".join(random.choices(_ALPHABET, k=length))


def now() -> str:
    """The present time as RFC 3339 has it, in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
