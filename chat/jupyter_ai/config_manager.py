"""Which model answers, with which parameters; and the settings that decide it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets.config import Configurable

from jupyter_ai.config.change import Change, plan
from jupyter_ai.config.choice import Choices, WhyNot
from jupyter_ai.config.completions import CompletionSettings
from jupyter_ai.config.file import SettingsFile, SettingsStore
from jupyter_ai.config.hidden import hidden
from jupyter_ai.config.memory import MemorySecrets, MemorySettings
from jupyter_ai.config.schema import DEFAULT_INDENTATION_DEPTH, Settings
from jupyter_ai.config.secret_values import SecretValues
from jupyter_ai.config.sources import (
    COMPLETIONS_MODEL,
    EMBEDDINGS_MODEL,
    LANGUAGE_MODEL,
    MODEL_SETTINGS,
    OFFLINE_MODEL,
    ModelSetting,
    Sources,
)
from jupyter_ai.config.writer import Writer, take
from jupyter_ai.errors import (
    AuthError,
    BlockedModelError,
    KeyEmptyError,
    KeyInUseError,
    WriteConflictError,
)
from jupyter_ai.keys.secrets import Keys
from jupyter_ai_magics.failures import asking
from jupyter_ai_magics.models.persona import JupyternautPersona, Persona
from jupyter_ai_magics.network import NetworkSettings
from jupyter_ai_magics.policy import Policy
from jupyter_ai_magics.utils import AnyProvider

if TYPE_CHECKING:
    from jupyter_ai.models import DescribeConfigResponse, UpdateConfigRequest
    from jupyter_ai.offers import Offers
    from jupyter_ai_magics import BaseEmbeddingsProvider, BaseProvider

__all__ = [
    "DEFAULT_INDENTATION_DEPTH",
    "OFFLINE_MODEL",
    "AnyProvider",
    "AuthError",
    "BlockedModelError",
    "ConfigManager",
    "JupyternautPersona",
    "KeyEmptyError",
    "KeyInUseError",
    "WriteConflictError",
]

_FIELDS = [setting.fields for setting in MODEL_SETTINGS]

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


class ConfigManager(Configurable):
    """Tells handlers which model to use. Global ids read `<provider id>:<model id>`.

    `defaults` holds the administrator's defaults by the names of `GlobalConfig`, `fixed` likewise what
    nobody may choose otherwise. The settings are kept at `path`, or without one in memory; a change of that
    file counts from the next access on. All of it may be used from any thread.
    """

    def __init__(
        self,
        log: Log,
        lm_providers: Mapping[str, type[BaseProvider]],
        em_providers: Mapping[str, type[BaseEmbeddingsProvider]],
        defaults: dict[str, Any],
        allowed_providers: list[str] | None = None,
        blocked_providers: list[str] | None = None,
        allowed_models: list[str] | None = None,
        blocked_models: list[str] | None = None,
        *args: Any,
        policy: Policy | None = None,
        keys: Keys | None = None,
        network: NetworkSettings | None = None,
        path: Path | None = None,
        fixed: Mapping[str, Any] | None = None,
        model_parameters: Mapping[str, Mapping[str, Any]] | None = None,
        why_not: WhyNot | None = None,
        url_hosts: Collection[str] = (),
        completions: CompletionSettings | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.log = log
        self.policy = policy or Policy(allowed_providers, blocked_providers, allowed_models, blocked_models)
        self.keys = keys or Keys(MemorySecrets(), defaults.get("api_keys") or {})
        self._lm_providers, self._em_providers = lm_providers, em_providers  # imports what is asked for
        self._store = self._opened(path)
        self._writer = Writer(self._store, self.keys, log)
        self.sources = Sources(os.environ, fixed or {}, self._store.read, self._store.name, defaults)
        self.network, parameters = network or NetworkSettings(), model_parameters or {}
        self.completions = completions or CompletionSettings()
        self.choices = Choices(
            self.sources,
            self.policy,
            self.keys,
            self.network,
            self._providers,
            parameters,
            why_not,
            self.completions,
        )
        self._secret_values = SecretValues(self.sources, parameters, self.network, self.completions.headers)
        self.url_hosts = tuple(url_hosts)  # whose pages `@url:` reads, as the administrator decided
        self.offers: Offers | None = None  # what could be chosen; a server looks for it
        self._watchers: list[Callable[[], None]] = []  # told of each change
        self._prepared: str | None = None  # the language model whose provider was imported on a thread

    def _providers(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return self._lm_providers, self._em_providers

    def _opened(self, path: Path | None) -> SettingsStore:
        if path is None:
            return MemorySettings()
        return SettingsFile(path, self.log, lambda found: take(self.keys, found))

    # The models

    @property
    def lm_gid(self) -> str | None:
        """The global id of the language model; the offline model if none was chosen."""
        return self._gid(LANGUAGE_MODEL)

    @property
    def em_gid(self) -> str | None:
        """The global id of the embedding model."""
        return self._gid(EMBEDDINGS_MODEL)

    @property
    def model_provider_id(self) -> str | None:
        """The same as `lm_gid`."""
        return self.lm_gid

    @property
    def embeddings_provider_id(self) -> str | None:
        """The same as `em_gid`."""
        return self.em_gid

    @property
    def completions_model_provider_id(self) -> str | None:
        """The global id of the completion model."""
        return self._gid(COMPLETIONS_MODEL)

    @property
    def lm_provider(self) -> type[BaseProvider] | None:
        """The provider class of the language model; None if it is not to be had: see `lm_problem`."""
        provider: type[BaseProvider] | None = self.choices.of(LANGUAGE_MODEL).provider
        return provider

    @property
    def em_provider(self) -> type[BaseEmbeddingsProvider] | None:
        """The provider class of the embedding model, or None if there is none."""
        provider: type[BaseEmbeddingsProvider] | None = self.choices.of(EMBEDDINGS_MODEL).provider
        return provider

    @property
    def completions_lm_provider(self) -> type[BaseProvider] | None:
        """The provider class of the completion model, or None if there is none."""
        provider: type[BaseProvider] | None = self.choices.of(COMPLETIONS_MODEL).provider
        return provider

    @property
    def lm_provider_params(self) -> dict[str, Any] | None:
        """Keyword arguments for `lm_provider`; ValueError names what is wrong with the network settings."""
        return self.choices.params(LANGUAGE_MODEL)

    @property
    def em_provider_params(self) -> dict[str, Any] | None:
        """Keyword arguments for `em_provider`, likewise."""
        return self.choices.params(EMBEDDINGS_MODEL)

    @property
    def completions_lm_provider_params(self) -> dict[str, Any] | None:
        """Keyword arguments for `completions_lm_provider`, likewise."""
        return self.choices.params(COMPLETIONS_MODEL)

    @property
    def persona(self) -> Persona:
        """The persona of the language model's provider, or Jupyternaut."""
        with asking():
            persona = getattr(self.lm_provider, "persona", None)
        return persona if isinstance(persona, Persona) else JupyternautPersona

    @property
    def lm_is_chosen(self) -> bool:
        """Whether somebody named the language model; if not, the offline model answers."""
        source = self.sources.chosen(LANGUAGE_MODEL)
        return source is None or source.kind != "built-in"

    @property
    def lm_problem(self) -> str | None:
        """Why the language model cannot answer, and what it lacks; None if all is well."""
        return self.choices.problem_of(LANGUAGE_MODEL)

    @property
    def problems(self) -> list[str]:
        """All that is wrong with the settings, in words."""
        models = [self.choices.problem_of(setting) for setting in MODEL_SETTINGS]
        found = [self._store.read().problem, self.keys.problem, *models]
        return list(dict.fromkeys(problem for problem in found if problem))

    @property
    def max_chat_history(self) -> int | None:
        """How many exchanges the model is to remember; None: as many as the administrator says."""
        return self._store.read().settings.max_chat_history

    @property
    def prepared(self) -> bool:
        """Whether the next answer imports no provider."""
        return self._prepared == self.lm_gid

    def prepare(self) -> None:
        """Import the provider of the language model, which takes long; call it on a thread."""
        choice = self.choices.of(LANGUAGE_MODEL)
        if choice.provider is not None:
            self._prepared = choice.gid

    def secret_values(self) -> Mapping[str, str]:
        """Secrets beside the keys, with the name of what each belongs to: for redaction, never to be shown.

        The values of headers, passwords in addresses, and what is like a key in `fields` and parameters.
        """
        return self._secret_values.now()

    # The settings

    def get_config(self) -> DescribeConfigResponse:
        """Describe the settings: of keys, the names only, and of headers and addresses no secrets."""
        from jupyter_ai.models import DescribeConfigResponse

        snapshot = self._store.read()
        sources = {setting.name: self.sources.chosen(setting, snapshot) for setting in MODEL_SETTINGS}
        keys = self.choices.known_keys()
        values: dict[str, Any] = {
            **{name: source.value if source else None for name, source in sources.items()},
            **{name: _shown(getattr(snapshot.settings, name)) for name in _FIELDS},
        }
        return DescribeConfigResponse(
            **values,
            send_with_shift_enter=snapshot.settings.send_with_shift_enter,
            max_chat_history=snapshot.settings.max_chat_history,
            default_max_chat_history=self.sources.defaults.get("max_chat_history"),
            api_keys=list(keys),
            last_read=snapshot.stamp,
            fixed={name: source.where for name, source in sources.items() if source and source.is_fixed},
            problems=self.problems,
            key_sources=keys,
        )

    # 2.x gave this name of traitlets another meaning, and traitlets does not call it by itself.
    def update_config(  # type: ignore[override]
        self, config_update: UpdateConfigRequest, *, forget: Collection[str] = ()
    ) -> None:
        """Change settings, all that are asked for or none; `forget` names keys to delete with it.

        Raises a `SettingsError` that names the setting: `InvalidSetting`, `BlockedModelError`, `AuthError`,
        `KeyEmptyError`, `SettingFixed`, `WriteConflictError` if they were changed since `last_read`, and
        `SettingsNotSaved` if the disk refuses them, or if the file is broken and no model is named.
        `SecretsError` if the keys cannot be stored. For `forget` also what `delete_api_key` raises.
        """
        self._writer.change(lambda before: plan(self, config_update, before, forget))
        self._tell()

    def delete_api_key(self, key_name: str) -> None:
        """Forget a key of the user's. Raises `KeyNotFound`, `SettingFixed`, and `KeyInUseError` if needed."""
        from jupyter_ai.models import UpdateConfigRequest

        self.update_config(UpdateConfigRequest(), forget=[key_name])

    def reset(self) -> None:
        """Forget all that the person chose, and keep their keys. Raises `SettingsNotSaved`."""
        blank = Settings().model_dump(exclude={"version", "changed"})
        self._writer.change(lambda before: Change(blank))
        self._tell()

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called after each change that is made here, on the thread that makes it.

        It must not raise. Returns what ends that.
        """
        self._watchers.append(changed)
        return lambda: self._watchers.remove(changed)

    # Within

    def _tell(self) -> None:
        for changed in list(self._watchers):
            changed()

    def _gid(self, setting: ModelSetting) -> str | None:
        source = self.sources.chosen(setting)
        return source.value if source is not None else None


def _shown(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        gid: {key: hidden(key, value) for key, value in entered.items()} for gid, entered in fields.items()
    }
