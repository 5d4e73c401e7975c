"""Where a cursor is: what stands before it, and what of the text after it typing leaves as it is."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_ai.completions.models import InlineCompletionRequest

__all__ = ["Position", "language_of"]

_CLOSERS = " \t)]}>\"'`"
"""What editors put behind the cursor by themselves when its counterpart is typed, and take away again."""


class Position:
    """The text around a cursor, and its language."""

    def __init__(self, prefix: str, suffix: str, language: str = "") -> None:
        self.language = language
        self.prefix = prefix
        self.stable = suffix.lstrip(_CLOSERS)
        self.closers = suffix[: len(suffix) - len(self.stable)]

    @classmethod
    def of(cls, request: InlineCompletionRequest) -> Position:
        """The position of a request."""
        return cls(request.prefix, request.suffix, language_of(request))

    @cached_property
    def after(self) -> tuple[int, int]:
        """The same for positions before the same text."""
        return len(self.stable), hash(self.stable)

    def typed_since(self, earlier: Position) -> str | None:
        """What was typed from an earlier position to this one; None if anything else was changed."""
        if (self.language, self.stable) != (earlier.language, earlier.stable):
            return None
        if not self.prefix.startswith(earlier.prefix):
            return None
        return self.prefix[len(earlier.prefix) :]


def language_of(request: InlineCompletionRequest) -> str:
    """What tells languages apart, also where an editor does not name them."""
    return (request.language or request.mime).lower()
