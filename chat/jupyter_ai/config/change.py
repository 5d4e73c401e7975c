"""A change of the settings that somebody asks for: checked as a whole, before anything of it takes effect."""

from __future__ import annotations

import difflib
import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jupyter_ai.config.completions import AUTO, is_of_endpoint
from jupyter_ai.config.fields import MOST_BYTES, check_names, check_size, checked_fields, is_blank
from jupyter_ai.config.hidden import revealed
from jupyter_ai.config.naming import MOST, check_key, check_key_name, told
from jupyter_ai.config.schema import Settings
from jupyter_ai.config.sources import (
    COMPLETIONS_MODEL,
    LANGUAGE_MODEL,
    MODEL_SETTINGS,
    ModelSetting,
    resolved,
)
from jupyter_ai.errors import (
    AuthError,
    BlockedModelError,
    InvalidSetting,
    KeyEmptyError,
    KeyInUseError,
    KeyNotFound,
    SettingFixed,
    SettingsNotSaved,
    WriteConflictError,
)
from jupyter_ai_magics.aliases import MODEL_ID_ALIASES

if TYPE_CHECKING:
    from jupyter_ai.config.file import Snapshot
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.models import UpdateConfigRequest

__all__ = ["Change", "plan"]

_SECONDS = 10**12
"""Times below are seconds since the epoch, as in 2.x, and not microseconds."""

_HOUR = 3600 * 10**6  # microseconds


@dataclass(frozen=True)
class Change:
    """New values of settings, keys to be stored, and names of keys to be forgotten."""

    values: dict[str, Any]
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    forgotten: tuple[str, ...] = ()

    def names(self, before: Settings) -> list[str]:
        """What is not as before, for the log; a key counts in any case."""
        values = [name for name, value in self.values.items() if value != getattr(before, name)]
        return [*values, *self.keys, *self.forgotten]


def plan(
    manager: ConfigManager, update: UpdateConfigRequest, before: Snapshot, forget: Collection[str] = ()
) -> Change:
    """What `update` makes of the settings `before`, without the keys `forget`.

    Raises a `SettingsError` if it may not be. It may import the provider that is chosen.
    """
    return _Plan(manager, update, before).made(forget)


class _Plan:
    def __init__(self, manager: ConfigManager, update: UpdateConfigRequest, before: Snapshot) -> None:
        self._manager = manager
        self._update = update
        self._before = before
        self._given = update.model_fields_set
        self._keys = _keys(update.api_keys or {})

    def made(self, forget: Collection[str]) -> Change:
        self._check_fresh()
        self._check_known()
        values = self._values()
        for name in forget:
            self._check_forgotten(name, values)
        return Change(values, self._keys, tuple(forget))

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for setting in MODEL_SETTINGS:
            entered = self._fields(setting)
            if entered is not None:
                values[setting.fields] = entered
            if setting.name in self._given:
                values |= self._model(setting, entered)
        if self._update.send_with_shift_enter is not None:
            values["send_with_shift_enter"] = self._update.send_with_shift_enter
        if "max_chat_history" in self._given:
            values["max_chat_history"] = self._update.max_chat_history
        self._check_size_of_all(values)
        return values

    def _check_fresh(self) -> None:
        read, changed = self._update.last_read, self._before.stamp
        if read is None:
            return
        latest = max(changed, time.time_ns() // 1000) + _HOUR
        if read > (latest // 10**6 if read < _SECONDS else latest):
            raise InvalidSetting("last_read: it is in the future. Send the one of GET api/ai/config.")
        if (changed // 10**6 if read < _SECONDS else changed) > read:
            raise WriteConflictError(
                "Somebody else has changed the settings meanwhile. Load them again, then make your change."
            )

    def _check_known(self) -> None:
        """What a broken file said is lost with the next change: then no other model may take its place."""
        sources = self._manager.sources
        for setting in MODEL_SETTINGS if self._before.broken else ():
            known = sources.chosen(setting, self._before) or resolved(getattr(self._update, setting.name))
            if known is None and sources.chosen(setting, replace(self._before, broken=False)) is not None:
                raise SettingsNotSaved(
                    f"{self._before.problem} Nothing was changed: a change must name the {setting.what} "
                    f"({setting.name}) while this is so. `jupyter ai config --reset` forgets all choices."
                )

    def _check_forgotten(self, name: str, values: Mapping[str, Any]) -> None:
        """Raise unless the user's key of that name can be deleted."""
        if name in self._keys:
            raise InvalidSetting(f"{name}: it cannot be set and deleted at once.")
        if name not in self._manager.keys.stored():
            raise _not_stored(self._manager.keys.source(name), told(name))
        after = replace(self._before, settings=self._before.settings.model_copy(update=values), broken=False)
        user = self._manager.choices.user_of(name, after)
        if user is not None:
            model = f"the {user[0].what} {user[1]}"
            raise KeyInUseError(f"{name} is needed by {model}. Choose another model first.")

    # Models

    def _model(self, setting: ModelSetting, entered: dict[str, Any] | None) -> dict[str, Any]:
        gid = resolved(getattr(self._update, setting.name))
        current = self._manager.sources.chosen(setting, self._before)
        if current is not None and current.is_fixed:
            if gid != current.value:
                raise SettingFixed(f"{setting.name}: it is fixed by {current.where}.")
            return {}
        if gid is not None and setting is COMPLETIONS_MODEL and (gid == AUTO or is_of_endpoint(gid)):
            self._check_served(setting, gid)
        elif gid is not None:
            self._check_model(setting, gid)
            if current is None or current.value != gid:
                stored = getattr(self._before.settings, setting.fields) if entered is None else entered
                self._check_provider(setting, gid, stored.get(gid, {}))
        return {setting.name: gid}

    def _check_served(self, setting: ModelSetting, gid: str) -> None:
        _check_length(gid, setting.name)
        refusal = self._manager.policy.model_reason(gid) if gid != AUTO else None
        if refusal is not None:
            raise BlockedModelError(f"{setting.name}: {gid} may not be used: {refusal}.")
        reason = self._manager.choices.why_not_served(gid)
        if reason is not None:
            raise InvalidSetting(f"{setting.name}: {gid} cannot be used: {reason}")

    def _check_model(self, setting: ModelSetting, gid: str) -> None:
        _check_length(gid, setting.name)
        provider_id, colon, model_id = gid.partition(":")
        if not (provider_id and colon and model_id):
            self._check_meant(setting, gid)
            form = "is not of the form <provider>:<model>"
            raise InvalidSetting(f"{setting.name}: {gid!r} {form}.{self._close(setting, gid)}")
        reason = self._manager.policy.model_reason(gid)
        if reason is not None:
            raise BlockedModelError(f"{setting.name}: {gid} may not be used: {reason}.")

    def _check_meant(self, setting: ModelSetting, model_id: str) -> None:
        """Raise `BlockedModelError` if all known models of that name, whoever provides them, are blocked."""
        known = self._manager.choices.known_models(setting)
        meant = {gid: self._manager.policy.model_reason(gid) for gid in known}
        meant = {gid: reason for gid, reason in meant.items() if gid.partition(":")[2] == model_id}
        if meant and all(meant.values()):
            gid, reason = next(iter(meant.items()))
            raise BlockedModelError(f"{setting.name}: {gid} may not be used: {reason}.")

    def _check_provider(self, setting: ModelSetting, gid: str, entered: Mapping[str, Any]) -> None:
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
        choices = self._manager.choices
        lacking = [name for name in choices.lacking_keys(provider, gid) if name not in self._keys]
        if lacking:
            names = " and ".join(lacking)
            raise AuthError(f"{setting.name}: {gid} needs {names}, which is not set. Send it in api_keys.")
        choices.check_addresses(setting, gid, provider, entered, self._before, self._keys)

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
            known = stored.get(gid, {})
            new = self._new_fields(setting, gid, values, known)
            if new:
                self._check_fields(setting, gid, new)
                entered = {**known, **new}
                stored[gid] = {key: value for key, value in entered.items() if not is_blank(value)}
        return {gid: entered for gid, entered in stored.items() if entered}

    def _new_fields(
        self, setting: ModelSetting, gid: str, values: Mapping[str, Any], known: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What is not as it is stored; who sends back what was hidden means what is stored."""
        new = {}
        for key, value in values.items():
            before = known.get(key)
            try:
                meant = revealed(key, value, before)
            except LookupError:
                where = f"{setting.fields}.{told(gid)}.{told(key)}"
                raise InvalidSetting(
                    f"{where}: what is hidden there cannot be kept. Enter it anew."
                ) from None
            is_same = type(meant) is type(before) and meant == before
            if not is_same and not (is_blank(meant) and key not in known):
                new[key] = meant
        return new

    def _check_fields(self, setting: ModelSetting, gid: str, new: Mapping[str, Any]) -> None:
        _check_length(gid, setting.fields)
        where = f"{setting.fields}.{gid}"
        given = {key: value for key, value in new.items() if not is_blank(value)}
        for key, value in given.items():
            check_size(key, value, where)
        if not given:
            return
        reason = self._manager.policy.model_reason(gid)
        if reason is not None:
            raise BlockedModelError(f"{where}: {gid} may not be used: {reason}.")
        provider, problem = self._manager.choices.find_provider(setting, gid)
        if provider is None:
            raise InvalidSetting(f"{where}: {gid} cannot be used: {problem}")
        check_names(provider, given, where)
        checked_fields(provider, given, where)
        self._manager.choices.check_addresses(setting, gid, provider, given, self._before, self._keys)

    def _check_size_of_all(self, values: Mapping[str, Any]) -> None:
        names = [setting.fields for setting in MODEL_SETTINGS]
        if values.keys().isdisjoint(names):
            return
        all = {name: values.get(name, getattr(self._before.settings, name)) for name in names}
        if len(json.dumps(all, ensure_ascii=False).encode()) > MOST_BYTES:
            raise InvalidSetting(f"fields: those of all models are larger than {MOST_BYTES} bytes.")


def _keys(given: Mapping[str, str]) -> dict[str, str]:
    keys = {name.strip(): value.strip() for name, value in given.items()}
    for name, value in keys.items():
        check_key_name(name)
        if not value:
            raise KeyEmptyError(f"api_keys.{name}: the key is empty. Leave it out to keep it, or delete it.")
        check_key(name, value)
    return keys


def _not_stored(source: str | None, name: str) -> SettingFixed | KeyNotFound:
    if source is None:
        return KeyNotFound("There is no key of that name. `jupyter ai config` lists those that there are.")
    where = "the environment" if source == "environment" else "AiExtension.default_api_keys"
    return SettingFixed(f"{name} comes from {where}, and cannot be deleted here.")


def _check_length(gid: str, where: str) -> None:
    if len(gid) > MOST:
        raise InvalidSetting(f"{where}: {told(gid)!r} is longer than {MOST} characters.")


def _is_for_chat(provider: type) -> bool:
    from langchain_core.language_models import BaseChatModel

    return issubclass(provider, BaseChatModel)
