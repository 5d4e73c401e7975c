"""Partner providers that plug-ins import from the top of the package, by the modules that hold them."""

from __future__ import annotations

# Without `typing`, which costs as much as all of `jupyter_ai_magics/__init__.py`: that imports this.

__all__ = ["PARTNER_HOMES", "partner_class"]

_COMMUNITY = "jupyter_ai_magics.partner_providers.community"
_HUGGINGFACE = "jupyter_ai_magics.partner_providers.huggingface"

PARTNER_HOMES = {
    "AI21Provider": _COMMUNITY,
    "GPT4AllEmbeddingsProvider": _COMMUNITY,
    "GPT4AllProvider": _COMMUNITY,
    "HfHubEmbeddingsProvider": _HUGGINGFACE,
    "HfHubProvider": _HUGGINGFACE,
    "QianfanEmbeddingsEndpointProvider": _COMMUNITY,
    "QianfanProvider": _COMMUNITY,
    "TogetherAIProvider": _COMMUNITY,
}


def partner_class(name: str, module: str) -> object:
    """The class of that name, imported now; AttributeError, on behalf of `module`, if there is none.

    Raises ImportError if the package of its partner is missing.
    """
    from importlib import import_module

    if name not in PARTNER_HOMES:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    found: object = getattr(import_module(PARTNER_HOMES[name]), name)
    return found
