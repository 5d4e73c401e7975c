"""What a prompt gets: the rule's name, its faults, and in strict mode an explanation."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from mockllm.config import Faults, Prompt, ResponsesConfig, parse_responses
from mockllm.responder import NoMatch, Responder, Unrecorded


def responder(text: str) -> Responder:
    return Responder(parse_responses(text))


def test_a_reply_names_its_rule() -> None:
    asked = responder("{responses: {hello: a}, rules: [{exact: b, answer: b}, {exact: c, answer: c}]}")

    names = [asked.reply(Prompt(prompt)).rule for prompt in ("hello", "c", "d")]

    assert names == ["responses.hello", "rules[1]", "defaults"]


def test_without_a_file_the_answer_says_what_to_do() -> None:
    assert "Add one under `responses:`" in Responder(ResponsesConfig()).reply(Prompt("a")).text


def test_faults_of_all_replies_are_overridden_key_by_key() -> None:
    text = """
defaults: {faults: {first_token_ms: 5, cut_after: 1, status: 500, times: 3}}
responses: {a: a}
rules:
- {exact: b, answer: b, faults: {cut_after: null, token_ms: 2, status: null}}
"""
    asked = responder(text)

    assert asked.reply(Prompt("a")).faults == Faults(first_token_ms=5, cut_after=1, status=500, times=3)
    assert asked.reply(Prompt("b")).faults == Faults(first_token_ms=5, token_ms=2)
    assert asked.reply(Prompt("else")).faults.status == 500


def test_the_first_requests_of_a_rule_are_refused_and_use_up_no_answer() -> None:
    asked = responder(
        "rules: [{contains: a, answers: [one, two], faults: {status: 429, times: 2, retry_after: 1}}]"
    )
    replies = [asked.reply(Prompt("a")) for _ in range(4)]

    assert [reply.faults.status for reply in replies] == [429, 429, None, None]
    assert [reply.faults.retry_after for reply in replies] == [1, 1, None, None]
    assert [reply.text for reply in replies] == ["", "", "one", "two"]


def test_refusals_are_counted_for_each_rule() -> None:
    faults = "faults: {status: 500, times: 1}"
    asked = responder(f"rules: [{{exact: a, answer: a, {faults}}}, {{exact: b, answer: b, {faults}}}]")

    assert [asked.reply(Prompt(prompt)).faults.status for prompt in "aabb"] == [500, None, 500, None]


def test_without_times_each_request_is_refused() -> None:
    asked = responder("rules: [{faults: {status: 529}}]")

    assert [asked.reply(Prompt("a")).faults.status for _ in range(3)] == [529] * 3


def test_a_rule_that_only_refuses_leaves_later_requests_to_other_rules() -> None:
    asked = responder("{rules: [{faults: {status: 503, times: 1}}], responses: {a: one}}")
    replies = [asked.reply(Prompt("a")) for _ in range(2)]

    assert [(reply.rule, reply.text) for reply in replies] == [("rules[0]", ""), ("responses.a", "one")]


def test_jitter_is_the_same_in_the_same_order_and_differs_from_request_to_request() -> None:
    text = "settings: {seed: %d}\ndefaults: {faults: {jitter: 0.5}}"

    def played(seed: int) -> list[list[float]]:
        asked = responder(text % seed)
        return [list(islice(asked.reply(Prompt("a")).delays(), 3)) for _ in range(3)]

    assert played(1) == played(1)
    assert played(1) != played(2)
    assert played(1)[0] != played(1)[1]


def test_threads_do_not_miscount() -> None:
    asked = responder("rules: [{answer: '{{ n }}'}]")
    with ThreadPoolExecutor(8) as threads:
        texts = list(threads.map(lambda _: asked.reply(Prompt("a")).text, range(400)))

    assert sorted(map(int, texts)) == list(range(1, 401))


STRICT = """
settings: {strict: true}
responses:
  what is the time: noon
  what is the date: today
rules:
- {contains: weather, turn: 2, model: 'gpt-*', answer: sunny}
- {regex: 'order (\\d+)', system: clerk, answer: sent}
- {faults: {status: 429, times: 1}, tool_results: 7}
"""


@pytest.mark.parametrize(
    ("prompt", "nearest", "reason"),
    [
        (
            Prompt("what is teh time"),
            "responses.what is the time",
            "but it wants exactly 'what is the time'.",
        ),
        (
            Prompt("the weather?", model="gpt-4o"),
            "rules[0]",
            "(turn 1, model 'gpt-4o'). Nearest is `rules[0]`, but it wants `turn` 2 and this is 1.",
        ),
        (Prompt("the weather?", turn=2), "rules[0]", "but it wants a model like 'gpt-*' and this is ''."),
        (Prompt("order 3"), "rules[1]", "but it wants a system message with 'clerk' and there is none."),
        (
            Prompt("xyz", system="a clerk"),
            "rules[1]",
            "but its `regex` 'order (\\\\d+)' is not found. Correct it, add a rule, or take `strict` out",
        ),
    ],
)
def test_strict_mode_names_the_nearest_rule_and_what_it_missed(
    prompt: Prompt, nearest: str, reason: str
) -> None:
    with pytest.raises(NoMatch) as raised:
        responder(STRICT).reply(prompt)

    assert raised.value.nearest == nearest
    assert reason in str(raised.value)


def test_strict_mode_without_rules_says_so() -> None:
    with pytest.raises(NoMatch, match="There are no rules: add one to the responses file"):
        responder("settings: {strict: true}").reply(Prompt("a"))


def test_recording_asks_for_what_no_rule_is_for() -> None:
    asked = Responder(parse_responses("{responses: {a: b}, settings: {strict: true}}"), is_recording=True)

    assert asked.reply(Prompt("a")).text == "b"
    with pytest.raises(Unrecorded) as raised:
        asked.reply(Prompt("c"))
    assert raised.value.prompt == Prompt("c")
