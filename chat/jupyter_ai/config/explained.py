"""Every setting: its value, where that comes from, what else was considered, and where to change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_ai.config.hidden import HIDDEN, hidden
from jupyter_ai.config.sources import MODEL_SETTINGS, Kind, ModelSetting, Source

if TYPE_CHECKING:
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.server.host import EngineHost, HostOptions

__all__ = ["Explained", "explain"]

_LISTS = ("allowed_providers", "blocked_providers", "allowed_models", "blocked_models", "url_hosts")
_COMPLETIONS = {
    "completions_base_url": "base_url",
    "completions_headers": "headers",
    "completions_endpoint_models": "endpoint_models",
    "completion_candidates": "candidates",
    "completions_experiment": "experiment",
}
_NETWORK = {"proxy": "PROXY", "ca_bundle": "CA_BUNDLE", "timeout": "TIMEOUT", "headers": "HEADERS"}
_BUILT_IN = {"key_store": "file"}
_MEMORY_TRAIT, _MEMORY_BUILT_IN = "AiExtension.default_max_chat_history", 2
_KEYS: dict[str, tuple[Kind, str]] = {
    "environment": ("environment", "the environment"),
    "user": ("user", "the secret store"),
    "administrator": ("default", "AiExtension.default_api_keys"),
}


@dataclass(frozen=True)
class Explained:
    """A setting as people see it; a secret is hidden."""

    name: str
    value: Any
    source: Kind | None  # None: it is not set anywhere
    where: str
    considered: tuple[Source, ...]  # every place, the first one that says something counts
    read_only: bool
    change: str  # where to change it

    def describe(self) -> dict[str, Any]:
        """As JSON."""
        places = [
            {"source": s.kind, "where": s.where, "value": s.value, "unused": s.unused}
            for s in self.considered
        ]
        shown = {name: getattr(self, name) for name in ("name", "value", "source", "where", "read_only")}
        return {**shown, "considered": places, "change": self.change}


def explain(host: EngineHost) -> list[Explained]:
    """All settings, those first that people choose."""
    config, options = host.config_manager, host.options
    models = [_model(config, setting) for setting in MODEL_SETTINGS]
    return [
        *models,
        _shift_enter(config),
        _memory_length(config, options),
        *(entry for setting in MODEL_SETTINGS for entry in _fields(config, setting)),
        *_keys(config),
        *_network(config, options, wrong="network" in host.problems),
        *_administrators(options),
    ]


def _explained(
    name: str, places: Iterable[Source], change: str, *, broken: bool = False, fixed: bool = False
) -> Explained:
    considered = tuple(places)
    said = next((source for source in considered if source.counts), None)
    order = [source.kind for source in considered]
    if broken and (said is None or order.index(said.kind) > order.index("user")):
        said = None
    if said is None:
        return Explained(name, None, None, "not set", considered, fixed, change)
    read_only = fixed or said.is_fixed
    change = said.where if said.is_fixed else change
    return Explained(name, said.value, said.kind, said.where, considered, read_only, change)


def _model(config: ConfigManager, setting: ModelSetting) -> Explained:
    snapshot = config.sources.read()
    change = f"`jupyter ai config {setting.option} ID`"
    return _explained(setting.name, config.sources.of(setting, snapshot), change, broken=snapshot.broken)


def _shift_enter(config: ConfigManager) -> Explained:
    stored = config.sources.read().settings
    chosen = stored.send_with_shift_enter if "send_with_shift_enter" in stored.model_fields_set else None
    places = [Source("user", config.sources.file, chosen), Source("built-in", "built in", False)]
    return _explained("send_with_shift_enter", places, "the settings of the chat")


def _memory_length(config: ConfigManager, options: HostOptions) -> Explained:
    decided = "all" if options.max_chat_history is None else options.max_chat_history
    places = [
        Source("user", config.sources.file, config.max_chat_history),
        Source("default", _MEMORY_TRAIT, None if decided == _MEMORY_BUILT_IN else decided),
        Source("built-in", "built in", _MEMORY_BUILT_IN),
    ]
    return _explained("max_chat_history", places, "the settings of the chat")


def _fields(config: ConfigManager, setting: ModelSetting) -> Iterator[Explained]:
    snapshot = config.sources.read()
    stored = getattr(snapshot.settings, setting.fields)
    defaults = config.sources.defaults.get(setting.fields) or {}
    for gid in sorted({*stored, *defaults}):
        parameters = config.choices.model_parameters.get(gid, {})
        reasons = config.choices.unused_fields(setting, gid, snapshot)
        for key in sorted({*stored.get(gid, {}), *defaults.get(gid, {})}):
            given = (parameters, stored.get(gid, {}), defaults.get(gid, {}))
            values = [hidden(key, members.get(key)) for members in given]
            places = [
                Source("administrator", "AiExtension.model_parameters", values[0]),
                Source("user", config.sources.file, values[1], reasons.get(key)),
                Source("default", "the administrator's defaults", values[2], reasons.get(key)),
            ]
            yield _explained(f"{setting.fields}.{gid}.{key}", places, "the settings of the chat")


def _keys(config: ConfigManager) -> Iterator[Explained]:
    for name, source in config.choices.known_keys().items():
        given = {
            "environment": source == "environment",
            "user": name in config.keys.stored(),
            "administrator": name in (config.sources.defaults.get("api_keys") or {}),
        }
        places = [Source(*_KEYS[kind], HIDDEN if is_given else None) for kind, is_given in given.items()]
        yield _explained(f"api_keys.{name}", places, f"`jupyter ai config --set-key {name}`")


def _network(config: ConfigManager, options: HostOptions, *, wrong: bool) -> Iterator[Explained]:
    """Those of the environment do not count if one of them is `wrong`."""
    environ = config.sources.environ
    for name, variable in _NETWORK.items():
        trait = f"AiExtension.network_{name}"
        decided = getattr(options, f"network_{name}") or None
        said = None if wrong else environ.get(f"JUPYTER_AI_{variable}") or None
        places = [
            Source("environment", f"JUPYTER_AI_{variable} in the environment", hidden(name, said)),
            Source("administrator", trait, hidden(name, decided)),
        ]
        yield _explained(f"network_{name}", places, trait, fixed=True)


def _administrators(options: HostOptions) -> Iterator[Explained]:
    parameters = {gid: sorted(given) for gid, given in options.model_parameters.items()}
    values: dict[str, Any] = {name: getattr(options, name) for name in _LISTS}
    values |= {
        name: hidden(name, getattr(options.completions, attribute)) or None
        for name, attribute in _COMPLETIONS.items()
    }
    values |= {"model_parameters": parameters or None, "key_store": options.key_store}
    for name, value in values.items():
        trait, built_in = f"AiExtension.{name}", _BUILT_IN.get(name)
        places = [
            Source("administrator", trait, None if value == built_in else value),
            Source("built-in", "built in", built_in),
        ]
        yield _explained(name, places, trait, fixed=True)
