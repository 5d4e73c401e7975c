"""The text of one streamed reply: what was said, what is due to be sent, what is yet to be stored."""

from __future__ import annotations

__all__ = ["MERGE_WINDOW", "StreamBuffer"]

MERGE_WINDOW = 0.005
"""Seconds within which chunks are merged into one frame; a slower stream goes out chunk by chunk."""


class StreamBuffer:
    """Collects chunks and says when a frame is due; knows neither clock nor loop.

    Pieces are kept in lists and joined when read, so that a chunk costs the same however long the text is.
    Lengths and offsets are in code points.
    """

    __slots__ = ("_last", "_pieces", "_unsaved", "_unsent", "length", "sent")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._unsent: list[str] = []
        self._unsaved: list[str] = []
        self._last = float("-inf")  # when the last frame was taken
        self.length = 0
        self.sent = 0

    def feed(self, text: str, now: float) -> bool:
        """Append `text`; True when a frame is due at once, else one is due at `due()`."""
        self._pieces.append(text)
        self._unsent.append(text)
        self._unsaved.append(text)
        self.length += len(text)
        return now - self._last >= MERGE_WINDOW

    def due(self) -> float:
        """When what is unsent has to go out."""
        return self._last + MERGE_WINDOW

    def take(self, now: float) -> tuple[int, str]:
        """The offset and text of the next frame; the text is "" when all is sent."""
        text = "".join(self._unsent)
        self._unsent.clear()
        offset = self.sent
        self.sent += len(text)
        self._last = now
        return offset, text

    def take_unsaved(self) -> str:
        """The text that came since the last call."""
        text = "".join(self._unsaved)
        self._unsaved.clear()
        return text

    def text(self) -> str:
        """All that was said."""
        if len(self._pieces) > 1:
            self._pieces[:] = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""
