"""Where keys are kept, and where a key comes from."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from jupyter_ai.errors import SecretsError
from jupyter_ai.private_file import PrivateFile

__all__ = [
    "FileSecrets",
    "KeySource",
    "KeyringSecrets",
    "Keys",
    "SecretStore",
    "SecretsError",
    "is_secret_name",
    "open_secrets",
]

KeySource = Literal["environment", "user", "administrator"]

_ENDINGS = ("_API_KEY", "_TOKEN", "_SECRET", "_SECRET_KEY", "_ACCESS_KEY", "_PASSWORD")
_TRAIT = 'AiExtension.key_store = "file"'
_OF_THE_SERVER = "JUPYTER_TOKEN"  # the server shows it to people by itself: they log in with it


class SecretStore(Protocol):
    """The keys of one user, by name. Reading never raises: `problem` says what is wrong."""

    @property
    def problem(self) -> str | None:
        """Why keys cannot be read, and the next step; None: they can."""
        ...

    def names(self) -> list[str]:
        """The names of all keys, sorted."""
        ...

    def get(self, name: str) -> str | None:
        """A key, or None."""
        ...

    def set(self, name: str, value: str) -> None:
        """Store a key. Raises `SecretsError`."""
        ...

    def delete(self, name: str) -> None:
        """Forget a key; nothing happens if there is none. Raises `SecretsError`."""
        ...


class FileSecrets:
    """Keys in a JSON file that its owner alone may read; other processes may write it meanwhile."""

    def __init__(self, path: Path) -> None:
        self._file = PrivateFile(path, "keys", {})

    @property
    def problem(self) -> str | None:
        """Why the file cannot be read, or None."""
        self._file.read()
        return self._file.problem

    def names(self) -> list[str]:
        """The names of all keys, sorted."""
        return sorted(self._file.read())

    def get(self, name: str) -> str | None:
        """A key, or None."""
        value = self._file.read().get(name)
        return value if isinstance(value, str) else None

    def set(self, name: str, value: str) -> None:
        """Store a key. Raises `SecretsError`: a file that cannot be read is not written over."""
        with self._file.locked():
            self._file.write({**self._file.read_or_raise(), name: value})

    def delete(self, name: str) -> None:
        """Forget a key. Raises `SecretsError`."""
        with self._file.locked():
            keys = dict(self._file.read_or_raise())
            if keys.pop(name, None) is not None:
                self._file.write(keys)


class KeyringSecrets:
    """Keys in the keyring of the operating system; their names, which it does not list, in a file.

    A value is read from the keyring once, and again when a process has written the file.
    """

    def __init__(self, names: Path, service: str = "jupyter_ai") -> None:
        self._file = PrivateFile(names, "names", [])
        self._service = service
        self._seen: Any = None  # what the file held when the values were read
        self._values: dict[str, str | None] = {}
        self._problem: str | None = None

    @property
    def problem(self) -> str | None:
        """Why the keyring cannot be read, or None."""
        for name in self.names()[:1]:
            self.get(name)
        return self._problem or self._file.problem

    def names(self) -> list[str]:
        """The names of all keys, sorted."""
        return sorted(self._file.read())

    def get(self, name: str) -> str | None:
        """A key, or None."""
        names = self._file.read()
        if names is not self._seen:
            self._seen, self._values = names, {}
        if name in names and name not in self._values:
            self._values[name] = self._read(name)
        return self._values.get(name)

    def set(self, name: str, value: str) -> None:
        """Store a key. Raises `SecretsError`."""
        with self._file.locked():
            names = self._file.read_or_raise()
            self._ask("set_password", name, value)
            self._file.write([*names, *([] if name in names else [name])])

    def delete(self, name: str) -> None:
        """Forget a key. Raises `SecretsError`."""
        with self._file.locked():
            names = self._file.read_or_raise()
            if name in names:
                if self._ask("get_password", name) is not None:
                    self._ask("delete_password", name)
                self._file.write([other for other in names if other != name])

    def _read(self, name: str) -> str | None:
        try:
            value = self._ask("get_password", name)
        except SecretsError as e:
            self._problem = str(e)
            return None
        self._problem = None
        return value

    def _ask(self, verb: str, *arguments: str) -> str | None:
        keyring: Any = _usable_keyring()
        try:
            answer: str | None = getattr(keyring, verb)(self._service, *arguments)
        # A backend is anybody's code, and talks to another process.
        except Exception as e:  # noqa: BLE001 - and what it raises may quote the key
            what = f"The keyring refused `{arguments[0]}`: {type(e).__name__}"
            raise SecretsError(f"{what}. Unlock it, or keep keys in a file ({_TRAIT}).") from None
        return answer


def open_secrets(kind: Literal["file", "keyring"], data_dir: Path) -> SecretStore:
    """The store of that kind of the user whose Jupyter data directory this is; nothing is read yet."""
    directory = Path(data_dir) / "jupyter_ai"
    if kind == "keyring":
        return KeyringSecrets(directory / "keyring-names.json")
    return FileSecrets(directory / "secrets.json")


class Keys:
    """Where a key comes from: the environment, then the user's store, then the administrator's defaults."""

    def __init__(
        self, store: SecretStore, defaults: Mapping[str, str], environ: Mapping[str, str] = os.environ
    ) -> None:
        self._store = store
        self._defaults = defaults
        self._environ = environ
        self._state: Any = None  # what `_by_value` was made from
        self._by_value: dict[str, str] = {}

    @property
    def problem(self) -> str | None:
        """Why the user's keys cannot be read, or None."""
        return self._store.problem

    def get(self, name: str) -> str | None:
        """The key of that name, without white space round it; None if there is none."""
        return self._environ.get(name, "").strip() or self._stored(name) or self._default(name) or None

    def without_user(self, name: str) -> str | None:
        """The key as it is without the user's store."""
        return self._environ.get(name, "").strip() or self._default(name) or None

    def source(self, name: str) -> KeySource | None:
        """Who set the key that `get` returns."""
        if self._environ.get(name, "").strip():
            return "environment"
        if self._stored(name):
            return "user"
        return "administrator" if self._default(name) else None

    def names(self) -> list[str]:
        """The names of the keys that are stored or defaults, sorted; never their values."""
        return sorted({*self._store.names(), *self._defaults})

    def stored(self) -> list[str]:
        """The names of the keys in the user's store."""
        return self._store.names()

    def stored_value(self, name: str) -> str | None:
        """The key in the user's store, or None."""
        return self._stored(name) or None

    def set(self, name: str, value: str) -> None:
        """Put a key into the user's store. Raises `SecretsError`."""
        if not name.strip() or not value.strip():
            raise SecretsError(f"The key `{name}` is empty. Send its value, or DELETE it to forget it.")
        self._store.set(name, value.strip())

    def delete(self, name: str) -> None:
        """Remove a key from the user's store. Raises `SecretsError`."""
        self._store.delete(name)

    def by_value(self, more: Collection[str] = ()) -> Mapping[str, str]:
        """The names of all keys known now by their values, with the environment's that `more` names.

        For redaction, never to be shown.
        """
        # What is under `os.environ` need not be decoded to see that nothing has changed.
        environ = dict(getattr(self._environ, "_data", self._environ))
        stored = {name: self._stored(name) for name in self._store.names()}
        state = (environ, stored, dict(self._defaults), set(more))
        if state != self._state:
            self._state, self._by_value = state, self._find_all(stored, more)
        return self._by_value

    def _find_all(self, stored: Mapping[str, str], more: Iterable[str]) -> dict[str, str]:
        found = {self._default(name): name for name in self._defaults}
        found |= {value: name for name, value in stored.items()}
        names = [*filter(is_secret_name, self._environ), *more, *self._defaults, *stored]
        found |= {self._environ.get(name, "").strip(): name for name in names}
        found.pop("", None)
        return found

    def _stored(self, name: str) -> str:
        return (self._store.get(name) or "").strip()

    def _default(self, name: str) -> str:
        return str(self._defaults.get(name) or "").strip()


def is_secret_name(name: str) -> bool:
    """Whether an environment variable of that name holds a secret that is not to be shown."""
    return name.endswith(_ENDINGS) and name != _OF_THE_SERVER


def _usable_keyring() -> Any:
    """The keyring module, if it has a backend. Raises `SecretsError` with the next step."""
    try:
        import keyring
        from keyring.backends import fail
    except ImportError:
        what = 'The keyring needs a package: pip install "jupyter_ai[keyring]"'
        raise SecretsError(f"{what}. Or keep keys in a file ({_TRAIT}).") from None
    if isinstance(keyring.get_keyring(), fail.Keyring):
        what = "No keyring of the operating system can be used here: install or start one"
        raise SecretsError(f"{what}, or keep keys in a file ({_TRAIT}).")
    return keyring
