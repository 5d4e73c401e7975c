"""Messages to which nothing more is said: they were cleared, or their answer was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_ai.models import ClearMessage, ClosePendingMessage

if TYPE_CHECKING:
    from jupyter_ai.engine.run import Run
    from jupyter_ai.models import Message

__all__ = ["Muted"]

_MOST = 4096  # that are remembered


class Muted:
    """Those of one chat, and who answered them."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def add(self, human_id: str, name: str = "") -> None:
        """Let nothing more be said to a message; `name` is who may try to, "" where it is no matter."""
        self._names[human_id] = name
        if len(self._names) > _MOST:
            del self._names[next(iter(self._names))]

    def who_says(self, message: Message, run: Run | None) -> str | None:
        """Who sends a message that is to be dropped; None for one that is not."""
        if isinstance(message, ClosePendingMessage | ClearMessage):
            return None
        return self._names.get(getattr(message, "reply_to", "") or (run.id if run is not None else ""))

    def __contains__(self, human_id: str) -> bool:
        return human_id in self._names
