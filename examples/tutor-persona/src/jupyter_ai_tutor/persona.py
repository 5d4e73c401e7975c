"""The persona: its prompt, its picture, and a count of how often it has asked back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas import BasePersona, PersonaDefaults

__all__ = ["PATIENCE", "Tutor"]

PATIENCE = 3  # questions until it explains

_PROMPT = """\
You are {persona_name}, who helps people to find out by themselves. Find what they have understood and what
not, and ask the one question that leads a step further. Do not give the answer away; an example may help,
code of more than three lines does not."""

_EXPLAIN = "They have tried for a while. Explain it now, step by step, and end with a small exercise."


class Tutor(BasePersona):
    """Asks back `PATIENCE` times in a chat, then explains, and begins anew."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._asked = 0

    @property
    def defaults(self) -> PersonaDefaults:
        """It takes no slash commands."""
        return PersonaDefaults(
            name="Tutor",
            description="Asks back instead of giving the answer away",
            avatar_path=str(Path(__file__).with_name("tutor.svg")),
            system_prompt=_PROMPT,
            slash_commands=set(),
        )

    async def process_message(self, message: HumanChatMessage) -> None:
        """Stream a question, or at last an explanation; Stop ends it."""
        explains = self._asked >= PATIENCE
        prompt = f"{message.body}\n\n({_EXPLAIN})" if explains else message.body
        if await self.stream_reply(prompt, message, pending_msg="Thinking of a question"):
            self._asked = 0 if explains else self._asked + 1
