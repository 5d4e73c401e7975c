"""Providers as `GET api/ai/providers` lists them, those that are not imported or not installed included."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from jupyter_ai.models import ListProvidersEntry, ListProvidersResponse
from jupyter_ai.plugins.record import EMBEDDINGS_PROVIDERS
from jupyter_ai_magics.failures import summarize

if TYPE_CHECKING:
    from jupyter_ai.plugins import Plugin, PluginRegistry
    from jupyter_ai_magics.card import Card

    Log = logging.Logger | logging.LoggerAdapter[Any]

__all__ = ["card_entry", "list_providers", "provider_entry"]


def list_providers(plugins: PluginRegistry, group: str, log: Log) -> ListProvidersResponse:
    """Those that may be used, by name, and what could be installed; imports no provider.

    What cannot be described is in the list of plug-ins only.
    """
    serving = plugins.serving(group)
    taken = {name for plugin in serving for name in (plugin.id, plugin.name)}
    lacking = [p for p in plugins.plugins(group) if p.state == "not installed" and not {p.id, p.name} & taken]
    entries = [entry for p in (*serving, *lacking) if (entry := _entry(p, log)) is not None]
    return ListProvidersResponse(providers=sorted(entries, key=lambda entry: entry.name))


def provider_entry(cls: Any) -> ListProvidersEntry:
    """A class as it describes itself."""
    return ListProvidersEntry(
        id=cls.id,
        name=cls.name,
        model_id_label=getattr(cls, "model_id_label", None),
        models=cls.models,
        help=cls.help,
        auth_strategy=cls.auth_strategy,
        registry=cls.registry,
        fields=cls.fields,
        chat_models=cls.chat_models() if _is_for_chat(cls) else [],
        completion_models=cls.completion_models() if hasattr(cls, "completion_models") else [],
    )


def card_entry(card: Card, *, installed: bool) -> ListProvidersEntry:
    """A partner provider of ours as its card describes it."""
    return ListProvidersEntry(
        id=card.id,
        name=card.name,
        model_id_label=card.model_id_label,
        models=list(card.models),
        help=card.help,
        auth_strategy=card.auth_strategy,
        registry=card.registry,
        fields=list(card.fields),
        chat_models=card.chat_models,
        completion_models=card.completion_models,
        installed=installed,
        install_hint=None if installed else card.install_hint,
    )


def _entry(plugin: Plugin, log: Log) -> ListProvidersEntry | None:
    try:
        if plugin.obj is None and plugin.card is not None:
            return card_entry(plugin.card, installed=plugin.state != "not installed")
        return provider_entry(plugin.obj)
    # A plug-in's class: what it says of itself may be anything.
    except Exception as error:  # noqa: BLE001
        if plugin.trouble is None:
            plugin.trouble = f"it cannot be described: {summarize(error)}"
            kind = "Embeddings" if plugin.group == EMBEDDINGS_PROVIDERS else "Model"
            log.warning("%s provider %s: %s", kind, plugin, plugin.trouble)
        return None


def _is_for_chat(cls: type) -> bool:
    from langchain_core.language_models import BaseChatModel

    return issubclass(cls, BaseChatModel)
