"""A reviewer of code: the smallest persona with a prompt and a picture of its own."""

from __future__ import annotations

from pathlib import Path

from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas import BasePersona, PersonaDefaults

__all__ = ["Reviewer"]

_PROMPT = """\
You are {persona_name}, who reviews code in a notebook server. Look for what is wrong, what could fail with
other inputs, and what a reader would stumble over, in this order. Quote the line that you speak of, say why
it matters and show the better line. Praise nothing. If all is well, say so in one sentence."""


class Reviewer(BasePersona):
    """Reviews what it is shown, with the chosen model."""

    @property
    def defaults(self) -> PersonaDefaults:
        """It takes no slash commands: it only reviews."""
        return PersonaDefaults(
            name="Reviewer",
            description="Reviews code: errors first, then what could fail, then style",
            avatar_path=str(Path(__file__).with_name("reviewer.svg")),
            system_prompt=_PROMPT,
            slash_commands=set(),
        )

    async def process_message(self, message: HumanChatMessage) -> None:
        """Stream the review of what was selected, quoted or added by a context command."""
        await self.stream_reply(message.body, message, pending_msg="Reading the code")
