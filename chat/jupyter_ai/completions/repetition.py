"""What a model repeats without an end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jupyter_ai.completions.cursor import Cursor

__all__ = ["TELLING", "without_cycle", "without_stutter"]

TELLING = re.compile(r"\w+\W+\w|\w{8}")
"""A line with as much as this in it does not recur by chance."""

_LONGEST_CYCLE = 8  # lines
_LONGEST_UNIT = 40  # characters
_REPEATED = 60  # characters, and at least four times


def without_cycle(text: str, cursor: Cursor, *, grows: bool = False) -> str:
    """Without the end of a text in which a group of lines comes for the third time, or for the fifth.

    For the third if it tells something. Of a text that grows, without what may become that.
    """
    stripped = text.rstrip()
    own = stripped.split("\n")
    lines = [*cursor.above[-4 * _LONGEST_CYCLE :], *map(str.rstrip, (cursor.before + stripped).split("\n"))]
    for size in range(1, _LONGEST_CYCLE + 1):
        again = _repeated(lines, size)
        cycle = lines[-2 * size : -size]
        if again <= size or not any(cycle):
            continue
        most = (2 if any(map(TELLING.search, cycle)) else 4) * size
        kept = most - size
        if again >= most or (grows and again > kept):
            return "\n".join(own[: max(0, len(own) - (again - kept))])
    return text


def _repeated(lines: Sequence[str], size: int) -> int:
    """How many lines at the end are the same as those `size` lines above; the last may be unfinished."""
    count = 0
    for number in range(len(lines) - 1, size - 1, -1):
        earlier = lines[number - size]
        same = earlier == lines[number] or (not count and earlier.startswith(lines[number]) and lines[number])
        if not same:
            break
        count += 1
    return count


def without_stutter(text: str) -> str:
    """With a few characters that come again and again to the end of the text, but once."""
    if len(text) < _REPEATED:
        return text
    for size in range(1, _LONGEST_UNIT + 1):
        unit = text[-size:]
        if not text.endswith(unit, 0, -size):
            continue
        if text.endswith(unit * max(4, -(-_REPEATED // size))) and any(map(str.isalnum, unit)):
            return text[: len(text) - _run(text, unit)]
    return text


def _run(text: str, unit: str) -> int:
    """How long the run of a unit at the end of a text is, but for its first."""
    end = len(text)
    while text.endswith(unit, 0, end):
        end -= len(unit)
    return len(text) - end - len(unit)
