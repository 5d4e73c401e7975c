"""Regular expressions that cannot be used, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["problem_of"]

_MANY = 20


def problem_of(pattern: str) -> str | None:
    """What is wrong with a pattern: it cannot be understood, or could take for ever. None: nothing is known.

    Python's regular expressions cannot be interrupted, so one that backtracks without end hangs the server.
    The usual form of it is found: a repetition of what is itself a mere repetition, such as `(a+)+`.
    """
    try:
        re.compile(pattern)
    except re.error as error:
        return f"is not a regular expression: {error}"
    except (OverflowError, RecursionError):
        return "is not a regular expression: it is too large"
    if _is_catastrophic(_parsed(pattern)):
        return "repeats a repetition, which can take for ever: write `++` or `*+` for one of them"
    return None


def _parsed(pattern: str) -> Iterable[Any]:
    # Private, but the only way to the parts of a pattern; where a Python has it no more, nothing is found.
    try:
        from re import _parser
    except ImportError:
        return ()
    items: Iterable[Any] = _parser.parse(pattern)
    return items


def _is_catastrophic(items: Iterable[Any]) -> bool:
    for operation, arguments in items:
        if _repeats(operation, arguments) and _may_be_one_repetition(arguments[2]):
            return True
        if any(_is_catastrophic(part) for part in _parts(operation, arguments)):
            return True
    return False


def _may_be_one_repetition(items: Sequence[Any]) -> bool:
    """Whether nothing but one repetition, or what wraps it, need take part in a match."""
    needed = [item for item in items if not _may_be_left_out(*item)]
    if not needed:
        return any(_repeats(*item) for item in items)
    return len(needed) == 1 and _wraps_repetition(*needed[0])


def _wraps_repetition(operation: Any, arguments: Any) -> bool:
    if str(operation) not in ("SUBPATTERN", "BRANCH"):
        return _repeats(operation, arguments)
    return any(_may_be_one_repetition(part) for part in _parts(operation, arguments))


def _may_be_left_out(operation: Any, arguments: Any) -> bool:
    return str(operation) in ("MAX_REPEAT", "MIN_REPEAT") and int(arguments[0]) == 0


def _repeats(operation: Any, arguments: Any) -> bool:
    return str(operation) in ("MAX_REPEAT", "MIN_REPEAT") and int(arguments[1]) > _MANY


def _parts(operation: Any, arguments: Any) -> list[Any]:
    match str(operation):
        case "SUBPATTERN":
            return [arguments[3]]
        case "BRANCH":
            return list(arguments[1])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [arguments[2]]
        case "ATOMIC_GROUP":
            return [arguments]
        case "ASSERT" | "ASSERT_NOT":
            return [arguments[1]]
        case _:
            return []
