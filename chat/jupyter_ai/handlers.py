"""The tornado handlers of the chat, by their 2.x names."""

from __future__ import annotations

from jupyter_ai.server.config import ApiKeysHandler, GlobalConfigHandler
from jupyter_ai.server.health import HealthHandler
from jupyter_ai.server.listings import (
    AutocompleteOptionsHandler,
    EmbeddingsModelProviderHandler,
    ModelProviderHandler,
    PluginsHandler,
    SlashCommandsInfoHandler,
)
from jupyter_ai.server.offers import OffersHandler
from jupyter_ai.server.rest import ChatHandler, ChatHistoryHandler, ChatsHandler
from jupyter_ai.server.websocket import RootChatHandler

__all__ = [
    "ApiKeysHandler",
    "AutocompleteOptionsHandler",
    "ChatHandler",
    "ChatHistoryHandler",
    "ChatsHandler",
    "EmbeddingsModelProviderHandler",
    "GlobalConfigHandler",
    "HealthHandler",
    "ModelProviderHandler",
    "OffersHandler",
    "PluginsHandler",
    "RootChatHandler",
    "SlashCommandsInfoHandler",
]
