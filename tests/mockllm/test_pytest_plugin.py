"""The fixture `mockllm`, as a test author has it."""

import subprocess
import sys

import httpx


def ask(mockllm, prompt: str = "hello", **more) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}], **more}
    return httpx.post(f"{mockllm.openai_url}/chat/completions", json=body, trust_env=False)


def text_of(response: httpx.Response) -> str:
    return response.json()["choices"][0]["message"]["content"]


def test_one_text_answers_everything_as_it_stands(mockllm) -> None:
    mockllm.reply_with("{{ no template }}")

    assert text_of(ask(mockllm)) == "{{ no template }}"
    assert mockllm.requests[0]["messages"][0]["content"] == "hello"


def test_a_text_has_faults(mockllm) -> None:
    mockllm.reply_with("at last", status=429, times=1, retry_after=3)

    assert ask(mockllm).headers["retry-after"] == "3"
    assert text_of(ask(mockllm)) == "at last"


def test_rules_are_loaded_from_yaml(mockllm) -> None:
    mockllm.load("responses: {hello: Hi}\ndefaults: {unknown_response: What now}")

    assert [text_of(ask(mockllm)), text_of(ask(mockllm, "moon"))] == ["Hi", "What now"]
    assert [entry.rule for entry in mockllm.journal] == ["responses.hello", "defaults"]


def test_each_test_begins_with_nothing(mockllm) -> None:
    assert mockllm.journal == mockllm.requests == []
    assert "There is no answer to this prompt" in text_of(ask(mockllm))


def test_a_disconnect_can_be_waited_for(mockllm) -> None:
    mockllm.reply_with("one two three", token_ms=3_600_000)
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}
    url = f"{mockllm.openai_url}/chat/completions"
    with httpx.Client(trust_env=False) as client, client.stream("POST", url, json=body) as response:
        next(response.iter_bytes())

    assert mockllm.wait_for(lambda entry: entry.disconnected_at).completed is False


PROBE = """
import sys, time
import pytest

pytest.fixture  # which imports the rest of pytest
known = set(sys.modules)
start = time.perf_counter()
import mockllm.pytest_plugin
print(time.perf_counter() - start, *sorted(set(sys.modules) - known))
"""


def test_the_plug_in_costs_nothing_until_it_is_used() -> None:
    outcomes = [
        subprocess.run(
            [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]

    assert set(outcomes[0][1:]) <= {"mockllm", "mockllm.pytest_plugin"}
    assert min(float(seconds) for seconds, *_ in outcomes) < 0.005
