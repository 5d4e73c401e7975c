"""Personas as files, as a person may have them below a chat's folder."""

__all__ = ["WHALE"]

WHALE = """\
from jupyter_ai.personas import BasePersona, PersonaDefaults

class Whale(BasePersona):
    @property
    def defaults(self):
        return PersonaDefaults(name="Whale", avatar_path=__file__.replace(".py", ".svg"))

    async def process_message(self, message):
        self.send_message("Oooo")
"""
"""One that has a picture."""
