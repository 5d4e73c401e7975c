"""A change of the settings that somebody asks for: checked as a whole, before anything of it takes effect."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_ai.config.fields import checked_fields, is_blank
from jupyter_ai.config.sources import LANGUAGE_MODEL, MODEL_SETTINGS, ModelSetting, resolved
from jupyter_ai.errors import (
    AuthError,
    BlockedModelError,
    InvalidSetting,
    KeyEmptyError,
    SettingFixed,
    WriteConflictError,
)
from jupyter_ai_magics.aliases import MODEL_ID_ALIASES

if TYPE_CHECKING:
    from jupyter_ai.config.file import Snapshot
    from jupyter_ai.config.schema import Settings
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.models import UpdateConfigRequest

__all__ = ["Change", "plan"]

_SECONDS = 10**12
"""Times below are seconds since the epoch, as in 2.x, and not microseconds."""


@dataclass(frozen=True)
class Change:
    """New values of settings, and keys to be stored."""

    values: dict[str, Any]
    keys: dict[str, str] = field(default_factory=dict, repr=False)

    def names(self, before: Settings) -> list[str]:
        """What is not as before, for the log; a key counts in any case."""
        return [*(n for n, value in self.values.items() if value != getattr(before, n)), *self.keys]


def plan(manager: ConfigManager, update: UpdateConfigRequest, before: Snapshot) -> Change:
    """What `update` makes of the settings `before`. Raises a `SettingsError` if it may not be.

    It may import the provider that is chosen.
    """
    return _Plan(manager, update, before).made()


class _Plan:
    def __init__(self, manager: ConfigManager, update: UpdateConfigRequest, before: Snapshot) -> None:
        self._manager = manager
        self._update = update
        self._before = before
        self._given = update.model_fields_set
        self._keys = _keys(update.api_keys or {})

    def made(self) -> Change:
        self._check_fresh()
        values: dict[str, Any] = {}
        for setting in MODEL_SETTINGS:
            entered = self._fields(setting)
            if entered is not None:
                values[setting.fields] = entered
            if setting.name in self._given:
                values |= self._model(setting, entered)
        if self._update.send_with_shift_enter is not None:
            values["send_with_shift_enter"] = self._update.send_with_shift_enter
        return Change(values, self._keys)

    def _check_fresh(self) -> None:
        read, changed = self._update.last_read, self._before.stamp
        if read is None:
            return
        if (changed // 10**6 if read < _SECONDS else changed) > read:
            raise WriteConflictError(
                "Somebody else has changed the settings meanwhile. Load them again, then make your change."
            )

    # Models

    def _model(self, setting: ModelSetting, entered: dict[str, Any] | None) -> dict[str, Any]:
        gid = resolved(getattr(self._update, setting.name))
        current = self._manager.sources.chosen(setting, self._before)
        if current is not None and current.is_fixed:
            if gid != current.value:
                raise SettingFixed(f"{setting.name}: it is fixed by {current.where}.")
            return {}
        if gid is not None:
            self._check_model(setting, gid, entered, is_new=current is None or current.value != gid)
        return {setting.name: gid}

    def _check_model(
        self, setting: ModelSetting, gid: str, entered: dict[str, Any] | None, *, is_new: bool
    ) -> None:
        provider_id, colon, model_id = gid.partition(":")
        if not (provider_id and colon and model_id):
            form = "is not of the form <provider>:<model>"
            raise InvalidSetting(f"{setting.name}: {gid!r} {form}.{self._close(setting, gid)}")
        reason = self._manager.policy.model_reason(gid)
        if reason is not None:
            raise BlockedModelError(f"{setting.name}: {gid} may not be used: {reason}.")
        if is_new:
            self._check_provider(setting, gid, entered)

    def _check_provider(self, setting: ModelSetting, gid: str, entered: dict[str, Any] | None) -> None:
        provider, problem = self._manager.choices.find_provider(setting, gid)
        if provider is None:
            raise InvalidSetting(
                f"{setting.name}: {gid} cannot be used: {problem}{self._close(setting, gid)}"
            )
        if setting is LANGUAGE_MODEL and not _is_for_chat(provider):
            raise InvalidSetting(
                f"{setting.name}: {gid} takes no messages, so that it cannot answer in the chat. "
                "It can be chosen as completions_model_provider_id."
            )
        fields = (entered or {}).get(gid) or self._manager.sources.fields(setting, gid, self._before)
        lacking = [
            name
            for name in self._manager.choices.lacking_keys(provider, gid, fields)
            if name not in self._keys
        ]
        if lacking:
            names = " and ".join(lacking)
            raise AuthError(f"{setting.name}: {gid} needs {names}, which is not set. Send it in api_keys.")

    def _close(self, setting: ModelSetting, gid: str) -> str:
        """The ids that may have been meant, as a sentence of their own."""
        choices = self._manager.choices
        known = choices.known_models(setting)
        if ":" in gid and gid.partition(":")[0] in {id.partition(":")[0] for id in known}:
            return ""  # the provider is the one that was meant
        tails = {id.partition(":")[2]: id for id in reversed(known)}
        close = [tails.get(found, found) for found in difflib.get_close_matches(gid, [*known, *tails])]
        close += [MODEL_ID_ALIASES[found] for found in difflib.get_close_matches(gid, MODEL_ID_ALIASES, n=1)]
        provider_id, _, model_id = gid.partition(":")
        providers = difflib.get_close_matches(provider_id, choices.provider_ids(setting), n=1)
        close = [f"{id}:{model_id}" for id in providers if model_id and id != provider_id] or close
        meant = [id for id in dict.fromkeys(close) if self._manager.policy.model_reason(id) is None]
        return f" Did you mean {' or '.join(meant[:3])}?" if meant else ""

    # Fields

    def _fields(self, setting: ModelSetting) -> dict[str, Any] | None:
        """The entries of all models of this kind; None if none is given."""
        given = getattr(self._update, setting.fields)
        if given is None:
            return None
        stored: dict[str, dict[str, Any]] = dict(getattr(self._before.settings, setting.fields))
        for name, values in given.items():
            gid = resolved(name) or name
            entered = {**stored.get(gid, {}), **values}
            if entered != stored.get(gid):
                provider = self._provider_of(setting, gid)
                checked_fields(provider, values, f"{setting.fields}.{gid}")
            stored[gid] = {key: value for key, value in entered.items() if not is_blank(value)}
        return {gid: entered for gid, entered in stored.items() if entered}

    def _provider_of(self, setting: ModelSetting, gid: str) -> Any:
        if self._manager.policy.model_reason(gid) is not None:
            return None
        return self._manager.choices.find_provider(setting, gid)[0]


def _keys(given: Mapping[str, str]) -> dict[str, str]:
    keys = {name.strip(): value.strip() for name, value in given.items()}
    if "" in keys:
        raise InvalidSetting("api_keys: a key has no name.")
    for name, value in keys.items():
        if not value:
            raise KeyEmptyError(f"api_keys.{name}: the key is empty. Leave it out to keep it, or delete it.")
    return keys


def _is_for_chat(provider: type) -> bool:
    from langchain_core.language_models import BaseChatModel

    return issubclass(provider, BaseChatModel)
