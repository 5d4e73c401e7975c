"""What an author of a persona subclasses."""

from jupyter_ai.errors import PersonaRequirementsUnmet
from jupyter_ai.personas.base_persona import BasePersona
from jupyter_ai.personas.defaults import PersonaDefaults

__all__ = ["BasePersona", "PersonaDefaults", "PersonaRequirementsUnmet"]
