"""What stands around the cursor of a request, without copying the document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from jupyter_ai.completions.models import InlineCompletionRequest

__all__ = ["Cursor", "indentation", "is_comment", "quotes_of_lines"]

_BEFORE = 3_000  # characters that are looked at
_AFTER = 2_000
_LINES = 60
_TEXTS = frozenset(
    {"markdown", "ipythongfm", "gfm", "text", "plaintext", "plain", "latex", "stex", "rst", "html"}
)
_WITH_TEMPLATES = frozenset(
    {"javascript", "typescript", "jsx", "tsx", "javascriptreact", "typescriptreact", "vue", "svelte", "go"}
)
_WITHOUT_LONG_STRINGS = frozenset(
    {"r", "sql", "c", "c++", "cpp", "css", "scss", "less", "shell", "bash", "sh", "yaml", "json", "rust"}
)
_COMMENT = re.compile(r"\s*(?:#|//|/?\*|--|%|;;)")
_STRING = re.compile(r"""(["'`])(?:(?!\1)[^\\]|\\.)*+(\1)?""")


def indentation(line: str) -> int:
    """How many blanks a line begins with."""
    return len(line) - len(line.lstrip())


def is_comment(line: str) -> bool:
    """Whether a line holds a comment, and nothing before it."""
    return _COMMENT.match(line) is not None


def quotes_of_lines(language: str) -> tuple[str, ...]:
    """The quotes of a language that hold several lines."""
    if language in _WITH_TEMPLATES:
        return ("`",)
    return () if language in _WITHOUT_LONG_STRINGS else ('"""', "'''")


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

    language: str
    """In small letters; empty where it is not known."""

    in_text: bool
    """Whether prose is being written here: a document that is no code, or a string of several lines."""

    @classmethod
    def of(cls, request: InlineCompletionRequest) -> Cursor:
        """The cursor of a request."""
        window = _last_lines(request.prefix)
        *above, before = window.split("\n")
        after, *below = request.suffix[:_AFTER].split("\n")
        if len(request.suffix) > _AFTER and below:
            below.pop()  # it is cut off
        above, below = above[-_LINES:], below[:_LINES]
        language = (request.language or "").lower()
        in_text = language in _TEXTS or _in_long_string(request.prefix, quotes_of_lines(language))
        return cls(window, before, after.rstrip(), _stripped(above), _stripped(below), language, in_text)

    @property
    def in_code(self) -> bool:
        """Whether code is being written here: no comment, no long string, no prose."""
        return not (self.in_text or is_comment(self.before))

    @property
    def in_string(self) -> bool:
        """Whether a string of one line seems to be open; where it cannot be told, it is."""
        return any(not string[2] for string in _STRING.finditer(self.before))

    @property
    def next_line(self) -> str:
        """The first line below that is not blank, or none."""
        return next((line for line in self.below if line), "")

    @property
    def has_code_behind(self) -> bool:
        """Whether more than closing brackets and quotes stands on the line behind the cursor."""
        return bool(self.after.strip(" \t)]};:,\"'`"))


@lru_cache(maxsize=4)  # one prefix is asked about for each piece of a suggestion, and 100 kB take 0.1 ms
def _in_long_string(prefix: str, quotes: tuple[str, ...]) -> bool:
    return any(prefix.count(quote) % 2 for quote in quotes)


def _last_lines(prefix: str) -> str:
    if len(prefix) <= _BEFORE:
        return prefix
    start = prefix.find("\n", len(prefix) - _BEFORE) + 1
    return prefix[start or len(prefix) - _BEFORE :]


def _stripped(lines: list[str]) -> tuple[str, ...]:
    return tuple(map(str.rstrip, lines))
