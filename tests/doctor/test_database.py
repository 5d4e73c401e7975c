"""The state of the file of chats, which is not changed by looking."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_ai.doctor.database import database
from jupyter_ai.engine.schema import MIGRATIONS
from jupyter_ai.engine.store_path import OpenFile, open_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chats" / "root.db"


def opened(path: Path) -> OpenFile:
    return open_file(path, synchronous="NORMAL", busy=5, log=logging.getLogger(__name__))


def close(file: OpenFile) -> None:
    file.db.close()
    file.lock.release()


@pytest.fixture
def closed(path: Path) -> Path:
    """A file that a server made and closed."""
    close(opened(path))
    return path


@pytest.fixture
def served(path: Path) -> Iterator[Path]:
    """A file that a server has open."""
    file = opened(path)
    yield path
    close(file)


def told(path: Path) -> dict[str, tuple[str, str]]:
    return {finding.name: (finding.level, finding.text) for finding in database(path)}


def test_a_file_that_is_not_there_yet_is_no_problem(path: Path) -> None:
    assert told(path) == {"file": ("note", "there is none yet: the first chat makes it")}
    assert not path.parent.exists()


def test_a_file_that_was_closed_is_whole_and_stays_alone(closed: Path) -> None:
    before = sorted(closed.parent.iterdir())

    assert told(closed) == {
        "file": ("ok", f"{closed.stat().st_size // 1024} KiB"),
        "use": ("ok", "not in use"),
        "version": ("ok", str(len(MIGRATIONS))),
        "integrity": ("ok", "it is whole"),
    }
    assert sorted(closed.parent.iterdir()) == before


def test_a_file_of_a_running_server_is_in_use(served: Path) -> None:
    found = told(served)

    assert found["use"] == ("ok", "in use")
    assert found["integrity"] == ("ok", "it is whole")


def test_a_damaged_file_is_a_problem(closed: Path) -> None:
    data = bytearray(closed.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    closed.write_bytes(data)

    assert told(closed)["integrity"][0] == "problem"


def test_a_file_that_is_no_database_is_a_problem(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("not a database" * 100)

    assert told(path)["integrity"] == ("problem", "it cannot be read: file is not a database")


def test_what_is_no_file_is_a_problem(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)  # which would be waited for

    assert told(path) == {"file": ("problem", "it is no file")}


def test_a_file_of_a_later_version_is_a_problem(closed: Path) -> None:
    with sqlite3.connect(closed) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    assert told(closed)["version"][0] == "problem"


def test_a_file_that_was_put_aside_is_named(closed: Path) -> None:
    closed.with_name(f"{closed.name}.corrupt-20260101-000000").write_text("")

    assert told(closed)["aside"][0] == "note"
