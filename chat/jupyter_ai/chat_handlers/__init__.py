"""What an author of a slash command subclasses, and the built-in handlers under their 2.x names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType

_HOMES = {
    "BaseChatHandler": "jupyter_ai.chat_handlers.base",
    "SlashCommandRoutingType": "jupyter_ai.chat_handlers.base",
    "ClearChatHandler": "jupyter_ai.chat_handlers.clear",
    "DefaultChatHandler": "jupyter_ai.chat_handlers.default",
    "HelpChatHandler": "jupyter_ai.chat_handlers.help",
}

__all__ = ["BaseChatHandler", "SlashCommandRoutingType"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
