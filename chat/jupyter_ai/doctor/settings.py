"""The settings, and where each comes from; and whether the models that are chosen answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jupyter_ai.config.explained import explain
from jupyter_ai.config.sources import LANGUAGE_MODEL, MODEL_SETTINGS, ModelSetting
from jupyter_ai.doctor.finding import Finding
from jupyter_ai.model_trial import try_model

if TYPE_CHECKING:
    from jupyter_ai.config.explained import Explained
    from jupyter_ai.server.host import EngineHost

__all__ = ["models", "not_used", "settings"]

_OFFLINE = "mockllm:offline"


def settings(host: EngineHost) -> Iterator[Finding]:
    """What is set, then what is wrong with it; a secret is hidden."""
    for setting in explain(host):
        if setting.value is not None:
            yield Finding("settings", setting.name, "ok", _value(setting), setting.where)
    remedy = "`jupyter ai config --explain` tells where each setting is changed"
    for problem in dict.fromkeys([*host.problems.values(), *host.config_manager.problems]):
        yield Finding("settings", "problem", "problem", problem, remedy=remedy)


def not_used(told: str) -> Finding:
    """A configuration file that cannot be read, in the words of `read_config`."""
    return Finding("settings", "configuration", "problem", told, remedy="correct the file")


async def models(host: EngineHost, *, ask: bool) -> list[Finding]:
    """Whether each model that is chosen answers one word; with `ask` False nothing is sent.

    Cancelling it cancels the call.
    """
    chosen = [(setting, host.config_manager.choices.of(setting).gid) for setting in MODEL_SETTINGS]
    wanted = [(setting, gid) for setting, gid in chosen if gid or setting is LANGUAGE_MODEL]
    return [await _model(host, setting, gid, ask) for setting, gid in wanted]


async def _model(host: EngineHost, setting: ModelSetting, gid: str | None, ask: bool) -> Finding:
    name = f"{setting.what} {gid or 'none'}"
    if not ask and gid != _OFFLINE:
        problem = host.config_manager.choices.problem_of(setting)
        if problem is None:
            return Finding("model", name, "note", "it was not asked")
        return Finding("model", name, "problem", problem, remedy=_CHOOSE)
    verdict = await try_model(host.config_manager, setting, host.log)
    if verdict.ok:
        return Finding("model", name, "ok", f"it answers within {verdict.seconds:.1f} s")
    return Finding("model", name, "problem", verdict.reason, remedy=verdict.hint or _CHOOSE)


_CHOOSE = "choose another with `jupyter ai config --model ID`"


def _value(setting: Explained) -> str:
    return setting.value if isinstance(setting.value, str) else repr(setting.value)
