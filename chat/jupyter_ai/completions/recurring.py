"""How a line goes on that was begun like others of the same document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os.path import commonprefix

__all__ = ["Text", "continuation"]

_SHORTEST = 3  # characters typed
_TELLING = 10  # characters typed, from which one line that begins alike is enough
_TAILS = {6: 1, 5: 2, 4: 3, 3: 3}  # the last tokens typed, and how many places must agree
_WORTH = 2  # characters
_MOST = 48  # places that are looked at
_LONGEST = 300  # characters of a line behind such a place, or blanks before it
_TOKEN = re.compile(r"\w+|[^\w\s]")
_FEW = re.compile(r"(\s*[\w.]*[^\w\s]*\w*(?:[)\]}:;]+$)?).*")  # as much as one place alone is believed
_QUOTE = re.compile(r"""["`]|(?<!\w)'|'(?!\w)""")  # no apostrophe
_PART = re.compile(r"\w+$")
_OPENERS, _CLOSERS = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Text:
    """A part of a document that is searched, from `start` to `end`, without being copied."""

    text: str
    start: int = 0
    end: int | None = None


def continuation(line: str, texts: Sequence[Text]) -> str:
    """The rest of a line that is written up to the cursor; empty where the texts do not agree on one.

    First as lines that begin alike go on, then as it went on after the last few words and signs.
    """
    typed = line.lstrip()
    if len(typed.rstrip()) < _SHORTEST:
        return ""
    rests = [rest for rest, begins in _after(typed, texts) if begins]
    if rests:
        return _agreed(line, rests, 1 if len(typed) >= _TELLING else 2)
    starts = [token.start() for token in _TOKEN.finditer(typed)]
    for count, least in _TAILS.items():
        tail = typed[starts[-count] :] if count <= len(starts) else ""
        rests = [_balanced(tail, rest) for rest, _ in _after(tail, texts)] if tail else []
        if rests:
            return _agreed(line, rests, least)
    return ""


def _after(typed: str, texts: Sequence[Text]) -> Iterator[tuple[str, bool]]:
    """What stands on a line behind `typed`, at each place; and whether it begins the line there."""
    count = 0
    for part in texts:
        text, at = part.text, part.start - 1
        while count < _MOST and (at := text.find(typed, at + 1, part.end)) >= 0:
            count += 1
            begins = _begins_line(text, at)
            if begins or not (_is_word(text[at - 1]) and _is_word(typed[0])):
                yield _rest_of_line(text, at + len(typed)), begins


def _begins_line(text: str, at: int) -> bool:
    before = text[max(0, at - _LONGEST) : at]
    indent = before.rpartition("\n")[2]
    return not indent.strip() and len(indent) < _LONGEST


def _rest_of_line(text: str, at: int) -> str:
    """Up to the end of the line, or of a word: a line may be as long as a whole file."""
    line, end, _ = text[at : at + _LONGEST].partition("\n")
    return line.rstrip() if end or len(line) < _LONGEST else _PART.sub("", line)


def _agreed(line: str, rests: Sequence[str], least: int) -> str:
    """How all of them begin, in whole words, if there are so many. One alone leaves no string open."""
    if len(rests) < least:
        return ""
    if len(rests) == 1:
        few = _FEW.sub(r"\1", rests[0], count=1)
        rests = [few if _ends_strings(line + few) or not _ends_strings(line) else _before_string(few)]
    common = commonprefix(list(rests))  # noqa: RUF071 - these are no paths
    if any(rest[len(common) :] and _is_word(rest[len(common)]) for rest in rests):
        common = _PART.sub("", common)
    return common if len(common.strip()) >= _WORTH else ""


def _ends_strings(code: str) -> bool:
    return len(_QUOTE.findall(code)) % 2 == 0


def _before_string(code: str) -> str:
    return _QUOTE.split(code, maxsplit=1)[0].rstrip(_OPENERS)


def _balanced(tail: str, rest: str) -> str:
    """Up to a bracket that closes what was opened before the tail."""
    depth = sum(map(tail.count, _OPENERS)) - sum(map(tail.count, _CLOSERS))
    for at, sign in enumerate(rest):
        depth += (sign in _OPENERS) - (sign in _CLOSERS)
        if depth < 0:
            return rest[:at]
    return rest


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
