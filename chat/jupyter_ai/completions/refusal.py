"""What an endpoint says of its refusal, for people."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["words_of"]

_LONGEST = 200  # characters
_TELLING = 12  # characters that two texts have in common by no chance
_LEAST = 6  # characters of a secret that is shorter

_CODE_POINT = re.compile(r"\\u([0-9a-fA-F]{4})")
_ESCAPE = re.compile(r"\\+[abfnrtv]?")
_BLANKS_AND_QUOTES = str.maketrans("", "", " \t\r\n\v\f\"'`")


def words_of(body: bytes, sent: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """The message in a JSON body, cut; "" where there is none, or where it repeats some of what was sent.

    Of what was sent it may tell the name of the model.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = next((text for text in _messages(told) if isinstance(text, str)), "")
    words = " ".join(found.split())[:_LONGEST]
    secrets = [*_texts([value for name, value in sent.items() if name != "model"]), *headers.values()]
    bare = _bare(words)
    return "" if any(_overlap(bare, _bare(secret)) for secret in secrets) else words


def _messages(told: Any) -> Iterator[Any]:
    """Where endpoints put it."""
    if isinstance(told, dict):
        error = told.get("error")
        yield error.get("message") if isinstance(error, dict) else error
        yield told.get("message")
        yield told.get("detail")


def _texts(value: Any) -> Iterator[str]:
    """All strings in what JSON can hold."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for member in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(member)


def _bare(text: str) -> str:
    """A text without what quoting it changes: blanks, quotes, and how it is escaped."""
    plain = _CODE_POINT.sub(lambda found: chr(int(found[1], 16)), html.unescape(text))
    return _ESCAPE.sub("", plain).translate(_BLANKS_AND_QUOTES)


def _overlap(words: str, secret: str) -> bool:
    size = min(_TELLING, len(secret))
    if size < _LEAST:
        return False
    return any(words[at : at + size] in secret for at in range(len(words) - size + 1))
