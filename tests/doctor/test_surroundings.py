"""Where all of it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_ai.doctor.surroundings import surroundings


def test_folders_that_are_not_there_yet_can_be_made(jupyter_dirs: Path) -> None:
    assert {finding.level for finding in surroundings()} == {"ok"}


def test_a_folder_that_cannot_be_made_is_a_problem(
    jupyter_dirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (jupyter_dirs / "file").write_text("")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(jupyter_dirs / "file" / "data"))

    (wrong,) = [finding for finding in surroundings() if finding.level == "problem"]

    assert (wrong.name, wrong.where) == ("data folder", str(jupyter_dirs / "file" / "data"))
