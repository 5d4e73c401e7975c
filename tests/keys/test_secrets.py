"""The stores of keys, and where a key comes from."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked, PasswordDeleteError

from jupyter_ai.errors import SecretsError
from jupyter_ai.keys.secrets import (
    FileSecrets,
    KeyringSecrets,
    Keys,
    SecretStore,
    is_secret_name,
    open_secrets,
)

KEY = "sk-planted-0123456789"


class Chain(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.reads = 0
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self.reads += 1
        if self.locked:
            raise KeyringLocked(f"locked: {service} {self.entries}")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


@pytest.fixture
def chain() -> Iterator[Chain]:
    before, chain = keyring.get_keyring(), Chain()
    keyring.set_keyring(chain)
    yield chain
    keyring.set_keyring(before)


@pytest.fixture(params=["file", "keyring"])
def store(request: pytest.FixtureRequest, tmp_path: Path, chain: Chain) -> SecretStore:
    return open_secrets(request.param, tmp_path)


class TestBoth:
    def test_what_is_set_is_got_until_it_is_deleted(self, store: SecretStore) -> None:
        store.set("B_API_KEY", "two")
        store.set("A_API_KEY", KEY)
        store.set("B_API_KEY", "three")

        assert store.names() == ["A_API_KEY", "B_API_KEY"]
        assert (store.get("A_API_KEY"), store.get("B_API_KEY"), store.get("C")) == (KEY, "three", None)

        store.delete("A_API_KEY")
        store.delete("C")

        assert (store.names(), store.get("A_API_KEY"), store.problem) == (["B_API_KEY"], None, None)

    @pytest.mark.parametrize("kind", ["file", "keyring"])
    def test_another_process_sees_a_change(self, kind: str, tmp_path: Path, chain: Chain) -> None:
        ours, theirs = open_secrets(kind, tmp_path), open_secrets(kind, tmp_path)  # type: ignore[arg-type]
        ours.set("A", "one")
        assert theirs.get("A") == "one"

        ours.set("A", "two")

        assert theirs.get("A") == "two"

    def test_many_writers_at_once_lose_nothing(self, store: SecretStore) -> None:
        names = [f"KEY_{number}" for number in range(12)]
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda name: store.set(name, KEY), names))

        assert store.names() == sorted(names)


class TestFile:
    def test_only_its_owner_may_read_it(self, tmp_path: Path) -> None:
        FileSecrets(tmp_path / "deep" / "secrets.json").set("A", KEY)

        path = tmp_path / "deep" / "secrets.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads(path.read_text()) == {"version": 1, "keys": {"A": KEY}}
        assert [p.name for p in path.parent.iterdir() if p.suffix != ".lock"] == ["secrets.json"]

    def test_a_file_that_others_may_read_is_closed_to_them(self, tmp_path: Path) -> None:
        path = tmp_path / "secrets.json"
        path.write_text(json.dumps({"version": 1, "keys": {"A": KEY}}))
        path.chmod(0o644)

        assert FileSecrets(path).get("A") == KEY
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.parametrize("link", [False, True])
    def test_what_is_no_file_holds_up_nobody_and_is_left_alone(self, link: bool, tmp_path: Path) -> None:
        path = pipe = tmp_path / "secrets.json"
        if link:
            pipe = tmp_path / "pipe"
            path.symlink_to(pipe)
        os.mkfifo(pipe)
        pipe.chmod(0o644)
        store = FileSecrets(path)

        assert (store.names(), store.get("A")) == ([], None)
        assert f"{path} cannot be read: it is not a file." in str(store.problem)
        assert stat.S_IMODE(pipe.stat().st_mode) == 0o644

    @pytest.mark.parametrize("text", ["{", "[]", '{"keys": [1]}', "[" * 100_000, "\xff"])
    def test_a_broken_file_is_told_and_left_alone(self, text: str, tmp_path: Path) -> None:
        path = tmp_path / "secrets.json"
        path.write_text(text, encoding="latin-1")
        store = FileSecrets(path)

        assert (store.names(), store.get("A")) == ([], None)
        assert str(store.problem).startswith(f"{path} cannot be read: it is no JSON object with `keys`. ")
        with pytest.raises(SecretsError, match="cannot be read"):
            store.set("A", KEY)
        assert path.read_text(encoding="latin-1") == text

    def test_a_mended_file_is_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "secrets.json"
        path.write_text("{")
        store = FileSecrets(path)
        assert store.problem

        path.write_text(json.dumps({"keys": {"A": KEY}}))

        assert (store.get("A"), store.problem) == (KEY, None)

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(SecretsError, match=r"secrets.json cannot be written: .*Nothing was changed."):
            FileSecrets(tmp_path / "file" / "secrets.json").set("A", KEY)


class TestKeyring:
    def test_values_are_in_the_keyring_alone(self, tmp_path: Path, chain: Chain) -> None:
        KeyringSecrets(tmp_path / "names.json").set("A", KEY)

        assert chain.entries == {("jupyter_ai", "A"): KEY}
        assert KEY not in (tmp_path / "names.json").read_text()

    def test_a_value_is_read_once(self, tmp_path: Path, chain: Chain) -> None:
        store = KeyringSecrets(tmp_path / "names.json")
        store.set("A", KEY)

        assert [store.get("A") for _ in range(3)] == [KEY] * 3
        assert chain.reads == 1

    def test_without_a_backend_it_is_told_what_to_do(self, tmp_path: Path, chain: Chain) -> None:
        store = KeyringSecrets(tmp_path / "names.json")
        store.set("A", KEY)
        keyring.set_keyring(fail.Keyring())

        with pytest.raises(SecretsError, match=r'key_store = "file"'):
            store.set("B", KEY)
        assert KeyringSecrets(tmp_path / "names.json").get("A") is None
        assert "No keyring" in str(KeyringSecrets(tmp_path / "names.json").problem)

    def test_without_the_package_it_is_told_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "keyring", None)

        with pytest.raises(SecretsError, match=r'pip install "jupyter_ai\[keyring\]"'):
            KeyringSecrets(tmp_path / "names.json").set("A", KEY)

    def test_a_locked_one_is_told_without_what_it_says(self, tmp_path: Path, chain: Chain) -> None:
        store = KeyringSecrets(tmp_path / "names.json")
        store.set("A", KEY)
        chain.locked = True

        assert store.get("A") is None
        assert "`A`: KeyringLocked. Unlock it" in str(store.problem)
        assert KEY not in str(store.problem)


class TestKeys:
    @pytest.fixture
    def store(self, tmp_path: Path) -> FileSecrets:
        return FileSecrets(tmp_path / "secrets.json")

    def test_the_environment_goes_before_the_store_and_that_before_defaults(self, store: FileSecrets) -> None:
        keys = Keys(store, {"A": "default", "B": "default", "C": "default"}, {"A": "environment\n"})
        keys.set("A", "user")
        keys.set("B", " user ")

        told = {name: (keys.get(name), keys.source(name)) for name in ("A", "B", "C", "D")}

        assert told == {
            "A": ("environment", "environment"),
            "B": ("user", "user"),
            "C": ("default", "administrator"),
            "D": (None, None),
        }
        assert (keys.names(), keys.stored()) == (["A", "B", "C"], ["A", "B"])
        assert (keys.stored_value("A"), keys.stored_value("C")) == ("user", None)
        assert (keys.without_user("A"), keys.without_user("B")) == ("environment", "default")

    def test_an_empty_key_is_refused(self, store: FileSecrets) -> None:
        with pytest.raises(SecretsError, match="`A` is empty"):
            Keys(store, {}, {}).set("A", " ")

    def test_all_values_are_known_for_redaction(self, store: FileSecrets) -> None:
        environ = {"X_API_KEY": "key of x", "STRANGE": "key of y", "HOME": "/home", "B": "other b"}
        keys = Keys(store, {"A": "key of a"}, environ)
        keys.set("B", "key of b")

        assert sorted(keys.by_value()) == ["key of a", "key of b", "key of x", "other b"]
        assert keys.by_value(["STRANGE"])["key of y"] == "STRANGE"

    def test_a_change_of_the_environment_is_seen(
        self, store: FileSecrets, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = Keys(store, {}, os.environ)
        assert KEY not in keys.by_value()

        monkeypatch.setenv("X_API_KEY", KEY)

        assert KEY in keys.by_value()

    def test_the_servers_own_token_is_for_people(self) -> None:
        assert not is_secret_name("JUPYTER_TOKEN")
        assert is_secret_name("JUPYTERHUB_API_TOKEN")
