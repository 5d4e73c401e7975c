"""A short string that a regular expression finds.

Not left to the package `rstr`, whose strings are as long as chance has it, which fails for `a++` and
`a{101}`, runs on for `((a{99}){99}){99}`, and reads the expression with the same private parser.
"""

from __future__ import annotations

import re
import re._constants as codes  # type: ignore[import-not-found]  # the standard library's own, without stubs
import re._parser as parser  # type: ignore[import-not-found]  # as above
from typing import Any

__all__ = ["string_for"]

_LONGEST = 10_000  # what is repeated may repeat something itself
_CANDIDATES = "a0A -_.,:/@#"
_CATEGORIES = {  # which of the candidates belong to it
    codes.CATEGORY_DIGIT: "0",
    codes.CATEGORY_NOT_DIGIT: "aA -_.,:/@#",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_SPACE: "a0A-_.,:/@#",
    codes.CATEGORY_WORD: "a0A_",
    codes.CATEGORY_NOT_WORD: " -.,:/@#",
}


def string_for(pattern: str, shortest: int = 0) -> str | None:
    """A string of at least `shortest` characters; None if there is none, or it is too hard to find."""
    try:
        tree = parser.parse(pattern)
        strings = (_written(tree, extra) for extra in (0, 1, shortest))
        return next((text for text in strings if len(text) >= shortest and re.search(pattern, text)), None)
    except (re.error, LookupError, RecursionError):
        return None


def _written(tree: Any, extra: int) -> str:
    return "".join(_node(code, value, extra) for code, value in tree)


def _node(code: Any, value: Any, extra: int) -> str:
    """What one node of the parsed pattern stands for; `extra` repetitions where more are allowed."""
    if code is codes.LITERAL:
        return chr(value)
    if code in (codes.IN, codes.NOT_LITERAL, codes.ANY):
        return _character(code, value)
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        least, most, body = value
        return _repeated(_written(body, extra), int(min(max(least, extra), most)))
    if code is codes.SUBPATTERN:
        return _written(value[-1], extra)
    if code is codes.BRANCH:
        return _written(value[1][0], extra)
    return ""  # anchors and look-around; whether the string is right is checked at the end


def _repeated(text: str, times: int) -> str:
    if len(text) * times > _LONGEST:
        raise LookupError(times)
    return text * times


def _character(code: Any, value: Any) -> str:
    choices = value if code is codes.IN else [(code, value)]
    for char in (*filter(None, (_example(*choice) for choice in choices)), *_CANDIDATES):
        if _allows(choices, char):
            return str(char)
    raise LookupError(choices)


def _allows(choices: Any, char: str) -> bool:
    negated = choices[0][0] is codes.NEGATE
    return bool(negated != any(_is_one(code, value, char) for code, value in choices))


def _is_one(code: Any, value: Any, char: str) -> bool:
    if code is codes.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    if code is codes.CATEGORY:
        return _in_category(value, char)
    if code is codes.NOT_LITERAL:
        return bool(ord(char) != value)
    return code is codes.ANY or (code is codes.LITERAL and ord(char) == value)


def _in_category(category: Any, char: str) -> bool:
    return any(char in characters for name, characters in _CATEGORIES.items() if name is category)


def _example(code: Any, value: Any) -> str:
    if code is codes.LITERAL:
        return chr(value)
    if code is codes.RANGE:
        return chr(value[0])
    return _CATEGORIES.get(value, "")[:1] if code is codes.CATEGORY else ""
