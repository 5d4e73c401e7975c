"""What becomes of an editor's request and of a model's words."""

import pytest

from jupyter_ai_magics.completion_utils import (
    post_process_suggestion,
    template_inputs_from_request,
    token_from_request,
    visible,
)
from jupyter_ai_magics.models.completion import InlineCompletionRequest


def a_request(prefix: str = "", suffix: str = "", **fields: object) -> InlineCompletionRequest:
    values = {"number": 5, "mime": "text/x-python", "stream": False, **fields}
    return InlineCompletionRequest(prefix=prefix, suffix=suffix, **values)


def test_streams_of_one_request_have_different_tokens() -> None:
    assert token_from_request(a_request(), 0) != token_from_request(a_request(), 1)


def test_the_prompt_knows_the_file_by_its_name() -> None:
    inputs = template_inputs_from_request(a_request(path="a/b/c.py", language="python", suffix="\nend\n"))

    assert (inputs["filename"], inputs["language"], inputs["suffix"]) == ("c.py", "python", "end")
    assert template_inputs_from_request(a_request())["filename"] == "untitled"


def test_visible_lines_are_whole() -> None:
    before, after = visible(a_request("one\n" * 1000, "two\n" * 1000), characters=20)

    assert (before, after) == ("one\n" * 4, "two\n")


def test_a_very_long_line_is_cut() -> None:
    assert visible(a_request("a" * 50, "b" * 50), characters=20) == ("a" * 20, "b" * 5)


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [
        ("return 1", "return 1"),
        ("```python\nreturn 1\n```", "return 1"),
        ("```\nreturn 1\n```\nThis returns 1.", "return 1"),
        ("return 1\n```\nThis returns 1.", "return 1"),
        ("```pyth", ""),
        ("``", ""),
        ("return 1  \n\n", "return 1"),
        ("    return 1", "    return 1"),
    ],
)
def test_a_fence_and_trailing_space_are_dropped(words: str, suggestion: str) -> None:
    assert post_process_suggestion(words, a_request(prefix="def f():\n")) == suggestion


def test_a_fence_stays_in_a_markdown_document() -> None:
    words = "```python\n1\n```"

    assert post_process_suggestion(words, a_request(language="markdown")) == words


@pytest.mark.parametrize("words", ["result = compute(1)", "import x\nresult = compute(1)", "compute(1)"])
def test_what_stands_before_the_cursor_is_not_repeated(words: str) -> None:
    assert post_process_suggestion(words, a_request(prefix="import x\nresult = ")) == "compute(1)"


def test_what_stands_after_the_cursor_is_not_repeated() -> None:
    request = a_request(prefix="print(", suffix=")  # show\n")

    assert post_process_suggestion("x)  # show", request) == "x"


def test_a_space_before_the_cursor_is_not_doubled() -> None:
    assert post_process_suggestion("  return 1", a_request(prefix="def f():\n  ")) == "return 1"
