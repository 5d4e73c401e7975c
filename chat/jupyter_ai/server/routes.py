"""Which path leads to which handler, below the server's base URL."""

from __future__ import annotations

from typing import Any

from jupyter_ai.completions.handlers.default import DefaultInlineCompletionHandler
from jupyter_ai.server.avatar import AvatarHandler, PersonaAvatarHandler
from jupyter_ai.server.completion import (
    CompletionModelHandler,
    CompletionModelsHandler,
    CompletionStatusHandler,
)
from jupyter_ai.server.completion_stats import CompletionStatsHandler
from jupyter_ai.server.config import ApiKeysHandler, GlobalConfigHandler
from jupyter_ai.server.health import HealthHandler
from jupyter_ai.server.listings import (
    AutocompleteOptionsHandler,
    EmbeddingsModelProviderHandler,
    ModelProviderHandler,
    PersonasHandler,
    PluginsHandler,
    SlashCommandsInfoHandler,
)
from jupyter_ai.server.local_personas import LocalPersonasHandler
from jupyter_ai.server.model_trial import ModelTestHandler
from jupyter_ai.server.offers import OffersHandler
from jupyter_ai.server.plugin_reload import PluginReloadHandler
from jupyter_ai.server.rest import ChatHandler, ChatHistoryHandler, ChatsHandler
from jupyter_ai.server.websocket import RootChatHandler

__all__ = ["ROUTES", "WEBSOCKETS"]

_CHAT_ID = r"([\w-]+)"

ROUTES: list[tuple[str, type[Any]]] = [
    (r"api/ai/chats/?", ChatsHandler),
    # Before a chat's own path: none of these words is the id of a chat.
    (r"api/ai/chats/history/?", ChatHistoryHandler),
    (r"api/ai/chats/slash_commands/?", SlashCommandsInfoHandler),
    (r"api/ai/chats/autocomplete_options/?", AutocompleteOptionsHandler),
    (rf"api/ai/chats/{_CHAT_ID}/?", ChatHandler),
    (rf"api/ai/chats/{_CHAT_ID}/history/?", ChatHistoryHandler),
    (r"api/ai/plugins/?", PluginsHandler),
    (r"api/ai/plugins/reload/?", PluginReloadHandler),
    (r"api/ai/health/?", HealthHandler),
    (r"api/ai/providers/?", ModelProviderHandler),
    (r"api/ai/providers/embeddings/?", EmbeddingsModelProviderHandler),
    (r"api/ai/offers/?", OffersHandler),
    (r"api/ai/completion/stats/?", CompletionStatsHandler),
    (r"api/ai/config/?", GlobalConfigHandler),
    (r"api/ai/models/test/?", ModelTestHandler),
    (r"api/ai/completion/status/?", CompletionStatusHandler),
    (r"api/ai/completion/models/?", CompletionModelsHandler),
    (r"api/ai/completion/model/?", CompletionModelHandler),
    (r"api/ai/api_keys/([^/]+)/?", ApiKeysHandler),
    (r"api/ai/static/jupyternaut.svg", AvatarHandler),
    (r"api/ai/personas/?", PersonasHandler),
    (r"api/ai/personas/local/?", LocalPersonasHandler),
    (r"api/ai/personas/([^/]+)/avatar", PersonaAvatarHandler),
]

WEBSOCKETS: list[tuple[str, type[Any]]] = [
    (r"api/ai/chats/?", RootChatHandler),
    (rf"api/ai/chats/{_CHAT_ID}/?", RootChatHandler),
    (r"api/ai/completion/inline/?", DefaultInlineCompletionHandler),
]
