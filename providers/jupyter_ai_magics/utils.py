"""Finding providers among the installed ones, and models among theirs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from jupyter_ai_magics.aliases import MODEL_ID_ALIASES
from jupyter_ai_magics.base_provider import BaseProvider
from jupyter_ai_magics.catalogue import card_of
from jupyter_ai_magics.embedding_providers import BaseEmbeddingsProvider
from jupyter_ai_magics.failures import import_advice, is_interrupt
from jupyter_ai_magics.lazy_providers import LazyProviders, ProviderDict
from jupyter_ai_magics.policy import Policy
from jupyter_ai_magics.provider_ids import ProviderIds
from jupyter_ai_magics.registration import embeddings_provider_problems, provider_problems

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from jupyter_ai_magics.card import Card

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
    policy = Policy(restrictions.get("allowed_providers"), restrictions.get("blocked_providers"))
    return policy.provider_reason(provider_id) is None


def decompose_model_id(
    model_id: str, providers: Mapping[str, type[AnyProvider]]
) -> tuple[str | None, str | None]:
    """The provider's id and the model's own in `provider:model`, an alias, or a model's id alone."""
    model_id = MODEL_ID_ALIASES.get(model_id, model_id)
    provider_id, colon, local_id = model_id.partition(":")
    if colon and provider_id in providers:
        return provider_id, local_id
    for known_id in providers.ids() if isinstance(providers, LazyProviders) else providers:
        if model_id in _listed(known_id, providers):
            return known_id, model_id
    return (provider_id, local_id) if colon else (None, None)


def _listed(provider_id: str, providers: Mapping[str, type[AnyProvider]]) -> Sequence[str]:
    if isinstance(providers, LazyProviders):
        return providers.models_of(provider_id)
    return providers[provider_id].models


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
    """Every installed provider of language models that may be used, by id; one that fails is logged.

    Our own partner providers are in it if their packages are installed. One is imported when it is asked for,
    and all of them when the dictionary is gone through.
    """
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
    finder: _Finder[P] = _Finder(kind, base, log or logging.getLogger(__name__), restrictions or {})
    for entry_point in _entry_points(group):
        finder.add(entry_point)
    if finder.ids is not None:
        finder.ids.save()
    return ProviderDict(lambda: list(finder.found), finder.provider, finder.models)


class _Finder(Generic[P]):
    """The installed providers of a group that may be used: classes, or entry points with cards."""

    def __init__(self, kind: str, base: type[P], log: Logger, restrictions: ProviderRestrictions) -> None:
        self.found: dict[str, type[P] | tuple[EntryPoint, Card]] = {}
        self.ids = _known_ids() if restrictions else None
        self._kind = kind
        self._base: type[P] = base
        self._log = log
        self._restrictions = restrictions

    def add(self, entry_point: EntryPoint) -> None:
        """Import it, unless it is blocked, or one of ours."""
        card = card_of(entry_point.value)
        if card is not None:
            if card.installed():
                self._register(card.id, (entry_point, card), entry_point)
        elif blocked := self._blocked_id(entry_point):
            self._log.info("Skipped blocked %s `%s`.", self._kind, blocked)
        elif provider := _load(entry_point, self._kind, self._base, self._log):
            self._learn(entry_point, provider.id)
            self._register(provider.id, provider, entry_point)

    def provider(self, id: str) -> type[P] | None:
        """The class with this id, imported now if need be; None if that fails."""
        found = self.found.get(id)
        if not isinstance(found, tuple):
            return found
        provider = _load(found[0], self._kind, self._base, self._log)
        if provider is None:
            del self.found[id]
        else:
            self.found[id] = provider
        return provider

    def models(self, id: str) -> Sequence[str] | None:
        """Those on a card."""
        found = self.found.get(id)
        return found[1].models if isinstance(found, tuple) else None

    def _blocked_id(self, entry_point: EntryPoint) -> str | None:
        """The id under which it is blocked, if that can be told without importing it."""
        known = self.ids.get(*_origin(entry_point)) if self.ids is not None else None
        if known is not None:
            return None if is_provider_allowed(known, self._restrictions) else known
        # By convention an entry point bears its provider's id.
        name = entry_point.name
        return name if name in (self._restrictions.get("blocked_providers") or ()) else None

    def _learn(self, entry_point: EntryPoint, id: str) -> None:
        if self.ids is not None and entry_point.dist is not None:
            self.ids.learn(*_origin(entry_point), id)

    def _register(self, id: str, found: type[P] | tuple[EntryPoint, Card], entry_point: EntryPoint) -> None:
        if not is_provider_allowed(id, self._restrictions):
            self._log.info("Skipped blocked %s `%s`.", self._kind, id)
        elif id in self.found:
            message = "Skipped %s `%s` of `%s`: the id is taken already. Uninstall one of the two."
            self._log.warning(message, self._kind, id, entry_point.value)
        else:
            self.found[id] = found
            self._log.info("Registered %s `%s`.", self._kind, id)


def _load(entry_point: EntryPoint, kind: str, base: type[P], log: Logger) -> type[P] | None:
    try:
        provider = entry_point.load()
        problem = _problem(provider, base)
    except BaseException as error:  # whatever a plug-in raises, the others must still load
        if is_interrupt(error):
            raise
        advice = import_advice(error, entry_point.value.partition(":")[0].strip(), _owner(entry_point))
        log.warning("Cannot load %s `%s`: %s", kind, entry_point.name, advice)
        return None
    if problem:
        log.warning("Cannot use %s `%s`: %s: %s.", kind, entry_point.name, entry_point.value, problem)
        return None
    return provider  # type: ignore[no-any-return]


def _problem(provider: Any, base: type[AnyProvider]) -> str:
    if not isinstance(provider, type):
        return "it is no class: register a class"
    is_embedder = base is BaseEmbeddingsProvider
    return "; ".join((embeddings_provider_problems if is_embedder else provider_problems)(provider))


def _owner(entry_point: EntryPoint) -> str:
    return " ".join(_origin(entry_point)[:2]).strip() or "its package"


def _known_ids() -> ProviderIds:
    from jupyter_core.paths import jupyter_data_dir

    return ProviderIds.in_folder(jupyter_data_dir())


def _origin(entry_point: EntryPoint) -> tuple[str, str, str]:
    dist = entry_point.dist
    return (dist.name, dist.version, entry_point.value) if dist is not None else ("", "", entry_point.value)


def _entry_points(group: str) -> list[EntryPoint]:
    from importlib.metadata import entry_points

    return sorted(entry_points(group=group), key=lambda found: (found.name, found.value))
