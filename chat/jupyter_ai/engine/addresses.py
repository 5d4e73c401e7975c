"""Whom a prompt addresses: `@name`, in any script, quoted where the name has spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Addresses", "address_of", "find_addresses", "same_name"]

_WORD = r'@(?:"(?P<quoted>[^"\n]+)"|(?P<word>[^\s"@,:;!?()]++))'
# No address: `@file:a.py`, `@app.route("/")`, and `@property` above what it decorates.
_UNKNOWN = re.compile(_WORD + r"(?!:\S|\(|[ \t]*\n\s*(?:@|def |class |async ))")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Who is addressed, in the order of the prompt, and what is said to them."""

    leading: tuple[str, ...]
    """Those that it begins with, as they were given to `find_addresses`."""

    mentioned: tuple[str, ...]
    """Further ones."""

    text: str
    """The prompt without the addresses that it begins with."""

    unknown: str | None = None
    """What follows an `@` at the beginning and is nobody's name."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return self.leading + self.mentioned


def find_addresses(prompt: str, names: Collection[str]) -> Addresses:
    """Whom of `names` the prompt addresses: at its beginning, or anywhere as a word of its own.

    Case does not matter, and `-` may stand for a space. At the beginning an unknown name is noted as well.
    """
    if "@" not in prompt:
        return Addresses((), (), prompt.strip())
    text = unicodedata.normalize("NFC", prompt).strip()
    known = {same_name(name): name for name in names}
    pattern = _pattern(tuple(known))
    leading: dict[str, None] = {}
    while pattern is not None and (match := pattern.match(text)):
        leading[known[same_name(match["name"])]] = None
        text = text[match.end() :].lstrip(" \t\r\n,;:")
    unknown = _UNKNOWN.match(text)
    further = pattern.finditer(text) if pattern is not None else ()
    mentioned = dict.fromkeys(known[same_name(match["name"])] for match in further)
    return Addresses(
        tuple(leading),
        tuple(name for name in mentioned if name not in leading),
        text,
        (unknown["quoted"] or unknown["word"]) if unknown else None,
    )


def same_name(name: str) -> str:
    """What is equal for names that count as the same."""
    return re.sub(r"[\s-]+", "-", unicodedata.normalize("NFC", name).strip().lower())


def address_of(name: str) -> str:
    """How to address `name`: `@name`, with `-` for spaces; quoted if it has marks that end an address."""
    dashed = re.sub(r"\s+", "-", name.strip())
    return f"@{dashed}" if re.fullmatch(r'[^\s"@,:;!?()]+', dashed) else f'@"{name.strip()}"'


@lru_cache(maxsize=32)
def _pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    """Matches an address of one of `names`, which are as `same_name` makes them; the longest first."""
    if not names:
        return None
    ordered = sorted(names, key=len, reverse=True)
    one = "|".join(re.escape(name).replace(r"\-", r"[\s\-]+") for name in ordered)
    return re.compile(rf'(?<![\w@/.])@(?P<q>"?)(?P<name>{one})(?(q)(?P=q))(?![\w"]|:\S)', re.IGNORECASE)
