"""Markdown as it streams: finished blocks are settled, and only the unfinished tail is rendered again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

__all__ = ["MarkdownTail", "Piece", "clean"]

_LONG_FENCE = 40  # lines of the last code block, beyond which all but the last are settled
_KEPT = 20
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """`text` without what a terminal would obey: no model and no other user may move our cursor."""
    return _CONTROL.sub(_picture, text.replace("\r", ""))


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "\N{SYMBOL FOR DELETE}" if code == 0x7F else "�"


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole blocks; `joined`: they go on with the code block above."""

    text: str
    joined: bool = False


class MarkdownTail:
    """Collects the text of one message and hands out what can no longer change.

    A block is finished as soon as another one has begun. Of a long code block the first lines are handed
    out before that, as a code block of their own.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []  # of the text that is not settled
        self._opening = ""  # the first line of the code block that was cut, of which the rest follows
        self._joined = False

    def feed(self, text: str) -> None:
        """Append to the message."""
        self._pieces.append(text)

    def settle(self) -> list[Piece]:
        """Take out what is finished."""
        whole, _, unfinished_line = self._source().rpartition("\n")
        lines = [f"{line}\n" for line in whole.split("\n")]
        blocks = _blocks("".join(lines))
        if not blocks:
            return []
        last = blocks[-1]
        start, end = last.map or (0, 0)
        settled = self._cut(lines[:start])
        lines = lines[start:]
        if last.type == "fence" and end - start > _LONG_FENCE:
            cut = end - start - _KEPT
            settled += self._cut([*lines[:cut], f"{last.markup}\n"])
            self._opening, self._joined, lines = lines[0], True, lines[cut:]
        elif self._opening:
            lines = lines[1:]
        self._pieces = [*lines, unfinished_line]
        return settled

    def rest(self) -> list[Piece]:
        """What is not settled."""
        source = self._source()
        return [Piece(source, self._joined)] if source.strip() else []

    def finish(self) -> list[Piece]:
        """Take out everything: the message has ended."""
        rest = self.rest()
        self._pieces, self._opening, self._joined = [], "", False
        return rest

    def _source(self) -> str:
        self._pieces = ["".join(self._pieces)]
        return self._opening + self._pieces[0]

    def _cut(self, lines: Sequence[str]) -> list[Piece]:
        text = "".join(lines)
        if not text.strip():
            return []
        piece = Piece(text, self._joined)
        self._opening, self._joined = "", False
        return [piece]


def _blocks(source: str) -> list[Token]:
    """The outermost blocks."""
    return [t for t in _parser().parse(source) if t.level == 0 and t.nesting >= 0 and t.map]


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt().enable("strikethrough").enable("table").disable("inline")
