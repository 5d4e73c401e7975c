"""Whom a prompt addresses: `@name`, in any script, quoted where the name has spaces."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from jupyter_ai.code_spans import CODE

__all__ = ["MOST_ADDRESSES", "Addresses", "address_of", "find_addresses", "same_name"]

MOST_ADDRESSES = 32
"""That a prompt may have; further ones are text."""

_SEPARATORS = re.compile(r"[ \t\r\n,;:]*+")
_POSSESSIVE = re.compile(r"['\N{RIGHT SINGLE QUOTATION MARK}]\w")
_WORD = r'@(?:"(?P<quoted>[^"\n]{1,200}+)"|(?P<word>[^\s"@,:;!?()]{1,200}+)(?![^\s"@,:;!?()]))'
_NO_MORE = r'(?!-+[^\s\-"@,:;!?()]|\.\w)'  # `@bob-helper` and `@bob.py` are not Bob
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

    Case does not matter, `-` may stand for a space, and what is in backticks addresses nobody. At the
    beginning an unknown name is noted as well, and `@Ann's` stays part of the text, which is not changed
    otherwise: it may have paths. Its time grows with the length of the prompt alone.
    """
    if "@" not in prompt:
        return Addresses((), (), prompt.strip())
    text = prompt.strip()
    known = {same_name(name): name for name in names}
    patterns = _patterns(tuple(known))
    folded = _folded(text)
    said, start = _at_the_beginning(patterns.leading, folded)
    leading = [known[_dashed(name)] for name in said]
    further = islice(patterns.further(folded, start), MOST_ADDRESSES - len(leading))
    mentioned = dict.fromkeys(known[_dashed(name)] for name in further)
    rest = text[_unfolded(text, start) :]
    return Addresses(
        tuple(dict.fromkeys(leading)),
        tuple(name for name in mentioned if name not in leading),
        rest,
        None if patterns.leading.match(folded, start) else _stranger(rest),
    )


def same_name(name: str) -> str:
    """What is equal for names that count as the same."""
    return _dashed(unicodedata.normalize("NFC", name).strip().casefold())


def address_of(name: str) -> str:
    """How to address `name`: `@name`, with `-` for spaces; quoted if it has marks that end an address."""
    dashed = re.sub(r"\s+", "-", name.strip())
    return f"@{dashed}" if re.fullmatch(r'[^\s"@,:;!?()]+', dashed) else f'@"{name.strip()}"'


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Match an address of one of some names, which are as `same_name` makes them, in a text case-folded."""

    leading: re.Pattern[str]
    anywhere: re.Pattern[str]

    def further(self, folded: str, start: int) -> Iterator[str]:
        """The names from `start` on, but for what is code."""
        found = (match["name"] for match in self.anywhere.finditer(folded, start))
        return (name for name in found if name is not None)


@lru_cache(maxsize=32)
def _patterns(names: tuple[str, ...]) -> _Patterns:
    ordered = sorted(names, key=len, reverse=True)  # the longest of those that fit
    one = "|".join(re.escape(name).replace(r"\-", r"[\s\-]+") for name in ordered) or "(?!)"
    address = rf'@(?P<q>"?)(?P<name>{one}){_NO_MORE}(?P=q)(?![\w"\u0300-\u036f]|:\S)'
    return _Patterns(re.compile(address), re.compile(rf"{CODE}|(?<![\w@/.]){address}", re.DOTALL))


def _at_the_beginning(pattern: re.Pattern[str], folded: str) -> tuple[list[str], int]:
    """The names that a text begins with, and where the text after them begins."""
    found, start = list[str](), 0
    while len(found) < MOST_ADDRESSES and (match := pattern.match(folded, start)):
        found.append(match["name"])
        if _POSSESSIVE.match(folded, match.end()):
            break
        start = _after(folded, match.end())
    return found, start


def _after(text: str, position: int) -> int:
    found = _SEPARATORS.match(text, position)
    return found.end() if found is not None else position


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _unfolded(text: str, position: int) -> int:
    """Where in `text` that is which is at `position` of `_folded(text)`.

    That may be further on or further back: `ß` has become `ss`, and a letter and its accent one.
    """
    if not position or text.isascii():
        return position
    return bisect_right(range(len(text) + 1), position, key=lambda end: len(_folded(text[:end]))) - 1


def _stranger(text: str) -> str | None:
    found = _UNKNOWN.match(text)
    return unicodedata.normalize("NFC", found["quoted"] or found["word"]) if found is not None else None


def _dashed(name: str) -> str:
    return re.sub(r"[\s-]+", "-", name)
