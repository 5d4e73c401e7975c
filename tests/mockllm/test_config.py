"""What a responses file may say, and how a wrong one is refused."""

from pathlib import Path
from time import process_time

import pytest

from jupyter_ai_magics.offline import BUILT_IN_RESPONSES
from mockllm.config import Prompt, ResponsesError, Settings, load_responses, parse_responses
from mockllm.responder import Responder

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


def answer(text: str, prompt: str) -> str:
    return Responder(parse_responses(text)).reply(Prompt(prompt)).text


@pytest.mark.parametrize("prompt", ["What colour is the sky?", "  what COLOUR\n is the sky? "])
def test_letter_case_and_white_space_do_not_count(prompt: str) -> None:
    assert answer(FILE, prompt) == "Blue, by day."


def test_anything_else_gets_the_default_answer() -> None:
    assert answer(FILE, "what colour is the sea?") == "I was not told."


def test_prompts_and_answers_are_text_whatever_yaml_makes_of_them() -> None:
    assert answer(FILE, "yes") == "no"
    assert answer(FILE, "6 * 7") == "42"


@pytest.mark.parametrize("text", ["", "responses:", "# nothing\n", "defaults: {}"])
def test_a_file_that_says_nothing_advises_what_to_add(text: str) -> None:
    assert "`unknown_response:` under `defaults:`" in answer(text, "hello")


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
        ("x: 1", "`x` is not a known key; known are `responses`, `rules`, `defaults`, "),
        ("settings:\n\n  lag: 1", "f.yaml, line 3: `settings.lag` is not a known key; "),
        ("settings: {lag_enabled: 1}", "`settings.lag_enabled` must be true or false, not '1'."),
        ("settings: {lag_factor: fast}", "`settings.lag_factor` must be a number above 0, not 'fast'."),
        ("settings: {lag_factor: 0}", "`settings.lag_factor` must be a number above 0, not '0'."),
        ("settings: {delay_ms: -1}", "`settings.delay_ms` must be 0 or a number above it, not '-1'."),
        ("settings: {delay_ms: .inf}", "`settings.delay_ms` must be 0 or a number above it, not '.inf'."),
        ("settings: {delay_ms: []}", "`settings.delay_ms` must be 0 or a number above it, not a list or "),
        ("defaults: {unknown_response: }", "f.yaml, line 1: `defaults.unknown_response` must be text."),
        ("a: b\r\nc:\n\x07", "f.yaml, line 3: this is not YAML: the character U+0007 cannot stand in it."),
        ("a: [\n" + "[" * 5000, "f.yaml, line 2: this is nested too deeply."),
        ("- " * 5000, "f.yaml, line 1: this is nested too deeply."),
        ('a: "\\UFFFFFFFF"', "f.yaml: this is not YAML: "),
        (f"%YAML {'9' * 5000}.1\n---\na: b", "f.yaml: this is not YAML: "),
        ("settings: {strict: 1}", "`settings.strict` must be true or false, not '1'."),
        ("settings: {seed: 0.5}", "`settings.seed` must be a whole number from 0, not '0.5'."),
        ("defaults: {unknown_response: '{{ a }}'}", "`defaults.unknown_response` is not a template: `a` "),
        ("defaults: {faults: {times: 2}}", "`defaults.faults` has `times` or `retry_after`, which need a "),
        ("providers: {a: b}", "f.yaml, line 1: `providers.a` must be a mapping of keys to values."),
        ("providers: {a:\n {b: &b [*b]}}", "f.yaml, line 2: `*b` stands within itself."),
        ("rules: {}", "f.yaml, line 1: `rules` must be a list."),
        ("rules:\n- a", "f.yaml, line 2: `rules[0]` must be a mapping of keys to values."),
        ("rules: [{contain: a}]", "`rules[0].contain` is not a known key; did you mean `contains`?"),
        ("rules: [{exact: a, regex: b}]", "`rules[0]` says `exact` and `regex`: keep one of them, or make "),
        ("rules: [{exact: a}]", "`rules[0]` answers nothing: give it `answer`, `tool_calls` or a `status`."),
        ("rules: [{contains: ' ', answer: a}]", "`rules[0].contains` must not be empty."),
        ("rules: [{contains: [], answer: a}]", "`rules[0].contains` is an empty list."),
        ("rules: [{contains: [a, []], answer: a}]", "`rules[0].contains[1]` must be text."),
        ("rules: [{regex: '(', answer: a}]", "`rules[0].regex` is not a regular expression: missing )"),
        ("rules: [{turn: 0, answer: a}]", "`rules[0].turn` must be a whole number from 1, not '0'."),
        ("rules: [{turn: [1, two], answer: a}]", "`rules[0].turn[1]` must be a whole number from 1, not "),
        ("rules: [{cycle: true, answer: a}]", "`rules[0].cycle` needs `answers`."),
        ("rules: [{answers: [], exact: a}]", "`rules[0]` answers nothing: "),
        ("rules: [{answers: [a], answer: a}]", "`rules[0].answer` cannot stand beside `answers`: put it in "),
        ("rules: [{answers: [{}]}]", "`rules[0].answers[0]` must be text, or say `answer` or `tool_calls`."),
        ("rules: [{tool_calls: [{arguments: {}}]}]", "`rules[0].tool_calls[0]` has no `name`."),
        ("rules: [{tool_calls: [{name: a, arguments: 1}]}]", "`rules[0].tool_calls[0].arguments` must be a "),
        ("rules: [{answer: a, faults: {status: 200}}]", "`rules[0].faults.status` must be a whole number "),
        (
            "rules: [{answer: a, faults: {jitter: 2}}]",
            "`rules[0].faults.jitter` must be a number from 0 to 1",
        ),
        (
            "rules: [{answer: a, faults: {statsu: 1}}]",
            "`rules[0].faults.statsu` is not a known key; did you ",
        ),
    ],
)
def test_an_error_names_file_line_and_key(text: str, message: str) -> None:
    with pytest.raises(ResponsesError) as raised:
        parse_responses(text, source="f.yaml")

    assert message in str(raised.value)


def _aliases(levels: int, written: str, per_level: int) -> str:
    """A file in which each level is made of so many aliases of the level before."""
    lines = (
        f"  a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * per_level)}]" for level in range(1, levels)
    )
    return "\n".join(["providers:", " x:", f"  a0: &a0 {written}", *lines])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_aliases(9, "[1, 1, 1]", 10), "f.yaml, line 8: the aliases stand for more than 100000 values."),
        (_aliases(5000, "[1]", 1), "f.yaml, line 99: this is nested too deeply."),
        ("[" * 5000, "f.yaml, line 1: this is nested too deeply."),
    ],
)
def test_a_small_file_that_means_a_vast_one_is_refused_at_once(text: str, message: str) -> None:
    started = process_time()
    with pytest.raises(ResponsesError) as raised:
        parse_responses(text, source="f.yaml")

    assert str(raised.value) == message
    assert process_time() - started < 2


def test_aliases_stand_for_what_they_name() -> None:
    text = "providers: {a: {b: &b [1, {c: 2}], d: [*b, *b]}}"

    assert parse_responses(text).provider_config["a"]["d"] == [[1, {"c": 2}]] * 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResponsesError, match=r"none\.yaml cannot be read: No such file"):
        load_responses(tmp_path / "none.yaml")


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"responses: \xff")

    with pytest.raises(ResponsesError, match=r"f\.yaml cannot be read: byte 11 is not UTF-8"):
        load_responses(tmp_path / "f.yaml")


def test_a_provider_has_its_configuration_as_plain_values() -> None:
    text = "providers: {acme: {version: '2', beta: yes, limits: [1, 0.5, null], since: 2024-01-01}}"

    config = parse_responses(text).provider_config

    assert config == {"acme": {"version": "2", "beta": True, "limits": [1, 0.5, None], "since": "2024-01-01"}}


def test_a_response_stands_as_it_is_and_an_unknown_one_may_be_a_template() -> None:
    text = "{responses: {a: 'x {{ prompt }}'}, defaults: {unknown_response: 'not {{ prompt }}'}}"

    assert answer(text, "a") == "x {{ prompt }}"
    assert answer(text, "b") == "not b"


def test_the_built_in_answers_are_valid() -> None:
    responder = Responder(load_responses(BUILT_IN_RESPONSES))

    def answer(prompt: str) -> str:
        return responder.reply(Prompt(prompt)).text

    assert "offline model" in answer("Hello")
    assert "`/help`" in answer("what is the meaning of this")
    assert answer("what can you do?") == answer("What can you do")
    assert all(mark in answer("show me markdown") for mark in ("```python", "|--:|", "$$"))


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("rules: [{answer: '{{ promt }}'}]", "did you mean `prompt`?"),
        ("responses: [", "found '<stream end>'."),
    ],
)
def test_an_error_ends_with_one_mark(text: str, end: str) -> None:
    with pytest.raises(ResponsesError) as raised:
        parse_responses(text)

    assert str(raised.value).endswith(end)
