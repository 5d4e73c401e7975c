"""The names of the keys that providers take, so that their values are known for what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_ai.plugins import EMBEDDINGS_PROVIDERS, MODEL_PROVIDERS

if TYPE_CHECKING:
    from jupyter_ai.plugins import PluginRegistry

__all__ = ["loaded_key_names", "partner_key_names"]


def partner_key_names() -> frozenset[str]:
    """Those of our own partner providers, installed or not."""
    from jupyter_ai_magics.auth import key_params
    from jupyter_ai_magics.catalogue import CARDS

    return frozenset(name for card in CARDS for name in key_params(card.auth_strategy))


def loaded_key_names(plugins: PluginRegistry) -> frozenset[str]:
    """Those of the providers that are imported by now."""
    from jupyter_ai_magics.auth import key_params

    found = [p.obj for group in (MODEL_PROVIDERS, EMBEDDINGS_PROVIDERS) for p in plugins.plugins(group)]
    return frozenset(name for cls in found for name in key_params(getattr(cls, "auth_strategy", None)))
