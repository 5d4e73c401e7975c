"""What the administrator allows: which providers and models may be used, and why not the others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from jupyter_ai_magics.aliases import MODEL_ID_ALIASES

__all__ = ["Policy"]

_OLLAMA = "ollama"
_GEMINI = "gemini"


@dataclass(frozen=True)
class Policy:
    """Four lists, of which a model must pass all; None stands for no such list.

    Providers go by their id, models by `<provider id>:<model id>` or an alias of that. A list of blocked
    ones beats a list of allowed ones. Whatever names the same model for Ollama or Gemini is the same here;
    white space around either part names nothing.
    """

    allowed_providers: Collection[str] | None = None
    blocked_providers: Collection[str] | None = None
    allowed_models: Collection[str] | None = None
    blocked_models: Collection[str] | None = None

    def provider_reason(self, provider_id: str) -> str | None:
        """Why the provider may not be used, naming the trait; None if it may."""
        provider_id = provider_id.strip()
        if provider_id in map(str.strip, self.blocked_providers or ()):
            return f"the provider {provider_id} is in AiExtension.blocked_providers"
        if self.allowed_providers is not None and provider_id not in map(str.strip, self.allowed_providers):
            return f"the provider {provider_id} is not in AiExtension.allowed_providers"
        return None

    def model_reason(self, gid: str) -> str | None:
        """Why the model may not be used, naming the trait, its provider's reason first; None if it may."""
        gid = MODEL_ID_ALIASES.get(gid.strip(), gid.strip())
        model = _normal(gid)
        reason = self.provider_reason(gid.partition(":")[0])
        if reason is not None:
            return reason
        if model in map(_normal, self.blocked_models or ()):
            return f"the model {gid} is in AiExtension.blocked_models"
        if self.allowed_models is not None and model not in map(_normal, self.allowed_models):
            return f"the model {gid} is not in AiExtension.allowed_models"
        return None


def _normal(gid: str) -> str:
    gid = gid.strip()
    provider, colon, model = MODEL_ID_ALIASES.get(gid, gid).partition(":")
    provider, model = provider.strip(), model.strip()
    if provider == _OLLAMA:
        model = _of_ollama(model)
    elif provider == _GEMINI:
        model = model.removeprefix("models/")
    return f"{provider}{colon}{model}"


def _of_ollama(model: str) -> str:
    """An Ollama model as its server reads the name: in any case, from its own library, the latest."""
    name = model.lower().partition("://")[2] or model.lower()
    name = name.removeprefix("registry.ollama.ai/").removeprefix("library/")
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
