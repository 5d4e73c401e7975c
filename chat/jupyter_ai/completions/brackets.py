"""Whether brackets and quotes of code match, seen lightly: no parser, code is being typed."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["CLOSERS", "Brackets", "unmatched"]

CLOSERS = ")]}"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_SIGN = r"[()\[\]{}\"']"


def _signs_outside(quotes: str) -> re.Pattern[str]:
    """Finds each sign: a string in one of these quotes as nothing, one without an end as its line's rest."""
    strings = [rf"{quote}[^{quote}\\\n]*(?:\\.[^{quote}\\\n]*)*{quote}" for quote in quotes]
    unended = [rf"[{quotes}][^\n]*"] if quotes else []
    return re.compile("|".join([*strings, f"({'|'.join([*unended, _SIGN])})"]))


_SIGNS = {quotes: _signs_outside(quotes) for quotes in ("\"'", '"', "'", "")}


class Brackets:
    """Those of a text that is read piece by piece, each a few whole lines; takes time in proportion to it."""

    def __init__(self, opened: list[str] | None = None, wrong: int = 0) -> None:
        self._opened = opened or []  # the brackets that are open
        self.wrong = wrong  # how many close nothing, and quotes that stand alone

    def read(self, code: str) -> Brackets:
        """With what comes next."""
        for sign in _signs(code):
            if sign in _PAIRS:
                if self._opened and self._opened[-1] == _PAIRS[sign]:
                    self._opened.pop()
                else:
                    self.wrong += 1
            elif sign in "([{":
                self._opened.append(sign)
            else:
                self.wrong += 1
        return self

    def wrong_with(self, code: str) -> int:
        """How many are wrong if this comes next; what was read stays as it is."""
        return Brackets(self._opened[-len(code) :], self.wrong).read(code).wrong


def unmatched(code: str) -> int:
    """How many brackets close nothing, and how many quotes stand alone."""
    return Brackets().read(code).wrong


def _signs(code: str, quotes: str = "\"'") -> Iterator[str]:
    """The brackets outside of strings, and the quotes that begin none."""
    for sign in _SIGNS[quotes].findall(code):
        if len(sign) > 1:
            # No string ends further on: the rest of the line is read again without that quote, once for each.
            yield sign[0]
            yield from _signs(sign[1:], quotes.replace(sign[0], ""))
        elif sign:
            yield sign
