"""A file is replaced as a whole, or stays as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_ai_magics import atomic_file
from jupyter_ai_magics.atomic_file import remove_leftovers, replace_file


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    path.chmod(0o644)
    replace_file(path, b"new")

    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    assert os.listdir(tmp_path) == ["a.json"]


def test_file_and_folder_reach_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = []
    monkeypatch.setattr(atomic_file.os, "fsync", lambda handle: flushed.append(os.fstat(handle).st_ino))
    path = tmp_path / "a.json"
    replace_file(path, b"new")

    assert flushed == [path.stat().st_ino, tmp_path.stat().st_ino]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there" / "real.json", tmp_path / "link.json"
    link.symlink_to(real)
    replace_file(link, b"new")

    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_failure_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.json"
    path.write_text("old")
    monkeypatch.setattr(atomic_file.os, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"new")

    assert {found.name: found.read_text() for found in tmp_path.iterdir()} == {"a.json": "old"}


def test_nothing_is_removed_beside_the_target_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    theirs = tmp_path / "dotfiles" / ".config.settings.json"
    theirs.touch()
    os.utime(theirs, (1, 1))
    link = tmp_path / "config.json"
    link.symlink_to(tmp_path / "dotfiles" / "config.json")
    remove_leftovers(link)

    assert theirs.exists()
