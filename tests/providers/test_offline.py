"""The built-in model answers from its file, word by word, without a key or a network."""

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from naps import patch_sleep
from pydantic import BaseModel, Field, ValidationError

import jupyter_ai_magics
import jupyter_ai_magics.offline as offline
import mockllm
from jupyter_ai_magics.models.completion import InlineCompletionRequest
from jupyter_ai_magics.offline import MockLLMProvider, OfflineModelError

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
        responses_path=responses(f"responses: {{q: {json.dumps(ANSWER)}}}"),
        delay_ms=0,
    )


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    patch_sleep(monkeypatch, offline, "asyncio", sleep)
    patch_sleep(monkeypatch, offline, "time", naps.append)
    return naps


async def test_an_answer_comes_word_by_word_and_loses_nothing(model: MockLLMProvider) -> None:
    streamed = [chunk.content async for chunk in model.astream("q")]

    assert streamed == [chunk.content for chunk in model.stream("q")]
    assert "".join(streamed) == ANSWER == model.invoke("q").content
    assert len(streamed) == 4


async def test_the_last_chunk_counts_tokens_and_names_the_model(model: MockLLMProvider) -> None:
    *earlier, last = [chunk async for chunk in model.astream([SystemMessage("be brief"), HumanMessage("q")])]

    assert last.usage_metadata == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    assert last.response_metadata["model_name"] == "offline"
    assert all(chunk.usage_metadata is None for chunk in earlier)


def test_the_last_human_message_is_the_prompt(model: MockLLMProvider) -> None:
    said = [HumanMessage("something else"), AIMessage("a"), HumanMessage([{"type": "text", "text": "q"}])]

    assert model.invoke([*said, AIMessage("b")]).content == ANSWER


def test_without_a_human_message_the_last_message_is_the_prompt(model: MockLLMProvider) -> None:
    assert model.invoke([SystemMessage("q")]).content == ANSWER


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


async def test_the_rules_see_system_message_turn_and_model(responses: Responses) -> None:
    text = "rules: [{system: pirate, turn: 2, model: off*, answer: '{{ prompt }}, {{ model }}'}]"
    model = MockLLMProvider(model_id="offline", responses_path=responses(text), delay_ms=0)
    said = [SystemMessage("You are a pirate."), HumanMessage("a"), AIMessage("b"), HumanMessage("c")]

    assert (await model.ainvoke(said)).content == model.invoke(said).content == "c, offline"


RULE = "rules: [{contains: rain, answer: Wait., tool_calls: [{name: weather, arguments: {city: Rome}}]}]"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_tool_is_called_once_and_its_result_ends_the_turn(responses: Responses, stream: bool) -> None:
    model = MockLLMProvider(model_id="offline", responses_path=responses(RULE), delay_ms=0).bind_tools([])
    said: list[BaseMessage] = [HumanMessage("rain?")]

    async def ask() -> AIMessage:
        if not stream:
            return await model.ainvoke(said)
        first, *more = [chunk async for chunk in model.astream(said)]
        return sum(more, first)

    answer = await ask()
    [call] = answer.tool_calls
    said += [answer, ToolMessage("No.", tool_call_id=call["id"])]
    last = await ask()

    assert (answer.content, call["name"], call["args"]) == ("Wait.", "weather", {"city": "Rome"})
    assert answer.response_metadata["finish_reason"] == "tool_calls"
    assert (last.content, last.tool_calls) == ("Wait.", [])


def test_a_rule_that_only_calls_tools_repeats_their_result(responses: Responses) -> None:
    path = responses("rules: [{tool_calls: [{name: weather}]}]")
    model = MockLLMProvider(model_id="offline", responses_path=path)
    call = {"name": "weather", "args": {}, "id": "1"}
    said = [HumanMessage("rain?"), AIMessage("", tool_calls=[call]), ToolMessage("No.", tool_call_id="1")]

    assert model.invoke(said).content == "No."


async def test_delays_are_those_of_the_faults(responses: Responses, naps: list[float]) -> None:
    path = responses("rules: [{answer: one two, faults: {first_token_ms: 300, token_ms: 20}}]")
    model = MockLLMProvider(model_id="offline", responses_path=path)
    [chunk async for chunk in model.astream("q")]
    await model.ainvoke("q")
    model.invoke("q")

    assert naps == [0.3, 0.02, 0.3, 0.3]


async def test_a_refusal_is_an_error_with_its_status(responses: Responses) -> None:
    path = responses("rules: [{answer: a, faults: {status: 429, times: 2, retry_after: 1}}]")
    model = MockLLMProvider(model_id="offline", responses_path=path)
    expected = r"status 429 \(Too Many Requests\), as `rules\[0\]` in its file says\. Try again after 1 s"

    with pytest.raises(OfflineModelError, match=expected) as raised:
        await model.ainvoke("q")
    with pytest.raises(OfflineModelError):
        list(model.stream("q"))

    assert (raised.value.status_code, raised.value.retry_after) == (429, 1)
    assert model.invoke("q").content == "a"


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_cut_stream_is_an_error_after_what_was_said(responses: Responses, after: int) -> None:
    path = responses(f"rules: [{{answer: one two, faults: {{cut_after: {after}}}}}]")
    model = MockLLMProvider(model_id="offline", responses_path=path, delay_ms=0)
    stream = model.astream("q")

    assert [(await anext(stream)).content for _ in range(after)] == ["one ", "two"][:after]
    with pytest.raises(OfflineModelError, match=f"The stream was cut after {after} words, as `rules"):
        await anext(stream)


def test_in_strict_mode_an_unknown_prompt_is_an_error_that_explains(responses: Responses) -> None:
    path = responses("{settings: {strict: true}, responses: {hello: a}}")

    with pytest.raises(LookupError, match=r"Nearest is `responses\.hello`, but it wants exactly 'hello'"):
        MockLLMProvider(model_id="offline", responses_path=path).invoke("helo")


@pytest.mark.parametrize("stream", [False, True])
async def test_it_completes_nothing_with_the_built_in_answers(
    stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOCKLLM_RESPONSES", raising=False)

    assert await completed(MockLLMProvider(model_id="offline"), stream) == []


@pytest.mark.parametrize("stream", [False, True])
async def test_it_completes_with_a_file_of_ones_own(responses: Responses, stream: bool) -> None:
    path = responses("defaults: {unknown_response: 'return 1'}\nsettings: {delay_ms: 0}")

    assert await completed(MockLLMProvider(model_id="offline", responses_path=path), stream) == ["return 1"]


async def completed(model: MockLLMProvider, stream: bool) -> list[str]:
    """The texts that a completion ends with."""
    request = InlineCompletionRequest(number=1, prefix="def f", suffix="", mime="text/plain", stream=stream)
    if not stream:
        return [item.insertText for item in (await model.generate_inline_completions(request)).list.items]
    parts = [part async for part in model.stream_inline_completions(request)]
    return [part.response.insertText for part in parts if getattr(part, "done", False)]


def test_it_is_offered_for_completions_where_a_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKLLM_RESPONSES", "answers.yaml")

    assert MockLLMProvider.completion_models() == ["offline"]


def test_it_is_offered_in_the_chat_and_not_for_completions() -> None:
    assert MockLLMProvider.chat_models() == ["offline"]
    assert MockLLMProvider.completion_models() == []
    assert MockLLMProvider.auth_strategy is None


def test_the_versions_are_those_of_the_distribution() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]

    assert project["version"] == jupyter_ai_magics.__version__ == mockllm.__version__


class Town(BaseModel):
    """A town."""

    name: str
    people: int = Field(ge=3)


@pytest.mark.parametrize(
    ("answer", "town"),
    [('{"name": "Rome", "people": 9}', Town(name="Rome", people=9)), ("Rome.", Town(name="", people=3))],
)
def test_a_structured_answer_is_the_rules_or_the_smallest(responses, answer: str, town: Town) -> None:
    path = responses(f"responses: {{q: {json.dumps(answer)}}}")
    model = MockLLMProvider(model_id="offline", responses_path=path, delay_ms=0)

    assert model.with_structured_output(Town).invoke("q") == town


def test_a_call_that_is_demanded_is_made_of_the_tool_that_is_named(model: MockLLMProvider) -> None:
    tools = [{"name": name, "description": "", "parameters": {"type": "object"}} for name in "fg"]
    choice = {"type": "function", "function": {"name": "g"}}

    for demanded in ("g", choice):
        said = model.bind_tools(tools, tool_choice=demanded).invoke("q")
        assert [call["name"] for call in said.tool_calls] == ["g"]
    assert model.bind_tools(tools, tool_choice="auto").invoke("q").tool_calls == []
    with pytest.raises(ValueError, match="`tool_choice` asks for 'h', which is none of the tools"):
        model.bind_tools(tools, tool_choice="h")


def test_without_jsonschema_a_demanded_call_says_what_is_missing(
    model: MockLLMProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)

    with pytest.raises(NotImplementedError, match=r"needs the package jsonschema: pip install 'jupyter_ai"):
        model.with_structured_output(Town).invoke("q")


def test_tokens_are_counted_without_a_vocabulary(
    model: MockLLMProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)

    assert model.get_num_tokens("one two one ") == 3
    first, second, third = model.get_token_ids("one two one ")
    assert first == third != second
    assert model.get_num_tokens_from_messages([SystemMessage("be brief"), HumanMessage("q")]) == 3
