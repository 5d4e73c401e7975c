"""Where a setting comes from: the environment, the administrator, the user's file, or a default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jupyter_ai.config.file import Snapshot
from jupyter_ai_magics.aliases import MODEL_ID_ALIASES

__all__ = [
    "COMPLETIONS_MODEL",
    "EMBEDDINGS_MODEL",
    "LANGUAGE_MODEL",
    "MODEL_SETTINGS",
    "OFFLINE_MODEL",
    "Kind",
    "ModelSetting",
    "Source",
    "Sources",
    "resolved",
]

OFFLINE_MODEL = "mockllm:offline"
"""The model that answers while nothing else is configured: in process, without a key or a network."""

Kind = Literal["environment", "administrator", "user", "default", "built-in"]


@dataclass(frozen=True)
class ModelSetting:
    """A setting that names a model, and where each of its values comes from."""

    name: str  # in the settings file and over REST
    fields: str  # the setting that holds what people entered for models of this kind
    what: str
    environment: str
    trait: str
    default_trait: str
    option: str
    built_in: str | None = None


LANGUAGE_MODEL = ModelSetting(
    "model_provider_id",
    "fields",
    "language model",
    "JUPYTER_AI_LANGUAGE_MODEL",
    "AiExtension.language_model",
    "AiExtension.default_language_model",
    "--model",
    OFFLINE_MODEL,
)
EMBEDDINGS_MODEL = ModelSetting(
    "embeddings_provider_id",
    "embeddings_fields",
    "embedding model",
    "JUPYTER_AI_EMBEDDINGS_MODEL",
    "AiExtension.embeddings_model",
    "AiExtension.default_embeddings_model",
    "--embeddings-model",
)
COMPLETIONS_MODEL = ModelSetting(
    "completions_model_provider_id",
    "completions_fields",
    "completion model",
    "JUPYTER_AI_COMPLETIONS_MODEL",
    "AiExtension.completions_model",
    "AiExtension.default_completions_model",
    "--completions-model",
)
MODEL_SETTINGS = (LANGUAGE_MODEL, EMBEDDINGS_MODEL, COMPLETIONS_MODEL)


@dataclass(frozen=True)
class Source:
    """A place that a setting may come from, and what it says: None if nothing."""

    kind: Kind
    where: str
    value: Any
    unused: str | None = None  # why it does not count, whatever it says

    @property
    def counts(self) -> bool:
        """Whether it says something that is heard."""
        return self.value is not None and self.unused is None

    @property
    def is_fixed(self) -> bool:
        """Whether a person cannot choose otherwise."""
        return self.kind in ("environment", "administrator")


@dataclass(frozen=True)
class Sources:
    """All places, with what they say now."""

    environ: Mapping[str, str]
    fixed: Mapping[str, Any]  # like `defaults`, by the names of settings
    read: Callable[[], Snapshot]
    file: str  # for people
    defaults: Mapping[str, Any]

    def of(self, setting: ModelSetting, snapshot: Snapshot | None = None) -> list[Source]:
        """The places of a setting, in order of precedence."""
        snapshot = snapshot or self.read()
        name = setting.name
        places: list[tuple[Kind, str, Any]] = [
            (
                "environment",
                f"{setting.environment} in the environment",
                self.environ.get(setting.environment),
            ),
            ("administrator", setting.trait, self.fixed.get(name)),
            ("user", self.file, getattr(snapshot.settings, name)),
            ("default", setting.default_trait, self.defaults.get(name)),
            ("built-in", "built in", setting.built_in),
        ]
        return [Source(kind, where, resolved(value)) for kind, where, value in places]

    def chosen(self, setting: ModelSetting, snapshot: Snapshot | None = None) -> Source | None:
        """The place that counts: the first that says something.

        Nobody knows what a broken file said: what comes after it does not count then.
        """
        snapshot = snapshot or self.read()
        for source in self.of(setting, snapshot):
            if source.value is not None:
                return source
            if source.kind == "user" and snapshot.broken:
                return None
        return None

    def fields(self, setting: ModelSetting, gid: str, snapshot: Snapshot | None = None) -> dict[str, Any]:
        """What is set for a model: the administrator's defaults, then what the person entered."""
        defaults = self.defaults.get(setting.fields) or {}
        return {**defaults.get(gid, {}), **self.entered(setting, gid, snapshot)}

    def entered(self, setting: ModelSetting, gid: str, snapshot: Snapshot | None = None) -> dict[str, Any]:
        """What the person entered for a model."""
        settings = (snapshot or self.read()).settings
        entered: dict[str, Any] = getattr(settings, setting.fields).get(gid, {})
        return entered


def resolved(value: Any) -> str | None:
    """The global id of a model, also where an alias stands for it; None where nothing stands."""
    text = str(value or "").strip()
    return MODEL_ID_ALIASES.get(text, text) or None
