"""Writes a change of the settings and of the keys: both, or neither."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jupyter_ai.config.change import Change
from jupyter_ai.config.file import SettingsStore, Snapshot
from jupyter_ai.errors import JupyterAIError, SettingsNotSaved
from jupyter_ai.keys.secrets import Keys

__all__ = ["Writer", "take"]

_ATTEMPTS = 20  # to change settings that somebody else is changing as well


class Writer:
    """Changes these settings and these keys; from any thread."""

    def __init__(
        self, store: SettingsStore, keys: Keys, log: logging.Logger | logging.LoggerAdapter[Any]
    ) -> None:
        self._store = store
        self._keys = keys
        self._log = log

    def change(self, make: Callable[[Snapshot], Change]) -> None:
        """Apply what `make` makes of the settings; it is asked again if they have changed meanwhile.

        Raises what `make` raises, `SettingsNotSaved`, and `SecretsError` if the keys cannot be stored.
        """
        for _ in range(_ATTEMPTS):
            before = self._store.read()
            change = make(before)
            names = change.names(before.settings)
            if not (names or before.broken):
                return
            after = before.settings.model_copy(update=change.values)
            if self._store.replace(before, after, self._with_keys(change)):
                self._log.info("Settings were changed: %s.", ", ".join(names) or "none")
                return
        raise SettingsNotSaved("The settings are being changed by somebody else all the time. Try again.")

    @contextmanager
    def _with_keys(self, change: Change) -> Iterator[None]:
        """Store and forget keys; should what follows fail, they are as before."""
        old = {name: self._keys.stored_value(name) for name in (*change.keys, *change.forgotten)}
        try:
            take(self._keys, change.keys)
            for name in change.forgotten:
                self._keys.delete(name)
            yield
        except BaseException:
            for name, key in old.items():
                self._restore_key(name, key)
            raise

    def _restore_key(self, name: str, key: str | None) -> None:
        try:
            if key is None:
                self._keys.delete(name)
            elif key != self._keys.stored_value(name):
                self._keys.set(name, key)
        except JupyterAIError as error:
            self._log.error("The key %s cannot be put back: %s", name, error)


def take(keys: Keys, found: Mapping[str, str]) -> None:
    """Put these into the user's store. Raises `SecretsError`."""
    for name, key in found.items():
        keys.set(name, key)
