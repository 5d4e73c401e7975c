"""Ollama's own client library against the mock server."""

from __future__ import annotations

import json
from math import isclose
from typing import TYPE_CHECKING, Any

import ollama
import pytest
from client_support import TRANSPORT_ERRORS, WEATHER, Seen

if TYPE_CHECKING:
    from mockllm.fixture import MockLLM

TOOL: Any = {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}}
COLOUR = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "depth": {"type": "integer"}},
    "required": ["name", "depth"],
}


def said(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def ask(client: ollama.Client, text: str = "hi", **more: Any) -> Any:
    return client.chat("llama3.2", said(text), **more)


def test_ollama_chat_plain_answers_in_the_api_s_form(ollama_client: ollama.Client) -> None:
    response = ask(ollama_client)

    assert (response.message.role, response.message.content) == ("assistant", "Hello, how are you?")
    assert (response.model, response.done, response.done_reason) == ("llama3.2", True, "stop")
    assert response.created_at.endswith("Z")


def test_ollama_chat_usage_counts_both_ways(ollama_client: ollama.Client) -> None:
    response = ask(ollama_client)

    assert (response.prompt_eval_count, response.eval_count) == (1, 4)
    assert response.total_duration > 0


def test_ollama_chat_streaming_gives_lines_and_ends_with_usage(ollama_client: ollama.Client) -> None:
    parts = list(ask(ollama_client, stream=True))

    assert [part.message.content for part in parts] == ["Hello, ", "how ", "are ", "you?", ""]
    assert [part.done for part in parts] == [False] * 4 + [True]
    assert parts[-1].eval_count == 4


async def test_ollama_chat_async_plain(async_ollama: ollama.AsyncClient) -> None:
    response = await async_ollama.chat("llama3.2", said("hi"))

    assert response.message.content == "Hello, how are you?"


async def test_ollama_chat_async_streaming(async_ollama: ollama.AsyncClient) -> None:
    stream = await async_ollama.chat("llama3.2", said("hi"), stream=True)

    assert "".join([part.message.content or "" async for part in stream]) == "Hello, how are you?"


def test_ollama_chat_tool_call_plain(ollama_client: ollama.Client) -> None:
    (call,) = ask(ollama_client, "weather", tools=[TOOL]).message.tool_calls

    assert (call.function.name, call.function.arguments) == ("get_weather", {"city": "Paris", "days": 2})


def test_ollama_chat_tool_call_streaming_is_one_line(ollama_client: ollama.Client) -> None:
    parts = list(ask(ollama_client, "weather", tools=[TOOL], stream=True))
    calls = [call for part in parts for call in part.message.tool_calls or []]

    assert [call.function.arguments for call in calls] == [{"city": "Paris", "days": 2}]


def test_ollama_chat_tool_result_message_gets_the_text(ollama_client: ollama.Client) -> None:
    first = ask(ollama_client, "weather", tools=[TOOL]).message
    conversation = [*said("weather"), first, {"role": "tool", "content": "sun", "tool_name": "get_weather"}]
    second = ollama_client.chat("llama3.2", conversation, tools=[TOOL])

    assert (second.message.tool_calls, second.message.content) == (None, "It is sunny.")


def test_ollama_chat_system_message_and_images_are_accepted(ollama_client: ollama.Client) -> None:
    messages = [
        {"role": "system", "content": "Say arr."},
        {"role": "user", "content": "pirate", "images": [b"x"]},
    ]

    assert ollama_client.chat("llava", messages).message.content == "Ahoy!"


@pytest.mark.parametrize(
    ("prompt", "expected"), [("colour", {"name": "blue", "depth": 3}), ("hi", {"name": "", "depth": 0})]
)
def test_ollama_chat_structured_output(
    ollama_client: ollama.Client, prompt: str, expected: dict[str, Any]
) -> None:
    assert json.loads(ask(ollama_client, prompt, format=COLOUR).message.content) == expected


def test_ollama_chat_json_mode_gives_an_object(ollama_client: ollama.Client) -> None:
    assert json.loads(ask(ollama_client, format="json").message.content) == {"answer": "Hello, how are you?"}


def test_ollama_chat_options_limit_the_text(ollama_client: ollama.Client) -> None:
    short, stopped = (
        ask(ollama_client, options={"num_predict": 2}),
        ask(ollama_client, options={"stop": [" are"]}),
    )

    assert (short.message.content, short.done_reason) == ("Hello, how ", "length")
    assert (stopped.message.content, stopped.done_reason) == ("Hello, how", "stop")


def test_ollama_chat_without_messages_loads_the_model(ollama_client: ollama.Client) -> None:
    assert ollama_client.chat("llama3.2").done_reason == "load"


def test_ollama_generate_plain_with_suffix_and_raw(ollama_client: ollama.Client) -> None:
    response = ollama_client.generate("llama3.2", "hi", suffix="bye", raw=True)

    assert (response.response, response.done, response.eval_count) == ("Hello, how are you?", True, 4)


def test_ollama_generate_system_reaches_the_rules(ollama_client: ollama.Client) -> None:
    assert ollama_client.generate("llama3.2", "pirate", system="Say arr.").response == "Ahoy!"


def test_ollama_generate_streaming(ollama_client: ollama.Client) -> None:
    parts = list(ollama_client.generate("llama3.2", "hi", stream=True))

    assert [part.response for part in parts] == ["Hello, ", "how ", "are ", "you?", ""]


async def test_ollama_generate_async_streaming(async_ollama: ollama.AsyncClient) -> None:
    stream = await async_ollama.generate("llama3.2", "hi", stream=True)

    assert "".join([part.response async for part in stream]) == "Hello, how are you?"


def test_ollama_generate_structured_output(ollama_client: ollama.Client) -> None:
    assert json.loads(ollama_client.generate("llama3.2", "hi", format=COLOUR).response) == {
        "name": "",
        "depth": 0,
    }


def test_ollama_streams_unless_told_not_to(llm: MockLLM, ollama_client: ollama.Client) -> None:
    body = {"model": "llama3.2", "messages": said("hi")}
    lines = ollama_client._client.post("/api/chat", json=body).text.splitlines()

    assert len(lines) == 5
    assert (llm.journal[-1].stream, llm.journal[-1].tokens) == (True, 4)


def test_ollama_embed_of_one_and_of_several_texts(ollama_client: ollama.Client) -> None:
    one = ollama_client.embed("nomic-embed-text", "sea")
    two = ollama_client.embed("nomic-embed-text", ["sea", "sky"], dimensions=64)

    assert len(one.embeddings[0]) == 768
    assert [len(vector) for vector in two.embeddings] == [64, 64]
    assert isclose(sum(value * value for value in two.embeddings[0]), 1)


async def test_ollama_embed_async(async_ollama: ollama.AsyncClient) -> None:
    assert len((await async_ollama.embed("nomic-embed-text", ["a", "b"])).embeddings) == 2


def test_ollama_embeddings_of_old_are_the_same(ollama_client: ollama.Client) -> None:
    new = ollama_client.embed("nomic-embed-text", "sea").embeddings[0]

    assert ollama_client.embeddings("nomic-embed-text", "sea").embedding == new


def test_ollama_tags_show_and_ps(ollama_client: ollama.Client) -> None:
    assert "llama3.2:latest" in [model.model for model in ollama_client.list().models]
    assert "tools" in (ollama_client.show("llama3.2").capabilities or [])
    assert list(ollama_client.ps().models) == []


def test_ollama_tags_are_those_of_the_responses_file(llm: MockLLM, ollama_client: ollama.Client) -> None:
    llm.load("providers: {ollama: {models: [mine:7b]}}")

    assert [model.model for model in ollama_client.list().models] == ["mine:7b"]


def test_ollama_version_is_told(ollama_client: ollama.Client) -> None:
    assert ollama_client._client.get("/api/version").json()["version"]


def test_ollama_error_400_says_what_is_wrong(ollama_client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match=r"options\.num_predict") as raised:
        ask(ollama_client, options={"num_predict": "many"})

    assert raised.value.status_code == 400


def test_ollama_error_401_for_the_key_invalid(llm: MockLLM) -> None:
    client = ollama.Client(llm.url, headers={"authorization": "Bearer invalid"}, verify=False)
    with pytest.raises(ollama.ResponseError) as raised:
        ask(client)
    client._client.close()

    assert raised.value.status_code == 401


def test_ollama_error_404_where_no_rule_matches(ollama_client: ollama.Client, strict: MockLLM) -> None:
    with pytest.raises(ollama.ResponseError) as raised:
        ask(ollama_client, "hello")

    assert raised.value.status_code == 404


@pytest.mark.parametrize(("prompt", "status"), [("busy", 429), ("overloaded", 529), ("broken", 500)])
@pytest.mark.parametrize("stream", [False, True])
def test_ollama_error_429_529_and_500(
    ollama_client: ollama.Client, prompt: str, status: int, stream: bool
) -> None:
    with pytest.raises(ollama.ResponseError, match="refuses") as raised:
        list(ask(ollama_client, prompt, stream=stream))

    assert raised.value.status_code == status


def talk(client: ollama.Client, kind: str, prompt: str) -> Any:
    if kind == "chat":
        return client.chat("llama3.2", said(prompt), stream=True)
    return client.generate("llama3.2", prompt, stream=True)


@pytest.mark.parametrize("kind", ["chat", "generate"])
def test_ollama_cut_stream_breaks_the_connection(ollama_client: ollama.Client, kind: str) -> None:
    seen = Seen(talk(ollama_client, kind, "cut"))
    with pytest.raises(TRANSPORT_ERRORS):
        seen.read()

    assert len(seen.items) == 2


@pytest.mark.parametrize("kind", ["chat", "generate"])
def test_ollama_malformed_line_does_not_parse(ollama_client: ollama.Client, kind: str) -> None:
    seen = Seen(talk(ollama_client, kind, "malformed"))
    with pytest.raises(json.JSONDecodeError):
        seen.read()

    assert len(seen.items) == 2
