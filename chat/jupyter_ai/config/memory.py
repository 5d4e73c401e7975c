"""Settings and keys of this process alone, for tests and for who has no file for them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from jupyter_ai.config.file import Snapshot, next_stamp
from jupyter_ai.config.schema import Settings

__all__ = ["MemorySecrets", "MemorySettings"]


class MemorySettings:
    """A `SettingsStore` without a file."""

    name = "the memory of this process"

    def __init__(self) -> None:
        self._snapshot = Snapshot(Settings())

    def read(self) -> Snapshot:
        """The settings."""
        return self._snapshot

    def replace(
        self, before: Snapshot, settings: Settings, alongside: AbstractContextManager[None] | None = None
    ) -> bool:
        """Keep these from now on."""
        if before is not self._snapshot:
            return False
        with alongside or nullcontext():
            stamp = next_stamp(before)
            self._snapshot = Snapshot(settings.model_copy(update={"changed": stamp}), stamp)
        return True


class MemorySecrets:
    """A `SecretStore` without a file."""

    problem: str | None = None

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def names(self) -> list[str]:
        """The names of all keys, sorted."""
        return sorted(self._keys)

    def get(self, name: str) -> str | None:
        """A key, or None."""
        return self._keys.get(name)

    def set(self, name: str, value: str) -> None:
        """Keep a key."""
        self._keys[name] = value

    def delete(self, name: str) -> None:
        """Forget a key; nothing happens if there is none."""
        self._keys.pop(name, None)
