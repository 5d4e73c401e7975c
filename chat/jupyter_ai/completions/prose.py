"""What a chat model says of the code that it suggests, before and after it."""

from __future__ import annotations

import re

__all__ = ["without_introduction", "without_remarks"]

_SENTENCE = r"\b(?:`[^`\n]*`|[^\n=;{}`])*"
_STARTS = (
    *("Sure", "sure", "Certainly", "certainly", "Of course", "of course"),
    *(f"{word}{rest}" for word in ("Here", "here") for rest in ("'s", "’s", " is", " are")),  # noqa: RUF001
    *(f"{word} {rest}" for word in ("The", "the") for rest in ("following", "complete", "missing", "rest")),
)
_START = rf"(?:{'|'.join(_STARTS)}|[Tt]he completed)"
_INTRODUCTION = re.compile(rf"\s*{_START}{_SENTENCE}\n(?:(?:[ \t]*\n)+|(?=[ \t]*```))")
_BEGUN_INTRODUCTION = re.compile(rf"{_START}(?:{_SENTENCE}(?:\n[ \t]*`{{0,2}})?)?")
_REMARKS = (
    *("This", "These", "The", "Note", "In this", "Explanation", "Here"),
    *("You can", "I hope", "I have", "Let me know"),
)
_REMARK = re.compile(rf"^(?:{'|'.join(_REMARKS)})\b([^\n=;{{}}]*)[.:!]$", re.M)
_BEGUN_REMARK = re.compile(rf"(?:{'|'.join(_REMARKS)})\b[^\n=;{{}}]*")
_WORDS = re.compile(r" [a-z]")
_PROSE_IN_CODE = re.compile(r'"""|\'\'\'|/\*|<!--|<<[-~]?["\']?[A-Z]{2}')


def without_introduction(text: str, *, grows: bool = False) -> str:
    """Without the sentence that a text begins with, if a blank line or a fence follows it.

    Of a text that grows nothing is left while that may still come.
    """
    if introduction := _INTRODUCTION.match(text):
        return text[introduction.end() :]
    return "" if grows and _may_become(text.lstrip(), _STARTS, _BEGUN_INTRODUCTION) else text


def without_remarks(text: str, *, grows: bool = False) -> str:
    """Up to a sentence that stands below a blank line, if it is not part of what the code says itself.

    Of a text that grows the last line goes too while it may still become one.
    """
    if _PROSE_IN_CODE.search(text):
        return text
    ticks = read = 0
    for remark in _REMARK.finditer(text):
        start = remark.start()
        ticks, read = ticks + text.count("`", read, start), start
        if _is_below_blank(text, start) and ticks % 2 == 0 and (not remark[1] or _WORDS.search(remark[1])):
            return text[:start].rstrip()
    last = text.rfind("\n") + 1
    is_begun = grows and last and _may_become(text[last:], _REMARKS, _BEGUN_REMARK)
    if is_begun and _is_below_blank(text, last) and text.count("`", 0, last) % 2 == 0:
        return text[:last].rstrip()
    return text


def _is_below_blank(text: str, start: int) -> bool:
    """Whether the line that starts there stands below a blank one that is not the first."""
    above = text.rfind("\n", 0, max(0, start - 1))
    return above >= 0 and not text[above:start].strip()


def _may_become(text: str, starts: tuple[str, ...], begun: re.Pattern[str]) -> bool:
    return any(start.startswith(text) for start in starts) or begun.fullmatch(text) is not None
