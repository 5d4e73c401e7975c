"""Which prompts a rule is for, and what it answers the first, the second and the tenth time."""

import time

import pytest

from mockllm.config import Prompt, ToolCall, parse_responses
from mockllm.responder import NoMatch, Responder
from mockllm.rules.regexes import Pattern


def responder(rules: str) -> Responder:
    return Responder(parse_responses(f"rules:\n{rules}\ndefaults: {{unknown_response: unknown}}"))


def answer(rule: str, prompt: Prompt) -> str:
    return responder(f"- {{{rule}, answer: known}}").reply(prompt).text


@pytest.mark.parametrize(
    ("rule", "prompt"),
    [
        ("exact: 'caf\u00e9'", Prompt("Cafe\u0301")),
        ("contains: 'cafe\u0301'", Prompt("a CAF\u00c9")),
        ("regex: 'caf\u00e9$'", Prompt("cafe\u0301")),
        ("regex: 'cafe\u0301$'", Prompt("caf\u00e9")),
        ("system: 'cafe\u0301'", Prompt("a", system="The CAF\u00c9.")),
        ("regex: 'b$'", Prompt("a" * 100_000 + "b")),
        ("exact: 'Hello  World'", Prompt("hello world ")),
        ("contains: 'the Weather'", Prompt("What is THE\nweather like?")),
        ("contains: [rain, snow]", Prompt("will it snow?")),
        ("regex: 'order (\\d+)'", Prompt("about order 12")),
        ("regex: '(?i)ORDER'", Prompt("order")),
        ("system: Pirate", Prompt("a", system="You are a pirate.")),
        ("turn: 2", Prompt("a", turn=2)),
        ("turn: [1, 3]", Prompt("a", turn=3)),
        ("model: 'gpt-*'", Prompt("a", model="gpt-4o")),
        ("tool_results: 1", Prompt("a", tool_results=1)),
        ("model: 'gpt-*', turn: 1, contains: a", Prompt("a", model="gpt-4o")),
    ],
)
def test_a_prompt_that_meets_all_conditions_is_answered(rule: str, prompt: Prompt) -> None:
    assert answer(rule, prompt) == "known"


@pytest.mark.parametrize(
    ("rule", "prompt"),
    [
        ("exact: hello", Prompt("hello world")),
        ("contains: [rain, snow]", Prompt("will it hail?")),
        ("regex: '^order'", Prompt("about order 12")),
        ("regex: 'b'", Prompt("a")),
        ("system: pirate", Prompt("pirate")),
        ("turn: 2", Prompt("a")),
        ("model: 'gpt-*'", Prompt("a", model="claude")),
        ("tool_results: 0", Prompt("a", tool_results=1)),
        ("model: 'gpt-*', turn: 2, contains: a", Prompt("a", model="gpt-4o")),
    ],
)
def test_one_condition_that_is_not_met_is_enough_for_no(rule: str, prompt: Prompt) -> None:
    assert answer(rule, prompt) == "unknown"


def test_the_first_rule_wins_and_rules_go_before_responses() -> None:
    text = "{rules: [{contains: a, answer: first}, {exact: a b, answer: second}], responses: {a b: third}}"

    assert Responder(parse_responses(text)).reply(Prompt("a b")).text == "first"


@pytest.mark.parametrize(
    ("cycle", "texts"), [("false", ["1", "2", "3", "3", "3"]), ("true", ["1", "2", "3", "1", "2"])]
)
def test_answers_come_one_after_the_other(cycle: str, texts: list[str]) -> None:
    asked = responder(f"- {{answers: ['1', '2', '3'], cycle: {cycle}}}")

    assert [asked.reply(Prompt("a")).text for _ in range(5)] == texts


def test_an_answer_may_call_tools_and_fill_in_their_arguments() -> None:
    rule = """\
- regex: "in (?P<city>\\\\w+)"
  answers:
  - tool_calls: [{name: weather, arguments: {city: "{{ match.city }}", days: [1, "{{ n }}"]}}, {name: now}]
  - {answer: and, tool_calls: [{name: now}]}
  - Sunny.
"""
    asked = responder(rule)
    first, second, third = [asked.reply(Prompt("in Rome")) for _ in range(3)]

    assert first.tool_calls == (
        ToolCall("weather", {"city": "Rome", "days": [1, "1"]}),
        ToolCall("now", {}),
    )
    assert (second.text, second.tool_calls) == ("and", (ToolCall("now", {}),))
    assert (third.text, third.tool_calls) == ("Sunny.", ())


@pytest.mark.parametrize("pattern", ["^(a|aa)+$", "(a|a)*$"])
def test_a_regex_that_takes_for_ever_does_not_match_and_is_logged_once(
    pattern: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = f"rules:\n- {{regex: '{pattern}', answer: '{{{{ match[0] }}}}'}}\n- answer: next"
    asked = Responder(parse_responses(text, "f.yaml"))
    started = time.monotonic()

    assert [asked.reply(Prompt("a" * 50 + "b")).text for _ in range(2)] == ["next", "next"]
    assert time.monotonic() - started < 5
    [record] = caplog.records
    assert record.getMessage().startswith("f.yaml, line 2: `rules[0].regex` took more than 0.1 s to search")


def test_an_explanation_searches_no_prompt_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    monkeypatch.setattr(Pattern, "search", lambda self, text: searched.append(text))
    asked = Responder(parse_responses("{rules: [{regex: b, answer: c}], settings: {strict: true}}"))

    with pytest.raises(NoMatch):
        asked.reply(Prompt("a"))
    assert searched == ["a"]
