"""What of a suggested text is worth showing at the cursor."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jupyter_ai.completions.brackets import CLOSERS, Brackets
from jupyter_ai.completions.cursor import Cursor, indentation, opens_block
from jupyter_ai.completions.models import InlineCompletionRequest
from jupyter_ai_magics.completion_utils import unfenced, without_echo

__all__ = ["filtered", "is_multiline_wanted"]

_LONGEST = 1 << 16  # characters of a suggestion
_PASSES = 12  # a text that is still being cut after so many is no code
_INTRODUCTION = re.compile(
    r"\s*(?:(?:Sure|Certainly|Of course|Here(?:.s| is| are))[ ,.!][^\n=;{}]*(?:\n+|$)"
    r"|(?:[Tt]he (?:following|completed?|missing|rest)|sure|certainly|of course|here(?:.s| is| are))\b"
    r"[^\n=;{}]*:\n+)"
)
_REMARK = re.compile(
    r"^(?:This|These|The|Note|In this|Explanation|Here|You can|I hope|I have|Let me know)"
    r"\b([^\n=;{}]*)[.:!]$",
    re.M,
)
_WORDS = re.compile(r" [a-z]")
_TYPED_TWICE = CLOSERS + "\"'`;,:"
_MOST_TYPED_TWICE = 16
_LONGEST_LINE = 4_000  # characters of a line of which the brackets are looked at
_TELLING = re.compile(r"\w+\W+\w|\w{8}")  # a line with as much as this in it does not recur by chance
_LONGEST_CYCLE = 8  # lines
_LONGEST_UNIT = 40  # characters
_REPEATED = 60  # characters, and at least four times


def filtered(text: str, request: InlineCompletionRequest) -> str:
    """What is left of a suggestion to insert at the cursor; an empty text where nothing is worth it.

    Fences and remarks go, what repeats the text before or after the cursor, closing brackets and quotes
    that stand there already, endless repetition, and all but the first line where one line is wanted. What
    is left passes unchanged a second time. A suggestion that is still growing may be given at each step.
    Takes time in proportion to the text, of which at most 64 k characters are taken.
    """
    text = text[:_LONGEST]
    cursor = Cursor.of(request)
    multiline = is_multiline_wanted(request, cursor)
    for _ in range(_PASSES):
        shorter = _cut(text, request.prefix, cursor, multiline)
        if shorter == text:
            return text
        text = shorter
    return ""


def is_multiline_wanted(request: InlineCompletionRequest, cursor: Cursor | None = None) -> bool:
    """Whether several lines may be suggested: for a block without a body, for blank lines, when asked for.

    Never where code stands behind the cursor.
    """
    cursor = cursor or Cursor.of(request)
    if request.trigger == "explicit":
        return not cursor.has_code_behind
    return cursor.wants_lines()


def _cut(text: str, prefix: str, cursor: Cursor, multiline: bool) -> str:
    if cursor.in_code:
        text = _without_remarks(unfenced(_without_introduction(text)))
    text = without_echo(text, prefix)
    if prefix[-1:] in (" ", "\t"):
        text = text.lstrip(" \t")
    if not multiline and "\n" in text:
        text = _without_opener([text.partition("\n")[0]], cursor)
    text = _without_lines_below(text, cursor)
    text = _without_cycle(text, cursor)
    text = _without_rest_of_line(_without_stutter(text), cursor)
    if not text.strip():
        return ""
    return text if cursor.after else text.rstrip()


def _without_introduction(text: str) -> str:
    introduction = _INTRODUCTION.match(text)
    return text[introduction.end() :] if introduction else text


def _without_remarks(text: str) -> str:
    if '"""' in text or "'''" in text or "/*" in text:
        return text  # it may be what the code says of itself
    for remark in _REMARK.finditer(text):
        if _is_under_blank_line(text, remark.start()) and (not remark[1] or _WORDS.search(remark[1])):
            return text[: remark.start()].rstrip()
    return text


def _is_under_blank_line(text: str, start: int) -> bool:
    """Whether the line that starts there stands below a blank one, which is not the first."""
    above = text.rfind("\n", 0, max(0, start - 1))
    return above >= 0 and not text[above:start].strip()


def _without_lines_below(text: str, cursor: Cursor) -> str:
    """Up to a line that stands below the cursor: the first one that is not blank."""
    following = cursor.next_line
    if not following or following.strip() not in cursor.before + text + cursor.after:
        return text
    lines = text.split("\n")
    whole = [cursor.before + lines[0], *lines[1:]]
    whole[-1] += cursor.after
    last = len(text.rstrip().split("\n")) - 1
    telling = _TELLING.search(following) is not None
    for number, line in enumerate(whole):
        if line.rstrip() == following and (telling or number == last):
            return _without_opener(lines[:number], cursor)
    return text


def _without_opener(lines: list[str], cursor: Cursor) -> str:
    """The lines that are left of more, but for those at the end that open a block without a body."""
    if not cursor.in_code:
        return "\n".join(lines)
    for count in range(len(lines), 0, -1):
        line = lines[count - 1] if count > 1 else cursor.before + lines[0]
        if line.strip() and (not _begins_block(line) or indentation(cursor.next_line) > indentation(line)):
            return "\n".join(lines[:count])
    return ""


def _begins_block(line: str) -> bool:
    """Whether a line is no whole statement without a block: an open bracket may be closed below."""
    return opens_block(line) and line.rstrip()[-1] not in "(["


def _without_rest_of_line(text: str, cursor: Cursor) -> str:
    """Without what stands behind the cursor already: the rest of its line, or the brackets it begins with."""
    rest = cursor.after.strip()
    if len(rest) >= 3 and any(map(str.isalnum, rest)) and text.rstrip().endswith(rest):
        return text.rstrip().removesuffix(rest)
    typed = rest[: len(rest) - len(rest.lstrip(_TYPED_TWICE))][:_MOST_TYPED_TWICE]
    overlaps = [size for size in range(1, len(typed) + 1) if text.endswith(typed[:size])]
    return text[: -_fitting(text, overlaps, cursor) or None] if overlaps else text


def _fitting(text: str, overlaps: Sequence[int], cursor: Cursor) -> int:
    """How many characters to take from the end, that the brackets match best: none, or one of `overlaps`."""
    whole = cursor.window + text
    start = whole.rfind("\n", 0, len(whole) - overlaps[-1]) + 1
    line = whole[start:]
    if len(line) > _LONGEST_LINE:
        return 0
    above = Brackets().read(whole[:start])
    return min(
        (0, *reversed(overlaps)), key=lambda size: above.wrong_with(line[: len(line) - size] + cursor.after)
    )


def _without_cycle(text: str, cursor: Cursor) -> str:
    """With a group of lines that comes again and again to the end of the text, but once."""
    own = text.split("\n")
    lines = [*cursor.above[-2 * _LONGEST_CYCLE :], *map(str.rstrip, (cursor.before + text).split("\n"))]
    for size in range(1, _LONGEST_CYCLE + 1):
        again = _repeated(lines, size)
        cycle = lines[-size:]
        if again < 2 * size or not any(cycle):
            continue
        if again >= 4 * size or any(map(_TELLING.search, cycle)):
            return "\n".join(own[: max(0, len(own) - again)])
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


def _without_stutter(text: str) -> str:
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
