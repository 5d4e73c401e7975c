"""Who speaks in an answer, which is named where several do."""

from __future__ import annotations

import re

from jupyter_ai.terminal.state import Message

__all__ = ["Speakers"]

_ADDRESS = re.compile(r'(?<![\w@/.`])@(?:"[^"\n]++"|[^\s"@:]++)(?!:\S)')


class Speakers:
    """Of the replies to `prompt`, says which ones must be told by name, as they come."""

    def __init__(self, prompt: str = "") -> None:
        self._last: str | None = None
        self._several = len(_ADDRESS.findall(prompt)) > 1  # if it is unknown yet who else will answer

    def must_name(self, message: Message) -> bool:
        """Whether another one speaks than before, or the first of several."""
        last, self._last = self._last, message.author
        return self._several if last is None else message.author != last
