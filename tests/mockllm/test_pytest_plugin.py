"""The fixture `mockllm`, as a test author has it."""

import subprocess
import sys

import httpx
import pytest

from mockllm.config import ResponsesError

pytest_plugins = ["pytester"]


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


def test_a_refusal_names_the_fixture(mockllm) -> None:
    mockllm.reply_with("a", status=429)

    error = ask(mockllm).json()["error"]
    assert error["message"] == "The mock server refuses this with status 429, as `mockllm.reply_with` says."


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


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ({"statu": 429}, r"`faults\.statu` is not a known key; did you mean `status`\?"),
        ({"status": 200}, r"`faults\.status` must be a whole number from 400 to 599"),
        ({"status": "429"}, r"`faults\.status` must be"),
        ({"jitter": 2}, r"`faults\.jitter` must be a number from 0 to 1"),
        ({"retry_after": 1}, r"which need a `status`"),
        ({"status": object()}, r"the faults must be numbers"),
    ],
)
def test_faults_are_checked_as_in_a_file(mockllm, faults, message: str) -> None:
    with pytest.raises(ResponsesError, match=message):
        mockllm.reply_with("a", **faults)


def test_small_faults_and_none_are_taken(mockllm) -> None:
    mockllm.reply_with("a", token_ms=1e-5, status=None)

    assert text_of(ask(mockllm)) == "a"


def test_no_text_is_refused(mockllm) -> None:
    with pytest.raises(TypeError, match="must be a str, not None"):
        mockllm.reply_with(None)


def test_a_section_that_does_not_suit_a_provider_is_refused(mockllm) -> None:
    with pytest.raises(ResponsesError, match=r"<test>: `providers\.ollama\.models` does not suit"):
        mockllm.load("providers: {ollama: {models: 5}}")


def test_each_request_is_kept_whole(mockllm) -> None:
    ask(mockllm, "x" * 100_000)

    assert len(mockllm.requests[0]["messages"][0]["content"]) == 100_000


def test_a_request_of_an_earlier_test_is_dropped_and_never_seen(mockllm) -> None:
    mockllm.reply_with("one two", token_ms=3_600_000)
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}
    url = f"{mockllm.openai_url}/chat/completions"
    with httpx.Client(trust_env=False) as client, client.stream("POST", url, json=body) as response:
        chunks = response.iter_bytes()
        next(chunks)
        [entry] = mockllm.journal

        mockllm.reset()

        assert (entry.completed, entry.duration_ms is not None, mockllm.journal) == (False, True, [])
        with pytest.raises(httpx.HTTPError):
            list(chunks)


def test_without_the_extra_it_says_what_to_install(pytester, monkeypatch) -> None:
    monkeypatch.setattr("mockllm.extra._NEEDED", ("no_such_module",))
    pytester.makepyfile("def test_it(mockllm): pass")

    result = pytester.runpytest_inprocess("-p", "no:asyncio")

    result.stdout.fnmatch_lines(
        ['*needs no_such_module, which is not installed: pip install "jupyter_ai?mock?"*']
    )


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
