"""Text as a model is shown it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from growth import is_linear

from jupyter_ai.context_providers.text import fenced, without_colours


@pytest.mark.parametrize(
    ("text", "fence"), [("a", "```"), ("`` `", "```"), ("```", "````"), ("````` ```", "``````")]
)
def test_fence_is_longer_than_those_in_the_text(text: str, fence: str) -> None:
    assert fenced(text) == f"{fence}\n{text}\n{fence}"


def test_escape_sequences_of_terminals_are_left_out() -> None:
    text = "\x1b[1;31mred\x1b[0m, \x1b]8;;https://x.org\x1b\\link\x1b]8;;\x07, \x1b]0;never ended"

    assert without_colours(text) == "red, link, \x1b]0;never ended"


@pytest.mark.parametrize(
    ("function", "piece"), [(fenced, "`"), (without_colours, "\x1b]"), (without_colours, "\x1b[0")]
)
def test_time_grows_with_the_length_alone(function: Callable[[str], str], piece: str) -> None:
    assert is_linear(function, piece, 1 << 12)
