"""The ways in which a key may be written, whole or cut."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

__all__ = ["SHORTEST_PART", "Form", "forms_of", "is_secret"]

SHORTEST_PART = 12
"""Code points of the beginning or the end of a key that are not shown either."""

_SHORTEST = 8  # code points of a key; what is shorter is a word
_LONGEST_WORD = 11  # letters
_TELLING = 16  # code points that are enough to know a part by

# The characters that libraries write as numbers; each set is the choice of some of them.
_JSON_MARKED = ("", "<>&", "<>&'", "<>&'=", "<>&'\"", "<>&'\"+`", "/", "/<>", "/<>&", "/<>&'\"+`=")
_HTML_MARKED = ("", "'", "'\"", "/", "'/", "'\"/", "'/`=", "'\"/`=+")
_ESCAPED = re.compile("%..")  # in a URL


class Form(NamedTuple):
    """One way in which a key may be written, and what takes its place."""

    text: str
    head: str  # its beginning and its end: where a longer text was cut, these remain
    tail: str
    mark: str


def is_secret(value: object) -> bool:
    """Whether a value is taken for a secret: not for a word that is only said to be one."""
    if not isinstance(value, str) or len(value) < _SHORTEST:
        return False
    return len(value) > _LONGEST_WORD or not value.isalpha()


def forms_of(key: str, name: str) -> Iterator[Form]:
    """All forms of a key, which may hold any code points."""
    for text in dict.fromkeys([key, *_written(key), *_encoded(key)]):
        if len(text) >= _SHORTEST:
            length = min(len(text), max(SHORTEST_PART, min(_TELLING, len(text) // 2)))
            yield Form(text, text[:length], text[-length:], f"[{name}]")


def _written(key: str) -> Iterator[str]:
    for escaped in dict.fromkeys(_json(key)):
        yield escaped
        yield escaped.replace("\\", "\\\\")
    yield json.dumps(key, ensure_ascii=False)[1:-1]
    yield repr(key)[1:-1]
    yield from _html(key)
    # What is no Unicode is replaced where only that may be.
    yield key.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    yield key.encode(errors="replace").decode()


def _json(key: str) -> Iterator[str]:
    plain = {character: json.dumps(character)[1:-1] for character in key}
    for marked in _found(_JSON_MARKED, key):
        for digits in ("04x", "04X"):
            numbers = {character: f"\\u{ord(character):{digits}}" for character in marked}
            written = "".join(numbers.get(character) or plain[character] for character in key)
            yield written
            yield written.replace("/", "\\/")


def _html(key: str) -> Iterator[str]:
    for marked in _found(_HTML_MARKED, key):
        for number in ("#x{:X}", "#x{:x}", "#{}"):
            numbers = {character: f"&{number.format(ord(character))};" for character in marked}
            named = {'"': "&quot;", "&": "&amp;", "<": "&lt;", ">": "&gt;", **numbers}
            written = "".join(named.get(character, character) for character in key)
            yield written
            yield written.replace("&#x27;", "&#39;")


def _found(sets: Iterable[str], key: str) -> Iterable[str]:
    """What of each set is in a key, each such choice once."""
    return dict.fromkeys("".join(character for character in each if character in key) for each in sets)


def _encoded(key: str) -> Iterator[str]:
    """What is made of its bytes."""
    for data in dict.fromkeys(_bytes(key)):
        for quoted in (quote(data, safe=""), quote(data), quote_plus(data)):
            for once in (quoted, _ESCAPED.sub(lambda found: found[0].lower(), quoted)):
                yield once
                yield once.replace("%", "%25")
        yield from _base64(data)


def _bytes(key: str) -> Iterator[bytes]:
    """Those of the environment that are no UTF-8 as what they stand for in a string, and as themselves."""
    yield key.encode("utf-8", "surrogatepass")
    try:
        yield key.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # surrogates that stand for no byte
        return


def _base64(data: bytes) -> Iterator[str]:
    """What base64 makes of it, alone or somewhere within other bytes."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
            yield encode(bytes(before) + data).decode()[first:last]
