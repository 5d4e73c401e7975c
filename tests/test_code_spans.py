"""Code in a line of Markdown."""

from __future__ import annotations

import pytest

from jupyter_ai.code_spans import code_span


@pytest.mark.parametrize(
    ("text", "span"),
    [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("a``b`c", "```a``b`c```"), ("a\nb", "`a b`")],
)
def test_backticks_do_not_end_it(text: str, span: str) -> None:
    assert code_span(text) == span
