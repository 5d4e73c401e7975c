"""What of a setting is not shown: values of headers, the person in an address, and what is like a key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

from jupyter_ai_magics.auth import key_params

__all__ = ["HIDDEN", "hidden", "is_like_key", "revealed", "secrets_in"]

HIDDEN = "(hidden)"
"""Stands for what is not shown; sent back, it stands for what it has hidden."""

_LIKE_KEYS = ("key", "password", "passwd", "secret", "token", "authorization")


def is_like_key(name: str) -> bool:
    """Whether a parameter of that name holds a secret."""
    return name.lower().endswith(_LIKE_KEYS) or name in _key_keywords()


def hidden(name: str, value: Any) -> Any:
    """The value of the setting `name`, with `HIDDEN` in place of all that is secret in it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if _is_headers(name):
        return _hidden_headers(value)
    if is_like_key(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: hidden(str(key), member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [hidden("", member) for member in value]
    return _hidden_person(value) if isinstance(value, str) else HIDDEN


def revealed(name: str, value: Any, stored: Any) -> Any:
    """What somebody means who was shown `hidden(name, stored)`, and enters `value`.

    Raises `LookupError` where nothing is known that `HIDDEN` could stand for.
    """
    if stored is not None and value == hidden(name, stored):
        return stored
    if _is_headers(name) and HIDDEN in str(value):
        return _revealed_headers(value, stored)
    if isinstance(value, str) and (value == HIDDEN or f"//{HIDDEN}@" in value):
        raise LookupError(name)
    return value


def secrets_in(name: str, value: Any) -> Iterator[str]:
    """All that `hidden` leaves out, each by itself."""
    value = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    if _is_headers(name):
        for text in (_headers(value) or {"": value}).values():
            yield from _with_last_word(text)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from secrets_in(str(key), member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from secrets_in(name, member)
    elif isinstance(value, str):
        yield from [value] if is_like_key(name) else _passwords(value)


@cache
def _key_keywords() -> frozenset[str]:
    """Under which names our partners' classes take keys; not all of them are like a key."""
    from jupyter_ai_magics.catalogue import CARDS

    return frozenset(word for card in CARDS for word in key_params(card.auth_strategy).values())


def _is_headers(name: str) -> bool:
    return "header" in name.lower()


def _headers(value: Any) -> dict[str, Any] | None:
    try:
        members = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return None
    return dict(members) if isinstance(members, Mapping) else None


def _hidden_headers(value: Any) -> Any:
    headers = _headers(value)
    if headers is None:
        return HIDDEN
    shown = dict.fromkeys(headers, HIDDEN)
    return json.dumps(shown) if isinstance(value, str) else shown


def _revealed_headers(value: Any, stored: Any) -> Any:
    headers, known = _headers(value), _headers(stored) or {}
    if headers is None:
        raise LookupError(HIDDEN)
    meant = {name: known[name] if text == HIDDEN else text for name, text in headers.items()}
    return json.dumps(meant) if isinstance(value, str) else meant


def _person(address: str) -> str:
    """What stands before the @ of a URL: a name, mostly with a password."""
    _, slashes, rest = address.partition("//")
    for end in "/?#":
        rest = rest.partition(end)[0]
    return rest.rpartition("@")[0] if slashes else ""


def _hidden_person(text: str) -> str:
    person = _person(text)
    return text.replace(f"//{person}@", f"//{HIDDEN}@") if person else text


def _passwords(text: str) -> Iterator[str]:
    name, colon, password = _person(text).partition(":")
    written = password if colon else name
    yield from dict.fromkeys(filter(None, (written, unquote(written))))


def _with_last_word(text: Any) -> Iterator[str]:
    """`Bearer x` is a secret, and so is `x`."""
    if isinstance(text, str):
        yield from dict.fromkeys([text, *text.split()[-1:]])
