"""How a handler is found: by its slash id, or as the default."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel

__all__ = ["HandlerRoutingType", "SlashCommandRoutingType"]


class HandlerRoutingType(BaseModel):
    """How a prompt finds its handler."""

    routing_method: ClassVar[Literal["slash_command"]] = "slash_command"


class SlashCommandRoutingType(HandlerRoutingType):
    """By slash command; `slash_id` is the word after the slash, None makes the default handler."""

    slash_id: str | None = None
