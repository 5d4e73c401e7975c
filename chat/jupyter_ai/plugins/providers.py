"""What is known of providers before they are imported, and the late import of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_ai.plugins.record import EMBEDDINGS_PROVIDERS, MODEL_PROVIDERS, Plugin
from jupyter_ai.plugins.validation import PluginError, import_class

if TYPE_CHECKING:
    from jupyter_ai_magics.provider_ids import ProviderIds

__all__ = ["identify", "import_partner", "learn_id"]


def identify(plugin: Plugin, ids: ProviderIds | None) -> None:
    """Give a provider its card if it is one of ours, else the id that an earlier import has shown."""
    if plugin.group not in (MODEL_PROVIDERS, EMBEDDINGS_PROVIDERS):
        return
    from jupyter_ai_magics.catalogue import card_of

    plugin.card = card_of(plugin.target)
    if plugin.card is None and ids is not None:
        plugin.known_id = ids.get(plugin.distribution, plugin.version, plugin.target)


def learn_id(plugin: Plugin, ids: ProviderIds | None) -> None:
    """Keep the id of a provider of somebody else's package that was imported."""
    ours = plugin.group in (MODEL_PROVIDERS, EMBEDDINGS_PROVIDERS) and not plugin.builtin
    if ids is not None and ours and plugin.version and plugin.id:
        ids.learn(plugin.distribution, plugin.version, plugin.target, plugin.id)


def import_partner(plugin: Plugin) -> type:
    """The class of a partner provider. Raises `PluginError`, which tells what installs the rest of it."""
    try:
        return import_class(plugin.target, plugin.owner)
    except PluginError as error:
        hint = plugin.card.install_hint if plugin.card is not None else ""
        raise PluginError(f"{error} (`{hint}` installs what it needs)") from error.__cause__
