"""The settings file: what becomes of it, whoever wrote it and whatever is in it."""

from __future__ import annotations

import json
import logging
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from jupyter_ai.config import file as config_file
from jupyter_ai.config.file import SettingsFile
from jupyter_ai.config.schema import Settings, parse
from jupyter_ai.errors import SecretsError, SettingsNotSaved

LOG = logging.getLogger("test")

# As the 2.x series writes it.
OLD = {
    "model_provider_id": "keyed:large",
    "embeddings_provider_id": None,
    "completions_model_provider_id": None,
    "send_with_shift_enter": True,
    "fields": {"keyed:large": {"base_url": "http://here"}},
    "api_keys": {"KEYED_API_KEY": "sk-of-two", "EMPTY_API_KEY": ""},
    "embeddings_fields": {},
    "completions_fields": {},
    "theirs": {"kept": 1},
}


class Place:
    """A settings file, and who reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: dict[str, str] = {}

    def open(self) -> SettingsFile:
        return SettingsFile(self.path, LOG, self.keys.update)

    def write(self, content: Any) -> None:
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(content if isinstance(content, str) else json.dumps(content))

    def content(self) -> Any:
        return json.loads(self.path.read_text())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "jupyter_ai" / "config.json")


def save(file: SettingsFile, **values: Any) -> None:
    before = file.read()
    assert file.replace(before, before.settings.model_copy(update=values))


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may be longer than this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestWriting:
    def test_what_is_written_is_read(self, place: Place) -> None:
        save(place.open(), model_provider_id="a:b")

        assert place.open().read().settings.model_provider_id == "a:b"
        assert place.content()["version"] == 1

    def test_it_is_for_its_owner_alone(self, place: Place) -> None:
        save(place.open(), model_provider_id="a:b")

        assert place.path.stat().st_mode & 0o777 == 0o600
        assert place.path.parent.stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize("content", ["{", {"version": 1, "model_provider_id": "a:b"}])
    def test_also_one_that_is_only_read(self, place: Place, content: Any) -> None:
        place.write(content)
        place.path.chmod(0o644)
        file = place.open()
        read = file.read()

        assert place.path.stat().st_mode & 0o777 == 0o600
        assert file.read() is read

    def test_what_killed_writers_left_is_removed(self, place: Place) -> None:
        place.path.parent.mkdir()
        left = [place.path.parent / name for name in (".config.abc12345.json", ".config.json-abc12345")]
        others = [place.path.parent / name for name in (".secrets.json-abc12345", ".config.fresh123.json")]
        for path in (*left, *others):
            path.touch()
        for path in (*left, others[0]):
            os.utime(path, (1, 1))

        save(place.open(), model_provider_id="a:b")

        assert [path.exists() for path in (*left, *others)] == [False, False, True, True]

    def test_nothing_is_made_by_reading(self, place: Place) -> None:
        assert place.open().read().stamp == 0
        assert not place.path.parent.exists()

    def test_another_process_is_seen_at_once(self, place: Place) -> None:
        file, other = place.open(), place.open()
        save(file, model_provider_id="a:b")
        save(other, model_provider_id="c:d")

        assert file.read().settings.model_provider_id == "c:d"

    def test_an_unchanged_file_is_not_read_again(self, place: Place) -> None:
        file = place.open()
        save(file, model_provider_id="a:b")

        assert file.read() is file.read()

    def test_of_two_that_write_at_once_one_is_told_no(self, place: Place) -> None:
        file, other = place.open(), place.open()
        before = file.read()
        save(other, model_provider_id="c:d")

        assert not file.replace(before, Settings(model_provider_id="a:b"))
        assert file.read().settings.model_provider_id == "c:d"

    def test_stamps_rise_even_if_the_clock_does_not(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(config_file.time, "time_ns", lambda: 5_000)
        file = place.open()
        stamps = []
        for number in range(3):
            save(file, model_provider_id=f"a:{number}")
            stamps.append(file.read().stamp)

        assert stamps == sorted(set(stamps))

    def test_threads_that_write_lose_nothing(self, place: Place) -> None:
        def add(name: str) -> None:
            file = place.open()
            while True:
                before = file.read()
                fields = {**before.settings.fields, name: {"x": 1}}
                if file.replace(before, before.settings.model_copy(update={"fields": fields})):
                    return

        threads = [threading.Thread(target=add, args=(f"a:{n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(place.open().read().settings.fields) == [f"a:{n}" for n in range(6)]

    def test_a_link_stays_a_link(self, place: Place, tmp_path: Path) -> None:
        elsewhere = tmp_path / "dotfiles.json"
        elsewhere.write_text("{}")
        place.path.parent.mkdir()
        place.path.symlink_to(elsewhere)

        save(place.open(), model_provider_id="a:b")

        assert place.path.is_symlink()
        assert json.loads(elsewhere.read_text())["model_provider_id"] == "a:b"

    def test_a_full_disk_leaves_the_old_settings(self, place: Place) -> None:
        file = place.open()
        save(file, model_provider_id="a:b")

        with full_disk(), pytest.raises(SettingsNotSaved, match="cannot be written: File too large"):
            save(file, model_provider_id="c:d")

        assert place.open().read().settings.model_provider_id == "a:b"
        assert sorted(path.name for path in place.path.parent.iterdir()) == [
            "config.json",
            "config.json.lock",
        ]

    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        file = Place(tmp_path / "file" / "config.json").open()

        with pytest.raises(SettingsNotSaved, match=r"config\.json cannot be written"):
            save(file, model_provider_id="a:b")

    def test_a_lock_that_is_not_given_back(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(config_file, "_PATIENCE", 0)
        file = place.open()
        save(file, model_provider_id="a:b")

        with FileLock(f"{place.path}.lock"), pytest.raises(SettingsNotSaved, match="another process"):
            save(file, model_provider_id="c:d")


class TestMigration:
    def test_a_file_of_two_is_brought_up_to_date(self, place: Place) -> None:
        place.write(OLD)

        settings = place.open().read().settings

        assert (settings.model_provider_id, settings.send_with_shift_enter) == ("keyed:large", True)
        assert settings.fields == {"keyed:large": {"base_url": "http://here"}}
        assert place.content()["version"] == 1

    def test_its_keys_move_to_the_secret_store(self, place: Place, caplog: pytest.LogCaptureFixture) -> None:
        place.write(OLD)
        with caplog.at_level("INFO"):
            place.open().read()

        assert place.keys == {"KEYED_API_KEY": "sk-of-two"}
        assert "sk-of-two" not in place.path.read_text() + caplog.text
        assert "KEYED_API_KEY" in caplog.text
        assert [p.name for p in place.path.parent.iterdir() if "sk-of-two" in p.read_text()] == []

    def test_what_we_do_not_know_is_kept(self, place: Place) -> None:
        place.write(OLD)
        save(place.open(), model_provider_id="a:b")

        assert place.content()["theirs"] == {"kept": 1}

    def test_two_processes_may_do_it_at_once(self, place: Place) -> None:
        place.write(OLD)
        files = [place.open() for _ in range(4)]
        threads = [threading.Thread(target=file.read) for file in files]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {file.read().settings.model_provider_id for file in files} == {"keyed:large"}
        assert {file.read().problem for file in files} == {None}

    def test_where_keys_cannot_be_stored_nothing_is_lost(self, place: Place) -> None:
        def refuse(keys: object) -> None:
            raise SecretsError("The keyring is locked.")

        place.write(OLD)
        read = SettingsFile(place.path, LOG, refuse).read()

        assert read.settings.model_provider_id == "keyed:large"
        assert not read.broken
        assert "The keyring is locked." in str(read.problem)
        assert place.content() == OLD

    def test_an_empty_object_is_a_file_of_two_without_a_choice(self) -> None:
        assert parse(b"{}").settings == Settings()


class TestBroken:
    @pytest.mark.parametrize(
        ("content", "why"),
        [
            ("", "it is not JSON"),
            ('{"version": 1, "fields"', "it is not JSON: Expecting ':' delimiter at line 1, column 24"),
            ("[]", "it is not a JSON object"),
            ({"version": 1, "fields": []}, "fields: Input should be a valid dictionary"),
            ({"version": 1, "model_provider_id": 5}, "model_provider_id: Input should be a valid string"),
            ({"version": 1, "send_with_shift_enter": "no"}, "send_with_shift_enter: "),
            ({"api_keys": ["sk-secret"]}, "api_keys: it is not an object of strings"),
            ({"version": 99}, "a later version of jupyter_ai wrote it"),
            ({"version": "x"}, "version: it is not a number"),
            ("[" * 100_000, "it is not JSON"),
        ],
    )
    def test_it_is_told_and_not_used(self, place: Place, content: Any, why: str) -> None:
        place.write(content)

        read = place.open().read()

        assert read.broken
        assert why in str(read.problem)
        assert read.settings == Settings()

    def test_it_is_told_once(self, place: Place, caplog: pytest.LogCaptureFixture) -> None:
        place.write("{")
        file = place.open()
        for _ in range(3):
            file.read()
        os.utime(place.path, (1, 1))
        file.read()

        assert len(caplog.records) == 1

    def test_its_content_is_not_told(self, place: Place) -> None:
        place.write({"fields": "sk-secret", "model_provider_id": ["sk-secret"]})

        assert "sk-secret" not in str(place.open().read().problem)

    def test_it_is_kept_when_it_is_replaced(self, place: Place) -> None:
        place.write('{"mine": ')
        place.path.chmod(0o644)

        save(place.open(), model_provider_id="a:b")

        (kept,) = place.path.parent.glob("config.json.broken-*")
        assert kept.read_text() == '{"mine": '
        assert kept.stat().st_mode & 0o777 == 0o600
        assert not place.open().read().broken

    def test_none_of_two_is_lost(self, place: Place) -> None:
        for text in ("{1", "{2"):
            place.write(text)
            save(place.open(), model_provider_id="a:b")

        kept = place.path.parent.glob("config.json.broken-*")
        assert sorted(path.read_text() for path in kept) == ["{1", "{2"]

    def test_it_stays_where_the_new_one_cannot_be_written(self, place: Place) -> None:
        place.write("{")
        with full_disk(), pytest.raises(SettingsNotSaved):
            save(place.open(), model_provider_id="a:b")

        assert place.path.read_text() == "{"

    def test_a_folder_in_its_place(self, place: Place) -> None:
        place.path.mkdir(parents=True)
        file = place.open()

        assert "it is not a file" in str(file.read().problem) or "directory" in str(file.read().problem)
        save(file, model_provider_id="a:b")
        assert place.content()["model_provider_id"] == "a:b"

    def test_a_pipe_in_its_place_holds_up_nobody(self, place: Place) -> None:
        place.path.parent.mkdir()
        os.mkfifo(place.path)

        assert place.open().read().broken

    def test_a_mended_file_counts_at_once(self, place: Place) -> None:
        place.write("{")
        file = place.open()
        assert file.read().broken
        place.write({"version": 1, "model_provider_id": "a:b"})

        assert file.read().settings.model_provider_id == "a:b"
        assert file.read().problem is None
