"""Jupyternaut, who answers where nobody else is addressed."""

from __future__ import annotations

from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas import BasePersona, PersonaDefaults

__all__ = ["Jupyternaut"]


class Jupyternaut(BasePersona):
    """Lets the default handler answer, so that a package that replaces that one replaces this one, too."""

    @property
    def defaults(self) -> PersonaDefaults:
        """Its picture is the one that this server shows beside every answer without another."""
        return PersonaDefaults(
            name="Jupyternaut",
            description="Answers with the chosen model",
            avatar_path="api/ai/static/jupyternaut.svg",
        )

    async def process_message(self, message: HumanChatMessage) -> None:
        """Hand the message on. Raises LookupError where no default handler is installed."""
        handler = self.parent.handlers.get("default")
        if handler is None:
            raise LookupError("no default chat handler is installed; `jupyter ai plugins` tells why")
        await handler.on_message(message)
