"""What stands around the cursor of a request, without copying the document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from jupyter_ai.completions.models import InlineCompletionRequest

__all__ = ["Cursor", "indentation", "opens_block"]

_BEFORE = 3_000  # characters that are looked at
_AFTER = 2_000
_LINES = 60
_TEXTS = frozenset(
    {"markdown", "ipythongfm", "gfm", "text", "plaintext", "plain", "latex", "stex", "rst", "html"}
)
_COMMENT = re.compile(r"\s*(?:#|//|/?\*|--|%|;;)")
_BLOCK = re.compile(
    r"(?:async\s+)?(?:class|def|for|while|if|elif|else|with|try|except|finally|match|case|function|func|fn|struct"
    r"|impl|interface|enum|switch|do|catch|export|public|private|protected|static|CREATE|SELECT|begin)\b"
)
_OPENER = re.compile(r"(?:[:{\[(]|=>|->|\b(?:then|do|begin))$")


def indentation(line: str) -> int:
    """How many blanks a line begins with."""
    return len(line) - len(line.lstrip())


def opens_block(line: str) -> bool:
    """Whether what belongs to a line stands on the lines below it."""
    return _OPENER.search(line.rstrip()) is not None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The lines around a cursor; of a large document the nearest few thousand characters only."""

    window: str
    """The nearest text before the cursor, from the start of a line where one is near enough."""

    before: str
    """The cursor's line up to the cursor."""

    after: str
    """The cursor's line from there on, without blanks at its end."""

    above: tuple[str, ...]
    """The whole lines before the cursor's line, without blanks at their ends."""

    below: tuple[str, ...]
    """The lines after the cursor's line, likewise."""

    in_code: bool
    """Whether code is being written here: no comment, no long string, no prose."""

    @classmethod
    def of(cls, request: InlineCompletionRequest) -> Cursor:
        """The cursor of a request."""
        window = _last_lines(request.prefix)
        *above, before = window.split("\n")
        after, *below = request.suffix[:_AFTER].split("\n")
        if len(request.suffix) > _AFTER and below:
            below.pop()  # it is cut off
        above, below = above[-_LINES:], below[:_LINES]
        in_code = (
            (request.language or "").lower() not in _TEXTS
            and not _COMMENT.match(before)
            and not _in_string(request.prefix)
        )
        return cls(window, before, after.rstrip(), _stripped(above), _stripped(below), in_code)

    @property
    def next_line(self) -> str:
        """The first line below that is not blank, or none."""
        return next((line for line in self.below if line), "")

    @property
    def last_line(self) -> str:
        """The last line above that is not blank, or none."""
        return next((line for line in reversed(self.above) if line), "")

    @property
    def has_code_behind(self) -> bool:
        """Whether more than closing brackets and quotes stands on the line behind the cursor."""
        return bool(self.after.strip(" \t)]};:,\"'`"))

    def wants_lines(self) -> bool:
        """Whether more than the rest of the cursor's line may be suggested here."""
        if self.has_code_behind:
            return False
        if self.before.strip():
            return self._begins_block() and not self._has_body()
        under_opener = opens_block(self.last_line)
        if under_opener and self._has_body(self.last_line):
            return False
        return under_opener or not self.below or not self.below[0] or self._is_dedented(self.below[0])

    def _begins_block(self) -> bool:
        return opens_block(self.before) or _BLOCK.match(self.before.lstrip()) is not None

    def _has_body(self, opener: str | None = None) -> bool:
        """Whether something stands already below the line that is being written, or below `opener`."""
        line = self.before if opener is None else opener
        return indentation(self.next_line) > indentation(line)

    def _is_dedented(self, line: str) -> bool:
        return indentation(line) < len(self.before)


@lru_cache(maxsize=4)  # one prefix is asked about for each piece of a suggestion, and 100 kB take 0.1 ms
def _in_string(prefix: str) -> bool:
    return prefix.count('"""') % 2 == 1 or prefix.count("'''") % 2 == 1


def _last_lines(prefix: str) -> str:
    if len(prefix) <= _BEFORE:
        return prefix
    start = prefix.find("\n", len(prefix) - _BEFORE) + 1
    return prefix[start or len(prefix) - _BEFORE :]


def _stripped(lines: list[str]) -> tuple[str, ...]:
    return tuple(map(str.rstrip, lines))
