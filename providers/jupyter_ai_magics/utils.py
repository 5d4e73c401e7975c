"""Finding providers among the installed ones, and models among theirs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from jupyter_ai_magics.aliases import MODEL_ID_ALIASES
from jupyter_ai_magics.base_provider import BaseProvider
from jupyter_ai_magics.embedding_providers import BaseEmbeddingsProvider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "MODEL_ID_ALIASES",
    "AnyProvider",
    "Logger",
    "ProviderRestrictions",
    "decompose_model_id",
    "get_em_provider",
    "get_em_providers",
    "get_lm_provider",
    "get_lm_providers",
    "is_provider_allowed",
]

AnyProvider = BaseProvider | BaseEmbeddingsProvider
Logger = logging.Logger | logging.LoggerAdapter[Any]
ProviderRestrictions = Mapping[Literal["allowed_providers", "blocked_providers"], list[str] | None]

P = TypeVar("P", BaseProvider, BaseEmbeddingsProvider)


def is_provider_allowed(provider_id: str, restrictions: ProviderRestrictions) -> bool:
    """Whether a provider is on the list of allowed ones, if there is one, and not on that of blocked ones."""
    allowed = restrictions.get("allowed_providers")
    blocked = restrictions.get("blocked_providers") or ()
    return provider_id not in blocked and (allowed is None or provider_id in allowed)


def decompose_model_id(
    model_id: str, providers: Mapping[str, type[AnyProvider]]
) -> tuple[str | None, str | None]:
    """The provider's id and the model's own in `provider:model`, an alias, or a model's id alone."""
    model_id = MODEL_ID_ALIASES.get(model_id, model_id)
    provider_id, colon, local_id = model_id.partition(":")
    if colon and provider_id in providers:
        return provider_id, local_id
    for known_id, provider in providers.items():
        if model_id in provider.models:
            return known_id, model_id
    return (provider_id, local_id) if colon else (None, None)


def get_lm_provider(
    model_id: str, lm_providers: Mapping[str, type[BaseProvider]]
) -> tuple[str | None, type[BaseProvider] | None]:
    """The model's own id and the class that provides it; None for what cannot be told."""
    provider_id, local_id = decompose_model_id(model_id, lm_providers)
    return local_id, lm_providers.get(provider_id or "")


def get_em_provider(
    model_id: str, em_providers: Mapping[str, type[BaseEmbeddingsProvider]]
) -> tuple[str | None, type[BaseEmbeddingsProvider] | None]:
    """The same among embedding models."""
    provider_id, local_id = decompose_model_id(model_id, em_providers)
    return local_id, em_providers.get(provider_id or "")


def get_lm_providers(
    log: Logger | None = None, restrictions: ProviderRestrictions | None = None
) -> dict[str, type[BaseProvider]]:
    """Every installed provider of language models that may be used, by id; one that fails is logged."""
    return _installed("jupyter_ai.model_providers", "model provider", BaseProvider, log, restrictions)


def get_em_providers(
    log: Logger | None = None, restrictions: ProviderRestrictions | None = None
) -> dict[str, type[BaseEmbeddingsProvider]]:
    """The same for embedding models."""
    group, kind = "jupyter_ai.embeddings_model_providers", "embeddings model provider"
    return _installed(group, kind, BaseEmbeddingsProvider, log, restrictions)


def _installed(
    group: str, kind: str, base: type[P], log: Logger | None, restrictions: ProviderRestrictions | None
) -> dict[str, type[P]]:
    log = log or logging.getLogger(__name__)
    restrictions = restrictions or {}
    found: dict[str, type[P]] = {}
    for entry_point in _entry_points(group):
        # By convention an entry point bears its provider's id, so that a blocked one is not imported.
        if entry_point.name in (restrictions.get("blocked_providers") or ()):
            log.info("Skipped blocked %s `%s`.", kind, entry_point.name)
            continue
        provider = _load(entry_point, kind, base, log)
        if provider is None:
            continue
        if not is_provider_allowed(provider.id, restrictions):
            log.info("Skipped blocked %s `%s`.", kind, provider.id)
        elif found.setdefault(provider.id, provider) is not provider:
            message = "Skipped %s `%s` of `%s`: the id is taken already. Uninstall one of the two."
            log.warning(message, kind, provider.id, entry_point.value)
        else:
            log.info("Registered %s `%s`.", kind, provider.id)
    return found


def _load(entry_point: EntryPoint, kind: str, base: type[P], log: Logger) -> type[P] | None:
    try:
        provider = entry_point.load()
    except Exception as error:  # noqa: BLE001 - whatever a plug-in raises, the others must still load
        log.warning("Cannot load %s `%s`: %s: %s", kind, entry_point.name, type(error).__name__, error)
        return None
    problem = _problem(provider, base)
    if problem:
        log.warning("Cannot use %s `%s`: %s %s.", kind, entry_point.name, entry_point.value, problem)
        return None
    return provider  # type: ignore[no-any-return]


def _problem(provider: Any, base: type[AnyProvider]) -> str:
    # One class of the 2.x series mixes the base of model providers with an embedding model.
    if not (isinstance(provider, type) and issubclass(provider, (base, BaseProvider))):
        return f"does not derive from {base.__name__}"
    missing = [name for name in ("id", "name", "models") if not hasattr(provider, name)]
    return f"lacks the class attribute{'s' * (len(missing) > 1)} {', '.join(missing)}" if missing else ""


def _entry_points(group: str) -> list[EntryPoint]:
    from importlib.metadata import entry_points

    return sorted(entry_points(group=group), key=lambda found: (found.name, found.value))
