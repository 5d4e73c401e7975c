"""Plug-ins: from an entry point to a validated, lazily loaded class, or to a kept failure."""

from jupyter_ai.plugins.builtin import builtin_class
from jupyter_ai.plugins.record import (
    CHAT_HANDLERS,
    CONTEXT_PROVIDERS,
    DEFAULT_TASKS,
    EMBEDDINGS_PROVIDERS,
    GROUPS,
    INLINE_COMPLETION_PROVIDERS,
    MODEL_PROVIDERS,
    PERSONAS,
    Plugin,
    PluginState,
    with_local,
)
from jupyter_ai.plugins.registry import PluginRegistry
from jupyter_ai.plugins.validation import PluginError

__all__ = [
    "CHAT_HANDLERS",
    "CONTEXT_PROVIDERS",
    "DEFAULT_TASKS",
    "EMBEDDINGS_PROVIDERS",
    "GROUPS",
    "INLINE_COMPLETION_PROVIDERS",
    "MODEL_PROVIDERS",
    "PERSONAS",
    "Plugin",
    "PluginError",
    "PluginRegistry",
    "PluginState",
    "builtin_class",
    "with_local",
]
