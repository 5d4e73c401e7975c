"""Who asks for a completion."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["Caller", "asking"]


@dataclass(frozen=True, slots=True)
class Caller:
    """A client of somebody's; nobody is given what was suggested to another user."""

    client: str
    """The connection."""

    user: str
    """By the name that the server knows them, "" where all who hold its token are one."""

    tier: str = ""
    """What the deployment says of the user: the attribute `tier` of its identity provider's user, or ""."""


asking: ContextVar[Caller | None] = ContextVar("asking", default=None)
"""For a provider that is being asked: by whom. None outside of a request."""
