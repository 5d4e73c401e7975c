"""What an endpoint says of its refusal, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["words_of"]

_LONGEST = 200  # characters
_TELLING = 12  # characters that two texts have in common by no chance


def words_of(body: bytes, sent: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """The message in a JSON body, cut; "" where there is none, or where it repeats some of what was sent."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = next((text for text in _messages(told) if isinstance(text, str)), "")
    words = _on_one_line(found)[:_LONGEST]
    secrets = [_on_one_line(text) for text in (sent.get("prompt"), sent.get("suffix"), *headers.values())]
    return "" if any(_overlap(words, secret) for secret in secrets) else words


def _messages(told: Any) -> Iterator[Any]:
    """Where endpoints put it."""
    if isinstance(told, dict):
        error = told.get("error")
        yield error.get("message") if isinstance(error, dict) else error
        yield told.get("message")
        yield told.get("detail")


def _on_one_line(text: Any) -> str:
    return " ".join(text.split()) if isinstance(text, str) else ""


def _overlap(words: str, secret: str) -> bool:
    return any(words[at : at + _TELLING] in secret for at in range(len(words) - _TELLING + 1))
