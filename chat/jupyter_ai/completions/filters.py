"""What of a suggested text is worth showing at the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_ai.completions.brackets import CLOSERS, Brackets
from jupyter_ai.completions.cursor import Cursor
from jupyter_ai.completions.models import InlineCompletionRequest
from jupyter_ai.completions.prose import without_introduction, without_remarks
from jupyter_ai.completions.repetition import TELLING, without_cycle, without_stutter
from jupyter_ai.completions.structure import Wanted, wanted, wanted_part
from jupyter_ai_magics.completion_utils import unfenced, without_echo

__all__ = ["filtered"]

_LONGEST = 1 << 16  # characters of a suggestion
_PASSES = 12  # a text that is still being cut after so many is no code
_TYPED_TWICE = CLOSERS + "\"'`;,:"
_ENDS = CLOSERS + "\"'`"
_MOST_TYPED_TWICE = 16
_LONGEST_LINE = 4_000  # characters of a line of which the brackets are looked at
_MOST_ENDS = 8  # places that are looked at
_LONGEST_REST = 200  # characters behind the cursor that a growing text may come to repeat


def filtered(text: str, request: InlineCompletionRequest, grows: bool = False) -> str:
    """What is left of a suggestion to insert at the cursor; an empty text where nothing is worth it.

    Fences and remarks go, what repeats the text before or after the cursor, closing brackets and quotes
    that stand there already, endless repetition, and all but as many lines as are wanted. What is left
    passes unchanged a second time. A suggestion that still `grows` may be given at each step: what may yet
    turn out to be one of these is left out until then, so that what was shown stays. Takes time in proportion
    to the text, of which at most 64 k characters are taken.
    """
    text = text[:_LONGEST]
    cut = _Cut(request, grows)
    for _ in range(_PASSES):
        shorter = cut(text)
        if shorter == text:
            return text
        text = shorter
    return ""


class _Cut:
    """Takes from a text what is not to be shown, each time more; the end of one that grows is not settled."""

    def __init__(self, request: InlineCompletionRequest, grows: bool) -> None:
        self._prefix = request.prefix
        self._grows = grows
        self._ends_growing = grows  # until its end is cut off
        self._cursor = Cursor.of(request)
        self._want: Wanted = wanted(self._cursor, explicit=request.trigger == "explicit")

    def __call__(self, text: str) -> str:
        cursor = self._cursor
        if cursor.in_code:
            text = self._without_prose(text)
        text = without_echo(text, self._prefix, grows=self._ends_growing)
        if self._prefix[-1:] in (" ", "\t"):
            text = text.lstrip(" \t")
        if not cursor.before.strip() and self._want != "lines":
            text = text.lstrip("\n")
        text = self._ended(text, wanted_part(text, cursor, self._want, grows=self._ends_growing))
        text = self._ended(text, _without_lines_below(text, cursor, self._ends_growing))
        text = self._ended(text, without_cycle(text, cursor, grows=self._ends_growing))
        text = self._ended(text, without_stutter(text))
        text = self._ended(text, _without_rest_of_line(text, cursor, self._ends_growing))
        text = self._ended(text, _without_second_end(text, cursor))
        if not text.strip():
            return ""
        return text if cursor.after and not self._grows else self._ended(text, text.rstrip())

    def _ended(self, text: str, shorter: str) -> str:
        """The text after a step that may have cut off its end."""
        self._ends_growing = self._ends_growing and len(shorter) == len(text)
        return shorter

    def _without_prose(self, text: str) -> str:
        if not self._cursor.in_string:
            text = without_introduction(text, grows=self._ends_growing)
        elif "\n" not in text:
            return text  # the backticks may be what the string holds
        inside = unfenced(text)
        self._ends_growing = self._ends_growing and text.endswith(inside)
        return self._ended(inside, without_remarks(inside, grows=self._ends_growing))


def _without_lines_below(text: str, cursor: Cursor, grows: bool) -> str:
    """Up to a line that stands below the cursor: the first one that is not blank."""
    following = cursor.next_line
    if not following:
        return text
    lines = text.split("\n")
    unfinished = lines[-1] if len(lines) > 1 else cursor.before + text
    if grows and unfinished.strip() and following.startswith(unfinished):
        return "\n".join(lines[:-1])
    if following.strip() not in cursor.before + text + cursor.after:
        return text
    whole = [cursor.before + lines[0], *lines[1:]]
    whole[-1] += cursor.after
    last = len(text.rstrip().split("\n")) - 1
    telling = TELLING.search(following) is not None
    for number, line in enumerate(whole):
        if line.rstrip() == following and (telling or number == last):
            return "\n".join(lines[:number])
    return text


def _without_rest_of_line(text: str, cursor: Cursor, grows: bool) -> str:
    """Without what stands behind the cursor already: the rest of its line, or the brackets it begins with."""
    rest = cursor.after.strip()
    if len(rest) >= 3 and any(map(str.isalnum, rest)):
        if text.rstrip().endswith(rest):
            return text.rstrip().removesuffix(rest)
        if grows:
            return text[: -_begun(text, rest) or None]
    typed = rest[: len(rest) - len(rest.lstrip(_TYPED_TWICE))][:_MOST_TYPED_TWICE]
    overlaps = [size for size in range(1, len(typed) + 1) if text.endswith(typed[:size])]
    return text[: -_fitting(text, overlaps, cursor) or None] if overlaps else text


def _begun(text: str, rest: str) -> int:
    """How many characters a text ends with that the rest of the line begins with."""
    return next((n for n in range(min(len(rest), _LONGEST_REST), 0, -1) if text.endswith(rest[:n])), 0)


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


def _without_second_end(text: str, cursor: Cursor) -> str:
    """Up to where it closes what the text behind the cursor closes too, as an editor's own brackets do."""
    end = cursor.after[:1]
    if not end or end not in _ENDS or end not in text or len(cursor.before) + len(text) > _LONGEST_LINE:
        return text
    above = Brackets().read(cursor.window[: len(cursor.window) - len(cursor.before)])
    fewest = above.wrong_with(cursor.before + cursor.after)
    if above.wrong_with(cursor.before + text + cursor.after) <= fewest:
        return text
    ends = [at for at, sign in enumerate(text) if sign == end][:_MOST_ENDS]
    fit = (at for at in ends if above.wrong_with(cursor.before + text[:at] + cursor.after) <= fewest)
    return text[: next(fit, None)]
