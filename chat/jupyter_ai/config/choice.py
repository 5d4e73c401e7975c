"""The models that are chosen: their providers, what these are called with, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_ai.config.completions import AUTO, ENDPOINT_KEY, CompletionSettings, is_of_endpoint
from jupyter_ai.config.fields import checked_fields, is_address, own_fields
from jupyter_ai.config.file import Snapshot
from jupyter_ai.config.hidden import secrets_in
from jupyter_ai.config.naming import MOST, told
from jupyter_ai.config.sources import (
    COMPLETIONS_MODEL,
    EMBEDDINGS_MODEL,
    MODEL_SETTINGS,
    ModelSetting,
    Sources,
)
from jupyter_ai.errors import SettingFixed, SettingsError
from jupyter_ai.keys.secrets import Keys
from jupyter_ai_magics.auth import key_params
from jupyter_ai_magics.failures import asking, summarize
from jupyter_ai_magics.network import NetworkSettings, network_keyword, network_params
from jupyter_ai_magics.policy import Policy

__all__ = ["Choice", "Choices", "WhyNot"]

WhyNot = Callable[[ModelSetting, str], str | None]
"""Tells why a provider of a kind of models, by its id, is not to be had."""


@dataclass(frozen=True)
class Choice:
    """A model that is chosen, and its provider; or None for it, and the reason.

    There is no provider, and no reason, where the service of completions itself does what a provider does.
    """

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
    providers: Callable[[], tuple[Mapping[str, Any], Mapping[str, Any]]]  # by id: of language, of embeddings
    model_parameters: Mapping[str, Mapping[str, Any]]  # the administrator's, which handlers apply
    why_not: WhyNot | None = None
    completions: CompletionSettings = field(default_factory=CompletionSettings)

    def of(self, setting: ModelSetting, snapshot: Snapshot | None = None) -> Choice:
        """The choice of now, or with the settings of `snapshot`; it may import the provider."""
        snapshot = snapshot or self.sources.read()
        source = self.sources.chosen(setting, snapshot)
        if source is None:
            return Choice(None, problem=snapshot.problem if snapshot.broken else None)
        return self.named(setting, str(source.value), source.where, snapshot)

    def named(self, setting: ModelSetting, gid: str, where: str, snapshot: Snapshot | None = None) -> Choice:
        """The choice if it were this model, which `where` names; it may import the provider."""
        snapshot = snapshot or self.sources.read()
        if setting is COMPLETIONS_MODEL and (gid == AUTO or is_of_endpoint(gid)):
            reason = self.why_not_served(gid)
            return Choice(gid, problem=reason and f"{told(gid)} is selected, but {reason}")
        provider, reason = self._usable(setting, gid, where)
        if provider is None:
            return Choice(gid, problem=f"{told(gid)} is selected, but {reason}")
        try:
            with asking():
                return Choice(gid, provider, self._fields(setting, gid, provider, snapshot))
        except SettingsError as error:
            return Choice(gid, problem=f"{gid} is selected, but {error}")
        # The provider's class is plug-in code, and may be anything.
        except Exception as error:  # noqa: BLE001
            return Choice(gid, problem=f"{gid} is selected, but its class cannot be used: {summarize(error)}")

    def params(self, setting: ModelSetting) -> dict[str, Any] | None:
        """Keyword arguments for the provider; ValueError names what is wrong with the network settings."""
        return self.params_of(self.of(setting))

    def params_of(self, choice: Choice) -> dict[str, Any] | None:
        """The same for a choice; None if it has no provider."""
        if choice.gid is None or choice.provider is None:
            return None
        names = key_params(getattr(choice.provider, "auth_strategy", None))
        keys = {keyword: key for name, keyword in names.items() if (key := self.keys.get(name))}
        network = network_keyword(choice.provider, self.network)
        # The model last: whatever else is given, this is the one that the policy let pass.
        return {**network, **choice.fields, **keys, "model_id": choice.gid.partition(":")[2]}

    def problem_of(self, setting: ModelSetting) -> str | None:
        """Why the model of this kind cannot be used; None if it can, or if none is chosen."""
        choice = self.of(setting)
        if choice.gid is None or choice.provider is None:
            return choice.problem
        try:
            network_params(choice.provider, self.network)
        except (ValueError, ImportError) as error:
            return f"{choice.gid} cannot be reached: {error}"
        lacking = self.lacking_keys(choice.provider, choice.gid)
        return f"{choice.gid} needs {' and '.join(lacking)}, which is not set." if lacking else None

    def why_not_served(self, gid: str) -> str | None:
        """Why `auto`, or a model of the deployment's endpoint, does not complete code; None if it may."""
        if gid == AUTO:
            return None
        reason = self.policy.model_reason(gid)
        return f"may not be used: {reason}." if reason else self.completions.why_not(gid)

    def find_provider(self, setting: ModelSetting, gid: str) -> tuple[Any, str | None]:
        """The class that provides a model of this kind, or None and the reason."""
        id = gid.partition(":")[0]
        found = self._providers(setting).get(id)
        if found is not None:
            return found, None
        reason = self.why_not(setting, id) if self.why_not else None
        return None, f"its provider {id} {(reason or 'is not installed').rstrip('.')}."

    def lacking_keys(self, provider: Any, gid: str) -> list[str]:
        """The names of the keys that a model needs and nobody has given."""
        given = self.model_parameters.get(gid, {})
        wanted = key_params(getattr(provider, "auth_strategy", None)).items()
        return [name for name, keyword in wanted if not (given.get(keyword) or self.keys.get(name))]

    def check_addresses(
        self,
        setting: ModelSetting,
        gid: str,
        provider: Any,
        entered: Mapping[str, Any],
        snapshot: Snapshot,
        new_keys: Collection[str] = (),
    ) -> None:
        """Raise `SettingFixed` if a person's field sends elsewhere what is the administrator's.

        `new_keys` names keys that the person is about to set.
        """
        why = self._why_no_address(setting, gid, provider, snapshot, new_keys)
        allowed = self.model_parameters.get(gid, {})
        for key, value in entered.items():
            if why and is_address(key, value) and key in own_fields(provider) and key not in allowed:
                raise SettingFixed(
                    f"{setting.fields}.{gid}.{key}: it is an address, and {why}. Empty it, enter "
                    "a key of your own, or ask the administrator to set it in AiExtension.model_parameters."
                )

    def unused_fields(self, setting: ModelSetting, gid: str, snapshot: Snapshot) -> dict[str, str]:
        """Why fields that are set for a model do not reach it, by key; it may import the provider."""
        provider = self._usable(setting, gid, self.sources.file)[0]
        if provider is None:
            return {}
        known = own_fields(provider)
        unknown = "its provider has no such field"
        reasons = {key: unknown for key in self.sources.fields(setting, gid, snapshot) if key not in known}
        for key, value in self.sources.entered(setting, gid, snapshot).items():
            try:
                self.check_addresses(setting, gid, provider, {key: value}, snapshot)
            except SettingFixed as error:
                reasons[key] = str(error)
        return reasons

    def user_of(self, key_name: str, snapshot: Snapshot | None = None) -> tuple[ModelSetting, str] | None:
        """The kind and the id of a chosen model that would lack the key, were the user's deleted."""
        if self.keys.without_user(key_name) is None:
            for setting in MODEL_SETTINGS:
                choice = self.of(setting, snapshot)
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
        endpoint = [ENDPOINT_KEY] if self.completions.base_url else []
        selected = [self.of(setting).provider for setting in MODEL_SETTINGS]
        strategies += [getattr(provider, "auth_strategy", None) for provider in selected]
        names = {
            *self.keys.names(),
            *endpoint,
            *(name for strategy in strategies for name in key_params(strategy)),
        }
        return {name: source for name in sorted(names) if (source := self.keys.source(name))}

    def _providers(self, setting: ModelSetting) -> Mapping[str, Any]:
        language, embeddings = self.providers()
        return embeddings if setting is EMBEDDINGS_MODEL else language

    def _usable(self, setting: ModelSetting, gid: str, where: str) -> tuple[Any, str | None]:
        if len(gid) > MOST:
            return None, f"what {where} says is longer than {MOST} characters."
        if ":" not in gid:
            return None, f"what {where} says is not of the form <provider>:<model>."
        reason = self.policy.model_reason(gid)
        if reason is not None:
            return None, f"may not be used: {reason}."
        return self.find_provider(setting, gid)

    def _fields(self, setting: ModelSetting, gid: str, provider: Any, snapshot: Snapshot) -> dict[str, Any]:
        person = self.sources.entered(setting, gid, snapshot)
        self.check_addresses(setting, gid, provider, person, snapshot)
        entered = self.sources.fields(setting, gid, snapshot)
        return checked_fields(provider, entered, f"{setting.fields}.{gid}")

    def _why_no_address(
        self, setting: ModelSetting, gid: str, provider: Any, snapshot: Snapshot, new_keys: Collection[str]
    ) -> str | None:
        """Why people cannot say where requests to this model go; None if they can."""
        source = self.sources.chosen(setting, snapshot)
        if source is not None and source.kind == "administrator" and source.value == gid:
            return f"the model is fixed by {source.where}"
        parameters = self.model_parameters.get(gid, {})
        keys = key_params(getattr(provider, "auth_strategy", None))
        if any(secrets_in("", parameters)) or any(parameters.get(keyword) for keyword in keys.values()):
            return "the model is called with a secret of AiExtension.model_parameters"
        theirs = [name for name in keys if self.keys.source(name) == "administrator" and name not in new_keys]
        return f"{theirs[0]} comes from AiExtension.default_api_keys" if theirs else None
