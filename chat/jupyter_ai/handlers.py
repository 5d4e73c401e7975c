"""The tornado handlers of the chat, by their 2.x names."""

from __future__ import annotations

from jupyter_ai.server.health import HealthHandler
from jupyter_ai.server.listings import (
    AutocompleteOptionsHandler,
    EmbeddingsModelProviderHandler,
    GlobalConfigHandler,
    ModelProviderHandler,
    PluginsHandler,
    SlashCommandsInfoHandler,
)
from jupyter_ai.server.rest import ChatHandler, ChatHistoryHandler, ChatsHandler
from jupyter_ai.server.websocket import RootChatHandler

__all__ = [
    "AutocompleteOptionsHandler",
    "ChatHandler",
    "ChatHistoryHandler",
    "ChatsHandler",
    "EmbeddingsModelProviderHandler",
    "GlobalConfigHandler",
    "HealthHandler",
    "ModelProviderHandler",
    "PluginsHandler",
    "RootChatHandler",
    "SlashCommandsInfoHandler",
]
