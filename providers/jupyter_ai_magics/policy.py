"""What the administrator allows: which providers and models may be used, and why not the others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from jupyter_ai_magics.aliases import MODEL_ID_ALIASES

__all__ = ["Policy"]


@dataclass(frozen=True)
class Policy:
    """Four lists, of which a model must pass all; None stands for no such list.

    Providers go by their id, models by `<provider id>:<model id>` or an alias of that. A list of blocked
    ones beats a list of allowed ones.
    """

    allowed_providers: Collection[str] | None = None
    blocked_providers: Collection[str] | None = None
    allowed_models: Collection[str] | None = None
    blocked_models: Collection[str] | None = None

    def provider_reason(self, provider_id: str) -> str | None:
        """Why the provider may not be used, naming the trait; None if it may."""
        if provider_id in (self.blocked_providers or ()):
            return f"the provider {provider_id} is in AiExtension.blocked_providers"
        if self.allowed_providers is not None and provider_id not in self.allowed_providers:
            return f"the provider {provider_id} is not in AiExtension.allowed_providers"
        return None

    def model_reason(self, gid: str) -> str | None:
        """Why the model may not be used, naming the trait, its provider's reason first; None if it may."""
        gid = MODEL_ID_ALIASES.get(gid, gid)
        reason = self.provider_reason(gid.partition(":")[0])
        if reason is not None:
            return reason
        if gid in _resolved(self.blocked_models or ()):
            return f"the model {gid} is in AiExtension.blocked_models"
        if self.allowed_models is not None and gid not in _resolved(self.allowed_models):
            return f"the model {gid} is not in AiExtension.allowed_models"
        return None


def _resolved(gids: Collection[str]) -> set[str]:
    return {MODEL_ID_ALIASES.get(gid, gid) for gid in gids}
