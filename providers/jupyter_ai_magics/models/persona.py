"""Who a reply comes from: a name and an avatar."""

from __future__ import annotations

from pydantic import BaseModel

__all__ = ["JUPYTERNAUT_AVATAR_ROUTE", "JupyternautPersona", "Persona"]

JUPYTERNAUT_AVATAR_ROUTE = "api/ai/static/jupyternaut.svg"


class Persona(BaseModel):
    """The name above a reply and the picture beside it; the route is relative to the server's base URL."""

    name: str
    avatar_route: str


JupyternautPersona = Persona(name="Jupyternaut", avatar_route=JUPYTERNAUT_AVATAR_ROUTE)
