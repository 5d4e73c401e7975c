"""How often a growing suggestion is looked at and sent: each frame holds the whole of it."""

from __future__ import annotations

__all__ = ["Growth"]

_STEP = 1.04
"""By how much it must have grown. The frames of a suggestion then add up to 26 times its length at most."""


class Growth:
    """Says of a text that comes again and again, each time longer, when it is time to look at it."""

    def __init__(self) -> None:
        self._seen = ""

    def feed(self, text: str, *, last: bool = False) -> bool:
        """Whether to look at `text`: it is the last, has grown enough, or is another text."""
        due = last or not self._seen or not self._grows_little(text)
        if due:
            self._seen = text
        return due

    def _grows_little(self, text: str) -> bool:
        return len(text) < len(self._seen) * _STEP and text.startswith(self._seen)
