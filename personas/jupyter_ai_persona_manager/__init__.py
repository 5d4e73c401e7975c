"""The persona API under the name that packages for Jupyter AI 3.0 to 3.2 import it by."""

from jupyter_ai.personas import BasePersona, PersonaDefaults, PersonaRequirementsUnmet
from jupyter_ai.personas.manager import PersonaManager

__all__ = ["BasePersona", "PersonaDefaults", "PersonaManager", "PersonaRequirementsUnmet"]
