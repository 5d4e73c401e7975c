"""The built-in model answers from its file, word by word, without a key or a network."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import ValidationError

import jupyter_ai_magics
import jupyter_ai_magics.offline as offline
import mockllm
from jupyter_ai_magics.offline import MockLLMProvider

ANSWER = "  One two,\n\n\tthree. \n"
Responses = Callable[..., str]


@pytest.fixture
def responses(tmp_path: Path) -> Responses:
    def write(text: str) -> str:
        path = tmp_path / "responses.yaml"
        path.write_text(text)
        return str(path)

    return write


@pytest.fixture
def model(responses: Responses) -> MockLLMProvider:
    return MockLLMProvider(
        model_id="offline",
        responses_path=responses(f"responses: {{q: {json.dumps(ANSWER)}, '': nothing}}"),
        delay_ms=0,
    )


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    monkeypatch.setattr(offline.asyncio, "sleep", sleep)
    monkeypatch.setattr(offline.time, "sleep", naps.append)
    return naps


async def test_an_answer_comes_word_by_word_and_loses_nothing(model: MockLLMProvider) -> None:
    streamed = [chunk.content async for chunk in model.astream("q")]

    assert streamed == [chunk.content for chunk in model.stream("q")]
    assert "".join(streamed) == ANSWER == model.invoke("q").content
    assert len(streamed) == 4


async def test_the_last_chunk_counts_words_and_names_the_model(model: MockLLMProvider) -> None:
    *earlier, last = [chunk async for chunk in model.astream([SystemMessage("be brief"), HumanMessage("q")])]

    assert last.usage_metadata == {"input_tokens": 3, "output_tokens": 3, "total_tokens": 6}
    assert last.response_metadata["model_name"] == "offline"
    assert all(chunk.usage_metadata is None for chunk in earlier)


def test_the_last_human_message_is_the_prompt(model: MockLLMProvider) -> None:
    said = [HumanMessage("something else"), AIMessage("a"), HumanMessage([{"type": "text", "text": "q"}])]

    assert model.invoke([*said, AIMessage("b")]).content == ANSWER


def test_without_a_human_message_the_prompt_is_empty(model: MockLLMProvider) -> None:
    assert model.invoke([SystemMessage("q")]).content == "nothing"


async def test_an_empty_answer_is_one_empty_chunk(responses: Responses) -> None:
    path = responses("responses: {q: ''}")
    model = MockLLMProvider(model_id="offline", responses_path=path)

    assert [chunk.content async for chunk in model.astream("q")] == [""]


async def test_a_stop_word_ends_the_answer(model: MockLLMProvider) -> None:
    assert "".join([chunk.content async for chunk in model.astream("q", stop=["two"])]) == "  One "


async def test_there_is_a_delay_between_words_and_none_before_the_first(responses, naps) -> None:
    path = responses("{responses: {q: one two three}, settings: {delay_ms: 30}}")
    model = MockLLMProvider(model_id="offline", responses_path=path)
    [chunk async for chunk in model.astream("q")]
    list(model.stream("q"))

    assert naps == [0.03] * 4


@pytest.mark.parametrize(("delay_ms", "expected"), [(5, [0.005]), (0, []), ("", [0.03]), (None, [0.03])])
async def test_the_providers_delay_goes_before_the_files(responses, naps, delay_ms, expected) -> None:
    path = responses("{responses: {q: one two}, settings: {delay_ms: 30}}")
    model = MockLLMProvider(model_id="offline", responses_path=path, delay_ms=delay_ms)
    [chunk async for chunk in model.astream("q")]

    assert naps == expected


def test_a_negative_delay_is_refused() -> None:
    with pytest.raises(ValidationError, match="delay_ms"):
        MockLLMProvider(model_id="offline", delay_ms=-1)


def test_the_environment_names_a_file_too(responses: Responses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKLLM_RESPONSES", responses("responses: {q: from the environment}"))

    assert MockLLMProvider(model_id="offline").invoke("q").content == "from the environment"
    assert (
        MockLLMProvider(model_id="offline", responses_path=" ").invoke("q").content == "from the environment"
    )


def test_a_wrong_file_is_an_error_that_names_it(responses: Responses) -> None:
    model = MockLLMProvider(model_id="offline", responses_path=responses("responses: 1"))

    with pytest.raises(ValueError, match=r"responses\.yaml, line 1: `responses` must be a mapping"):
        model.invoke("q")


async def test_answering_does_not_block_the_event_loop(model: MockLLMProvider) -> None:
    with blockbuster_ctx():
        assert "".join([chunk.content async for chunk in model.astream("q")]) == ANSWER


async def test_the_chats_prompt_reaches_the_exact_answers() -> None:
    model = MockLLMProvider(model_id="offline", delay_ms=0)
    chain = model.get_chat_prompt_template() | model
    asked = {"input": "show me markdown", "context": "", "history": []}

    assert "```python" in "".join([chunk.content async for chunk in chain.astream(asked)])


def test_it_is_offered_in_the_chat_and_not_for_completions() -> None:
    assert MockLLMProvider.chat_models() == ["offline"]
    assert MockLLMProvider.completion_models() == []
    assert MockLLMProvider.auth_strategy is None


def test_the_versions_are_those_of_the_distribution() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]

    assert project["version"] == jupyter_ai_magics.__version__ == mockllm.__version__
