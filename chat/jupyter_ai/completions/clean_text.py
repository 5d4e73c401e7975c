"""The text of a suggestion as it grows, without keys that a model may repeat."""

from __future__ import annotations

from jupyter_ai.keys.stream_redaction import StreamRedactor

__all__ = ["CleanText"]


class CleanText:
    """Takes the keys out of a text of which the whole comes again and again, mostly longer each time."""

    __slots__ = ("_clean", "_raw", "_redactor")

    def __init__(self) -> None:
        self._raw = ""
        self._clean = ""
        self._redactor = StreamRedactor()

    def take(self, text: str, *, last: bool) -> str:
        """What of it can be told: its end only when it is the `last`, if it may become a key."""
        if not text.startswith(self._raw):
            self._raw, self._clean, self._redactor = "", "", StreamRedactor()
        self._clean += self._redactor.feed(text[len(self._raw) :])
        self._raw = text
        if last:
            self._clean += self._redactor.flush()
        return self._clean
