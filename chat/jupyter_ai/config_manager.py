"""Which model answers, with which parameters."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from traitlets.config import Configurable

from jupyter_ai_magics.auth import key_params
from jupyter_ai_magics.models.persona import JupyternautPersona, Persona

if TYPE_CHECKING:
    from jupyter_ai_magics import BaseEmbeddingsProvider, BaseProvider

__all__ = ["OFFLINE_MODEL", "ConfigManager", "JupyternautPersona"]

OFFLINE_MODEL = "mockllm:offline"
"""The model that answers while nothing else is configured: in process, without a key or a network."""

P = TypeVar("P")

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


class ConfigManager(Configurable):
    """Tells handlers which model to use. Global ids read `<provider id>:<model id>`."""

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
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.log = log
        self._lm_providers = lm_providers  # by provider id; loads what is asked for
        self._em_providers = em_providers
        self._defaults = defaults  # what the administrator decided, by the names of `GlobalConfig`
        self._allowed_providers = allowed_providers
        self._blocked_providers = blocked_providers
        self._allowed_models = allowed_models
        self._blocked_models = blocked_models

    @property
    def lm_gid(self) -> str | None:
        """The global id of the language model; the offline model if none was chosen."""
        chosen = self._defaults.get("model_provider_id")
        return str(chosen) if chosen else OFFLINE_MODEL

    @property
    def em_gid(self) -> str | None:
        """The global id of the embedding model."""
        return self._defaults.get("embeddings_provider_id")

    @property
    def lm_provider(self) -> type[BaseProvider] | None:
        """The provider class of the language model, or None if it is not to be had."""
        return _find(self.lm_gid, self._lm_providers)

    @property
    def em_provider(self) -> type[BaseEmbeddingsProvider] | None:
        """The provider class of the embedding model, or None if none was chosen."""
        return _find(self.em_gid, self._em_providers)

    @property
    def completions_lm_provider(self) -> type[BaseProvider] | None:
        """The provider class of the completion model, or None if none was chosen."""
        return _find(self._defaults.get("completions_model_provider_id"), self._lm_providers)

    @property
    def lm_provider_params(self) -> dict[str, Any] | None:
        """Keyword arguments for `lm_provider`."""
        return self._params(self.lm_gid, self.lm_provider, "fields")

    @property
    def em_provider_params(self) -> dict[str, Any] | None:
        """Keyword arguments for `em_provider`."""
        return self._params(self.em_gid, self.em_provider, "embeddings_fields")

    @property
    def completions_lm_provider_params(self) -> dict[str, Any] | None:
        """Keyword arguments for `completions_lm_provider`."""
        gid = self._defaults.get("completions_model_provider_id")
        return self._params(gid, self.completions_lm_provider, "completions_fields")

    @property
    def persona(self) -> Persona:
        """The persona of the language model's provider, or Jupyternaut."""
        provider = self.lm_provider
        persona = getattr(provider, "persona", None)
        return persona if isinstance(persona, Persona) else JupyternautPersona

    def _params(self, gid: str | None, provider: Any, fields: str) -> dict[str, Any] | None:
        if gid is None or provider is None:
            return None
        settings = self._defaults.get(fields, {}).get(gid, {})
        return {"model_id": gid.split(":", 1)[1], **settings, **_keys(provider, self._defaults)}


def _find(gid: str | None, providers: Mapping[str, P]) -> P | None:
    if not gid or ":" not in gid:
        return None
    return providers.get(gid.split(":", 1)[0])


def _keys(provider: Any, defaults: dict[str, Any]) -> dict[str, str]:
    """The keys that `provider` needs, by the keyword that takes them: the environment's first."""
    stored = defaults.get("api_keys", {})
    names = key_params(getattr(provider, "auth_strategy", None))
    found = {keyword: os.environ.get(name) or stored.get(name) for name, keyword in names.items()}
    return {keyword: key for keyword, key in found.items() if key}
