"""`@Tutor`: asks back instead of giving the answer away."""

from jupyter_ai_tutor.persona import Tutor

__all__ = ["Tutor"]
