"""The table of the page about migration says what the doctor says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from jupyter_ai.doctor.later_names import LATER_MODULES
from jupyter_ai_magics.langchain_moves import imports_in, langchain_moves

PAGE = (Path(__file__).parents[2] / "docs" / "authors" / "migration.md").read_text()
ROWS = re.findall(r"^\| `(from [^`]+)` \| `(from [^`]+)`", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("before", "now"), ROWS)
def test_what_moved_where(before: str, now: str) -> None:
    old, new = (ast.parse(text).body[0] for text in (before, now))
    assert isinstance(old, ast.ImportFrom)
    assert isinstance(new, ast.ImportFrom)
    (wanted,) = imports_in(old)

    assert langchain_moves(wanted) == [f"`{new.names[0].name}` from `{new.module}`"]


def test_there_are_rows() -> None:
    assert len(ROWS) > 15


def test_the_packages_of_the_later_series_are_named() -> None:
    assert [module for module in LATER_MODULES if f"`{module}`" not in PAGE] == []
