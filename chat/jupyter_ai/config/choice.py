"""The models that are chosen: their providers, what these are called with, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_ai.config.fields import checked_fields
from jupyter_ai.config.file import Snapshot
from jupyter_ai.config.sources import EMBEDDINGS_MODEL, MODEL_SETTINGS, ModelSetting, Sources
from jupyter_ai.errors import InvalidSetting
from jupyter_ai.keys.secrets import Keys
from jupyter_ai_magics.auth import key_params
from jupyter_ai_magics.network import NetworkSettings, network_params
from jupyter_ai_magics.policy import Policy

__all__ = ["Choice", "Choices", "WhyNot"]

WhyNot = Callable[[ModelSetting, str], str | None]
"""Tells why a provider of a kind of models, by its id, is not to be had."""


@dataclass(frozen=True)
class Choice:
    """A model that is chosen, and its provider; or None for it, and the reason."""

    gid: str | None
    provider: Any = None
    fields: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True)
class Choices:
    """What settings, policy, keys and network make of the models of each kind."""

    sources: Sources
    policy: Policy
    keys: Keys
    network: NetworkSettings
    lm_providers: Callable[[], Mapping[str, Any]]
    em_providers: Callable[[], Mapping[str, Any]]
    model_parameters: Mapping[str, Mapping[str, Any]]  # the administrator's, which handlers apply
    why_not: WhyNot | None = None

    def of(self, setting: ModelSetting) -> Choice:
        """The choice of now; it may import the provider."""
        snapshot = self.sources.read()
        source = self.sources.chosen(setting, snapshot)
        if source is None:
            return Choice(None, problem=snapshot.problem if snapshot.broken else None)
        gid = str(source.value)
        provider, reason = self._usable(setting, gid, source.where)
        if provider is None:
            return Choice(gid, problem=f"{gid} is selected, but {reason}")
        try:
            return Choice(gid, provider, self._fields(setting, gid, provider, snapshot))
        except InvalidSetting as error:
            return Choice(gid, problem=f"{gid} is selected, but {error}")

    def params(self, setting: ModelSetting) -> dict[str, Any] | None:
        """Keyword arguments for the provider; ValueError names what is wrong with the network settings."""
        choice = self.of(setting)
        if choice.gid is None or choice.provider is None:
            return None
        names = key_params(getattr(choice.provider, "auth_strategy", None))
        keys = {keyword: key for name, keyword in names.items() if (key := self.keys.get(name))}
        network = network_params(choice.provider, self.network)
        return {"model_id": choice.gid.partition(":")[2], **network, **choice.fields, **keys}

    def problem_of(self, setting: ModelSetting) -> str | None:
        """Why the model of this kind cannot be used; None if it can, or if none is chosen."""
        choice = self.of(setting)
        if choice.gid is None or choice.provider is None:
            return choice.problem
        try:
            network_params(choice.provider, self.network)
        except (ValueError, ImportError) as error:
            return f"{choice.gid} cannot be reached: {error}"
        lacking = self.lacking_keys(choice.provider, choice.gid, choice.fields)
        return f"{choice.gid} needs {' and '.join(lacking)}, which is not set." if lacking else None

    def find_provider(self, setting: ModelSetting, gid: str) -> tuple[Any, str | None]:
        """The class that provides a model of this kind, or None and the reason."""
        id = gid.partition(":")[0]
        found = self._providers(setting).get(id)
        if found is not None:
            return found, None
        reason = self.why_not(setting, id) if self.why_not else None
        return None, f"its provider {id} {(reason or 'is not installed').rstrip('.')}."

    def lacking_keys(self, provider: Any, gid: str, fields: Mapping[str, Any]) -> list[str]:
        """The names of the keys that a model needs and nobody has given."""
        given = {**fields, **self.model_parameters.get(gid, {})}
        wanted = key_params(getattr(provider, "auth_strategy", None)).items()
        return [name for name, keyword in wanted if not (given.get(keyword) or self.keys.get(name))]

    def user_of(self, key_name: str) -> tuple[ModelSetting, str] | None:
        """The kind and the id of a chosen model that would lack the key, were the user's deleted."""
        if self.keys.without_user(key_name) is None:
            for setting in MODEL_SETTINGS:
                choice = self.of(setting)
                if choice.gid and key_name in key_params(getattr(choice.provider, "auth_strategy", None)):
                    return setting, choice.gid
        return None

    def known_models(self, setting: ModelSetting) -> list[str]:
        """The ids of all models of this kind that can be told without an import."""
        from jupyter_ai_magics.catalogue import ANY_MODEL, CARDS

        cards = [card for card in CARDS if card.embeddings is (setting is EMBEDDINGS_MODEL)]
        listed = [f"{card.id}:{model}" for card in cards for model in card.models if model not in ANY_MODEL]
        return list(dict.fromkeys(listed))

    def provider_ids(self, setting: ModelSetting) -> list[str]:
        """The ids of the providers of models of this kind that are there."""
        return list(self._providers(setting))

    def known_keys(self) -> dict[str, str]:
        """Where each key comes from that is there, by name."""
        from jupyter_ai_magics.catalogue import CARDS

        strategies = [card.auth_strategy for card in CARDS]
        selected = [self.of(setting).provider for setting in MODEL_SETTINGS]
        strategies += [getattr(provider, "auth_strategy", None) for provider in selected]
        names = {*self.keys.names(), *(name for strategy in strategies for name in key_params(strategy))}
        return {name: source for name in sorted(names) if (source := self.keys.source(name))}

    def _providers(self, setting: ModelSetting) -> Mapping[str, Any]:
        return self.em_providers() if setting is EMBEDDINGS_MODEL else self.lm_providers()

    def _usable(self, setting: ModelSetting, gid: str, where: str) -> tuple[Any, str | None]:
        if ":" not in gid:
            return None, f"what {where} says is not of the form <provider>:<model>."
        reason = self.policy.model_reason(gid)
        if reason is not None:
            return None, f"may not be used: {reason}."
        return self.find_provider(setting, gid)

    def _fields(self, setting: ModelSetting, gid: str, provider: Any, snapshot: Snapshot) -> dict[str, Any]:
        entered = self.sources.fields(setting, gid, snapshot)
        return checked_fields(provider, entered, f"{setting.fields}.{gid}")
