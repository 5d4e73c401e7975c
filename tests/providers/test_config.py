"""What a responses file may say, and how a wrong one is refused."""

import os
from pathlib import Path

import pytest

from jupyter_ai_magics.offline import BUILT_IN_RESPONSES
from mockllm.config import ResponsesError, Settings, cached_responses, load_responses, parse_responses

FILE = """\
responses:
  "What colour is  the sky?": Blue, by day.
  yes: no
  6 * 7: 42
defaults:
  unknown_response: I was not told.
settings:
  lag_enabled: true
  lag_factor: 20
"""


@pytest.mark.parametrize("prompt", ["What colour is the sky?", "  what COLOUR\n is the sky? "])
def test_letter_case_and_white_space_do_not_count(prompt: str) -> None:
    assert parse_responses(FILE).answer(prompt) == "Blue, by day."


def test_anything_else_gets_the_default_answer() -> None:
    assert parse_responses(FILE).answer("what colour is the sea?") == "I was not told."


def test_prompts_and_answers_are_text_whatever_yaml_makes_of_them() -> None:
    assert parse_responses(FILE).answer("yes") == "no"
    assert parse_responses(FILE).answer("6 * 7") == "42"


@pytest.mark.parametrize("text", ["", "responses:", "# nothing\n", "defaults: {}"])
def test_a_file_that_says_nothing_advises_what_to_add(text: str) -> None:
    assert "`unknown_response:` under `defaults:`" in parse_responses(text).answer("hello")


@pytest.mark.parametrize(
    ("settings", "delay"),
    [
        (Settings(), 0.02),
        (Settings(lag_factor=20), 0.01),
        (Settings(lag_enabled=False), 0),
        (Settings(lag_enabled=False, delay_ms=5), 0.005),
        (Settings(delay_ms=0), 0),
    ],
)
def test_the_delay_is_given_or_follows_from_the_lag(settings: Settings, delay: float) -> None:
    assert settings.token_delay == pytest.approx(delay)


def test_the_lag_is_read_from_the_file() -> None:
    assert parse_responses(FILE).settings == Settings(lag_enabled=True, lag_factor=20)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("responses:\n  a: b\n c: d", "f.yaml, line 3: this is not YAML: "),
        ("responses: [a]", "f.yaml, line 1: `responses` must be a mapping of keys to values."),
        ("- a", "f.yaml, line 1: the file must be a mapping of keys to values."),
        ("responses:\n  a: [b]", "f.yaml, line 2: `responses.a` must be text."),
        ("responses:\n  a:", "f.yaml, line 2: `responses.a` must be text."),
        ("responses:\n  a: b\n  a: c", "f.yaml, line 3: `responses` says `a` twice."),
        ("responses:\n  a: b\n  A: c", "f.yaml, line 3: `responses.A` is answered twice (letter case "),
        ("responses:\n  [a]: b", "f.yaml, line 2: `responses` has a key that is not plain text."),
        ("respones:\n  a: b", "`respones` is not a known key; did you mean `responses`?"),
        ("x: 1", "`x` is not a known key; known are `responses`, `defaults`, `settings`."),
        ("settings:\n\n  lag: 1", "f.yaml, line 3: `settings.lag` is not a known key; "),
        ("settings: {lag_enabled: 1}", "`settings.lag_enabled` must be true or false, not '1'."),
        ("settings: {lag_factor: fast}", "`settings.lag_factor` must be a number above 0, not 'fast'."),
        ("settings: {lag_factor: 0}", "`settings.lag_factor` must be a number above 0, not '0'."),
        ("settings: {delay_ms: -1}", "`settings.delay_ms` must be 0 or a number above it, not '-1'."),
        ("settings: {delay_ms: .inf}", "`settings.delay_ms` must be 0 or a number above it, not '.inf'."),
        ("settings: {delay_ms: []}", "`settings.delay_ms` must be 0 or a number above it, not a list or "),
        ("defaults: {unknown_response: }", "f.yaml, line 1: `defaults.unknown_response` must be text."),
        ("a: \x07", "f.yaml: this is not YAML: "),
    ],
)
def test_an_error_names_file_line_and_key(text: str, message: str) -> None:
    with pytest.raises(ResponsesError) as raised:
        parse_responses(text, source="f.yaml")

    assert message in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for load in (load_responses, cached_responses):
        with pytest.raises(ResponsesError, match=r"none\.yaml cannot be read: No such file"):
            load(tmp_path / "none.yaml")


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"responses: \xff")

    with pytest.raises(ResponsesError, match=r"f\.yaml cannot be read: byte 11 is not UTF-8"):
        load_responses(tmp_path / "f.yaml")


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("responses: {a: one}")
    first = cached_responses(path)

    assert cached_responses(path) is first

    path.write_text("responses: {a: two}")
    os.utime(path, ns=(1, 1))

    assert cached_responses(path).answer("a") == "two"


def test_the_built_in_answers_are_valid() -> None:
    responses = load_responses(BUILT_IN_RESPONSES)

    assert "offline model" in responses.answer("Hello")
    assert "`/help`" in responses.answer("what is the meaning of this")
    assert responses.answer("what can you do?") == responses.answer("What can you do")
    assert all(mark in responses.answer("show me markdown") for mark in ("```python", "|--:|", "$$"))
