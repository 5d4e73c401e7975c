"""How many lines are wanted of a suggestion."""

from __future__ import annotations

import pytest
from drawn import at

from jupyter_ai.completions.cursor import Cursor
from jupyter_ai.completions.structure import Wanted, wanted


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("▮", "lines"),
        ("import os\n▮", "lines"),
        ("def f():\n    ▮", "lines"),
        ("def f():\n    a = 1\n    ▮\n\nb = 2", "lines"),
        ("def f():\n    ▮\n    return 1", "statement"),
        ("def f():\n    a = 1\n    ▮\n    return 1", "statement"),
        ("class A(▮):", "statement"),
        ("x = foo(▮)", "statement"),
        ("x = fo▮", "statement"),
        ("if x:▮\n    y()", "line"),
        ("x = foo(▮, 1)", "line"),
        ('"""One▮', "paragraph"),
        ('"""One\n▮\ntwo"""', "lines"),
    ],
)
def test_where_lines_are_wanted(document: str, expected: Wanted) -> None:
    assert wanted(Cursor.of(at(document)), explicit=False) == expected


@pytest.mark.parametrize(("document", "expected"), [("x = fo▮", "lines"), ("x = foo(▮, 1)", "line")])
def test_who_asks_for_a_suggestion_gets_all_lines_but_before_code(document: str, expected: Wanted) -> None:
    assert wanted(Cursor.of(at(document)), explicit=True) == expected
