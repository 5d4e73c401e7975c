"""Whether brackets and quotes of code match, seen lightly: no parser, code is being typed."""

from __future__ import annotations

import re

__all__ = ["CLOSERS", "unmatched"]

CLOSERS = ")]}"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_SIGN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[()\[\]{}"\']')


def unmatched(code: str) -> int:
    """How many brackets close nothing, and how many quotes stand alone."""
    opened: list[str] = []
    wrong = 0
    for sign in _SIGN.findall(code):
        if sign in _PAIRS:
            if opened and opened[-1] == _PAIRS[sign]:
                opened.pop()
            else:
                wrong += 1
        elif sign in "([{":
            opened.append(sign)
        elif len(sign) == 1:
            wrong += 1
    return wrong
