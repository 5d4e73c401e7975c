"""Brackets and quotes that do not match, in code that is being typed."""

import pytest

from jupyter_ai.completions.brackets import unmatched


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("foo(bar[1], {2: 3})", 0),
        ("foo(bar(", 0),
        ("foo(1))", 1),
        ("foo(1]", 1),
        ('print(")")', 0),
        ("print('it\\'s)')", 0),
        ('print("hello', 1),
    ],
)
def test_what_closes_nothing_is_counted(code: str, wrong: int) -> None:
    assert unmatched(code) == wrong
