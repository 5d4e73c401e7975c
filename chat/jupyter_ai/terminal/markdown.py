"""Markdown as it streams: finished blocks are settled, and only the unfinished tail is rendered again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

__all__ = ["MarkdownTail", "Piece", "clean"]

_LONG = 12  # lines of the last block, beyond which the first ones are settled if it can be cut
_KEPT = 4  # lines of such a code block that are not
_SLICE = 60  # lines of a piece, roughly: nothing else can be done while one is rendered
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """`text` without what a terminal would obey: no model and no other user may move our cursor."""
    return _CONTROL.sub(_picture, text.replace("\r", ""))


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "\N{SYMBOL FOR DELETE}" if code == 0x7F else "�"


@dataclass(frozen=True, slots=True)
class Piece:
    """A block, or a part of one; `joined`: it goes on with the block above."""

    text: str
    joined: bool = False


class MarkdownTail:
    """Collects the text of one message and hands out what can no longer change.

    A block is finished as soon as another one has begun. Of a long code block or list the first lines are
    handed out before that, as a block of their own.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []  # of the text that is not settled
        self._opening = ""  # the first line of the code block that was cut, of which the rest follows
        self._joined = False  # the text goes on with a block that was cut

    def feed(self, text: str) -> None:
        """Append to the message."""
        self._pieces.append(text)

    def settle(self) -> list[Piece]:
        """Take out what is finished."""
        whole, _, unfinished_line = self._source().rpartition("\n")
        blocks = _blocks(f"{whole}\n")
        if not blocks:
            return []
        *finished, last = blocks
        settled = self._take(finished)
        cut = last.last_cut()
        settled += self._slices(last, 0, cut)
        self._opening = last.opening if cut else self._opening
        self._pieces = [*last.lines[cut:], unfinished_line]
        if self._opening and not cut:
            del self._pieces[0]
        return settled

    def rest(self) -> list[Piece]:
        """What is not settled."""
        source = self._source()
        return [Piece(source, self._joined)] if source.strip() else []

    def finish(self) -> list[Piece]:
        """Take out everything: the message has ended."""
        settled = self._take(_blocks(self._source()))
        self._pieces, self._opening, self._joined = [], "", False
        return settled

    def _source(self) -> str:
        self._pieces = ["".join(self._pieces)]
        return self._opening + self._pieces[0]

    def _take(self, blocks: Iterable[_Block]) -> list[Piece]:
        pieces: list[Piece] = []
        for block in blocks:
            pieces += self._slices(block, 0, len(block.lines))
            self._opening, self._joined = "", False
        return pieces

    def _slices(self, block: _Block, begin: int, end: int) -> list[Piece]:
        """The lines of a block from `begin` to `end` in pieces."""
        pieces = []
        while begin < end:
            near = [cut for cut in block.cuts if begin < cut < end and cut - begin <= _SLICE]
            cut = max(near) if near and end - begin > _SLICE else end
            pieces.append(Piece(block.part(begin, cut), self._joined))
            self._joined = True
            begin = cut
        return pieces


class _Block:
    """An outermost block: its lines, and where it can be cut into blocks of the same kind."""

    def __init__(self, token: Token, tokens: Sequence[Token], lines: list[str]) -> None:
        start, end = token.map or (0, 0)
        self.lines = lines
        self.cuts: Sequence[int] = ()
        self.opening = self.closing = ""
        if token.type == "fence":
            self.opening, self.closing = lines[0], f"{token.markup}\n"
            self.cuts = range(2, end - start - _KEPT + 1)
        elif token.type.endswith("_list_open"):
            self.cuts = [line - start for line in _items(token, tokens)]

    def last_cut(self) -> int:
        """Where to cut if the block is long and not yet finished, else 0."""
        return self.cuts[-1] if self.cuts and len(self.lines) > _LONG else 0

    def part(self, begin: int, end: int) -> str:
        """The lines from `begin` to `end` as a block."""
        opening = self.opening if begin else ""
        closing = self.closing if end < len(self.lines) else ""
        return "".join([opening, *self.lines[begin:end], closing])


def _blocks(source: str) -> list[_Block]:
    tokens = _parser().parse(source)
    lines = [f"{line}\n" for line in source.removesuffix("\n").split("\n")]
    found = [(i, t) for i, t in enumerate(tokens) if t.level == 0 and t.nesting >= 0 and t.map]
    starts = [t.map[0] for _, t in found if t.map]
    ends = [*starts[1:], len(lines)][: len(starts)]
    return [
        _Block(token, tokens[i:], lines[start:end])
        for (i, token), start, end in zip(found, starts, ends, strict=True)
    ]


def _items(opening: Token, tokens: Sequence[Token]) -> Iterator[int]:
    """The lines at which the second and later items of a list begin."""
    number = int(opening.attrGet("start") or 1) - 1
    for token in tokens:
        if token.level == 0 and token.nesting < 0:
            return
        if token.level != 1 or token.type != "list_item_open" or not token.map:
            continue
        number += 1
        # Where every item is written as number 1, the rest of a list that is cut would begin with 1 again.
        if token is not tokens[1] and token.info in ("", str(number)):
            yield token.map[0]


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt().enable("strikethrough").enable("table").disable("inline")
