"""OpenAI's own client library against the mock server: chat completions, and errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest
from client_support import TRANSPORT_ERRORS, Colour, Seen

if TYPE_CHECKING:
    from mockllm.fixture import MockLLM

TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def said(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def ask(client: openai.OpenAI, text: str, **more: Any) -> Any:
    return client.chat.completions.create(model="gpt-4o", messages=said(text), **more)


def test_openai_chat_plain_answers_in_the_api_s_form(openai_client: openai.OpenAI) -> None:
    completion = ask(openai_client, "hi")

    assert completion.choices[0].message.content == "Hello, how are you?"
    assert completion.choices[0].finish_reason == "stop"
    assert (completion.object, completion.model) == ("chat.completion", "gpt-4o")
    assert completion.id.startswith("chatcmpl-")
    assert completion._request_id.startswith("req_")


def test_openai_chat_ids_are_unique(openai_client: openai.OpenAI) -> None:
    assert ask(openai_client, "hi").id != ask(openai_client, "hi").id


def test_openai_chat_usage_adds_up(openai_client: openai.OpenAI) -> None:
    usage = ask(openai_client, "hi").usage

    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (1, 4, 5)


def test_openai_chat_streaming_gives_tokens_then_the_reason(openai_client: openai.OpenAI) -> None:
    chunks = list(ask(openai_client, "hi", stream=True))

    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert [delta.content for delta in deltas] == ["", "Hello, ", "how ", "are ", "you?", None]
    assert deltas[0].role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


def test_openai_chat_streaming_ends_with_usage_when_asked(openai_client: openai.OpenAI) -> None:
    chunks = list(ask(openai_client, "hi", stream=True, stream_options={"include_usage": True}))

    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == 5
    assert all(chunk.usage is None for chunk in chunks[:-1])


async def test_openai_chat_async_plain_answers(async_openai: openai.AsyncOpenAI) -> None:
    completion = await async_openai.chat.completions.create(model="gpt-4o", messages=said("hi"))

    assert completion.choices[0].message.content == "Hello, how are you?"


async def test_openai_chat_async_streaming_gives_the_whole_text(async_openai: openai.AsyncOpenAI) -> None:
    stream = await async_openai.chat.completions.create(model="gpt-4o", messages=said("hi"), stream=True)
    text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert text == "Hello, how are you?"


def test_openai_chat_stream_helper_accumulates_the_message(openai_client: openai.OpenAI) -> None:
    with openai_client.chat.completions.stream(model="gpt-4o", messages=said("weather")) as stream:
        message = stream.get_final_completion().choices[0].message

    assert message.content == "It is sunny."
    assert json.loads(message.tool_calls[0].function.arguments) == {"city": "Paris", "days": 2}


def test_openai_chat_several_choices_are_alike_streamed_or_not(openai_client: openai.OpenAI) -> None:
    whole = ask(openai_client, "hi", n=2)
    chunks = list(ask(openai_client, "hi", n=2, stream=True))

    assert [choice.message.content for choice in whole.choices] == ["Hello, how are you?"] * 2
    for index in range(2):
        parts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].index == index]
        assert "".join(filter(None, parts)) == "Hello, how are you?"


@pytest.mark.parametrize("stop", [" are", ["you", " are"]])
def test_openai_chat_stop_ends_the_text_before_it(openai_client: openai.OpenAI, stop: Any) -> None:
    choice = ask(openai_client, "hi", stop=stop).choices[0]

    assert (choice.message.content, choice.finish_reason) == ("Hello, how", "stop")


@pytest.mark.parametrize("parameter", ["max_tokens", "max_completion_tokens"])
def test_openai_chat_max_tokens_cuts_and_says_length(openai_client: openai.OpenAI, parameter: str) -> None:
    choice = ask(openai_client, "hi", **{parameter: 2}).choices[0]

    assert (choice.message.content, choice.finish_reason) == ("Hello, how ", "length")


def test_openai_chat_tool_call_plain(openai_client: openai.OpenAI) -> None:
    choice = ask(openai_client, "weather", tools=[TOOL]).choices[0]
    call = choice.message.tool_calls[0]

    assert choice.finish_reason == "tool_calls"
    assert (call.type, call.function.name) == ("function", "get_weather")
    assert call.id.startswith("call_")
    assert json.loads(call.function.arguments) == {"city": "Paris", "days": 2}


def test_openai_chat_calls_one_tool_at_a_time_when_asked(llm: MockLLM, openai_client: openai.OpenAI) -> None:
    llm.load("rules: [{tool_calls: [{name: get_weather}, {name: now}]}]")

    for more, expected in (({}, 2), ({"parallel_tool_calls": False}, 1)):
        calls = ask(openai_client, "hi", tools=[TOOL], **more).choices[0].message.tool_calls
        assert len(calls) == expected


def test_openai_chat_tool_call_streaming_comes_in_pieces(openai_client: openai.OpenAI) -> None:
    chunks = list(ask(openai_client, "weather", tools=[TOOL], stream=True))
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]

    assert len(calls) > 2
    assert (calls[0].function.name, calls[0].id[:5]) == ("get_weather", "call_")
    assert json.loads("".join(call.function.arguments for call in calls)) == {"city": "Paris", "days": 2}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_openai_chat_tool_choice_forces_a_call_that_fits(openai_client: openai.OpenAI, choice: Any) -> None:
    message = ask(openai_client, "hi", tools=[TOOL], tool_choice=choice).choices[0].message

    assert json.loads(message.tool_calls[0].function.arguments) == {"city": ""}
    assert message.content == "Hello, how are you?"


def test_openai_chat_forced_call_takes_json_of_the_rule_that_fits(
    llm: MockLLM, openai_client: openai.OpenAI
) -> None:
    llm.reply_with('{"city": "Rome"}')
    message = ask(openai_client, "hi", tools=[TOOL], tool_choice="required").choices[0].message

    assert json.loads(message.tool_calls[0].function.arguments) == {"city": "Rome"}
    assert message.content is None


def test_openai_chat_tool_choice_none_forbids_calls(openai_client: openai.OpenAI) -> None:
    message = ask(openai_client, "weather", tools=[TOOL], tool_choice="none").choices[0].message

    assert (message.tool_calls, message.content) == (None, "It is sunny.")


def test_openai_chat_tool_result_message_gets_the_text(openai_client: openai.OpenAI) -> None:
    first = ask(openai_client, "weather", tools=[TOOL]).choices[0].message
    result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "sun"}
    conversation = [*said("weather"), first.to_dict(), result]
    second = openai_client.chat.completions.create(model="gpt-4o", messages=conversation, tools=[TOOL])

    assert second.choices[0].message.tool_calls is None
    assert second.choices[0].message.content == "It is sunny."


def test_openai_chat_structured_output_of_the_rule_is_kept(openai_client: openai.OpenAI) -> None:
    completion = openai_client.chat.completions.parse(
        model="gpt-4o", messages=said("colour"), response_format=Colour
    )

    assert completion.choices[0].message.parsed == Colour(name="blue", depth=3)


def test_openai_chat_structured_output_is_made_up_where_the_rule_has_none(
    openai_client: openai.OpenAI,
) -> None:
    completion = openai_client.chat.completions.parse(
        model="gpt-4o", messages=said("hi"), response_format=Colour
    )

    assert completion.choices[0].message.parsed == Colour(name="", depth=0)


def test_openai_chat_json_mode_gives_an_object(openai_client: openai.OpenAI) -> None:
    content = ask(openai_client, "hi", response_format={"type": "json_object"}).choices[0].message.content

    assert json.loads(content) == {"answer": "Hello, how are you?"}


def test_openai_chat_content_parts_are_read_for_their_text(openai_client: openai.OpenAI) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    parts: Any = [{"role": "user", "content": [{"type": "text", "text": "hi"}, image]}]
    completion = openai_client.chat.completions.create(model="gpt-4o", messages=parts)

    assert completion.choices[0].message.content == "Hello, how are you?"


@pytest.mark.parametrize("role", ["system", "developer"])
def test_openai_chat_system_messages_reach_the_rules(openai_client: openai.OpenAI, role: str) -> None:
    messages: Any = [{"role": role, "content": "Say arr."}, *said("pirate")]
    completion = openai_client.chat.completions.create(model="gpt-4o", messages=messages)

    assert completion.choices[0].message.content == "Ahoy!"


def test_openai_error_400_names_the_parameter(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        openai_client.chat.completions.create(model="gpt-4o", messages=[])

    assert (raised.value.param, raised.value.type) == ("messages", "invalid_request_error")


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"temperature": "hot"}, "temperature"),
        ({"stream": "yes"}, "stream"),
        ({"n": 0}, "n"),
        ({"tools": [{"type": "function"}]}, "tools[0].function.name"),
        ({"tools": [{}]}, "tools[0].type"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"messages": [{"role": "robot", "content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "assistant", "tool_calls": []}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [5]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}, "messages[0].content[0].type"),
    ],
)
def test_openai_error_400_for_a_wrong_value(
    openai_client: openai.OpenAI, wrong: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        openai_client.post(
            "/chat/completions", body={"model": "m", "messages": said("hi"), **wrong}, cast_to=object
        )

    assert raised.value.param == param


def test_openai_error_401_for_the_key_invalid(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as raised:
        ask(openai_client.with_options(api_key="invalid"), "hi")

    assert raised.value.code == "invalid_api_key"


def test_openai_error_404_explains_what_came_nearest(strict: MockLLM, openai_client: openai.OpenAI) -> None:
    strict.load("settings: {strict: true}\nresponses: {hello there: Hi}")

    with pytest.raises(openai.NotFoundError, match="hello there"):
        ask(openai_client, "hello then")


def test_openai_error_429_is_tried_again_when_the_server_says(
    openai_client: openai.OpenAI, slept: list[float]
) -> None:
    completion = ask(openai_client, "busy")

    assert completion.choices[0].message.content == "At last."
    assert slept == [7.0]


def test_openai_error_429_without_retries_carries_retry_after(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as raised:
        ask(openai_client.with_options(max_retries=0), "busy")

    assert raised.value.response.headers["retry-after"] == "7"
    assert raised.value.code == "rate_limit_exceeded"


@pytest.mark.parametrize(("prompt", "status"), [("broken", 500), ("overloaded", 529)])
def test_openai_error_500_and_529_come_before_any_stream(
    openai_client: openai.OpenAI, prompt: str, status: int
) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        ask(openai_client.with_options(max_retries=0), prompt, stream=True)

    assert raised.value.status_code == status


def test_openai_chat_cut_stream_breaks_the_connection(openai_client: openai.OpenAI) -> None:
    seen = Seen(ask(openai_client, "cut", stream=True))
    with pytest.raises((openai.APIConnectionError, *TRANSPORT_ERRORS)):
        seen.read()

    assert [chunk.choices[0].delta.content for chunk in seen.items] == ["", "one ", "two "]


def test_openai_chat_malformed_frame_does_not_parse(openai_client: openai.OpenAI) -> None:
    seen = Seen(ask(openai_client, "malformed", stream=True))
    with pytest.raises(json.JSONDecodeError):
        seen.read()

    assert [chunk.choices[0].delta.content for chunk in seen.items] == ["", "one ", "two "]


def test_openai_models_are_listed_and_retrieved(openai_client: openai.OpenAI) -> None:
    assert "gpt-4o" in [model.id for model in openai_client.models.list()]
    assert openai_client.models.retrieve("gpt-4o").owned_by == "openai"


def test_openai_azure_path_names_the_deployment(llm: MockLLM) -> None:
    http = openai.DefaultHttpxClient(verify=False)
    with openai.AzureOpenAI(
        azure_endpoint=llm.url, api_key="key", api_version="2024-10-21", http_client=http
    ) as client:
        completion: Any = client.chat.completions.create(model="my-deployment", messages=said("hi"))
        vector = client.embeddings.create(model="ada", input="a").data[0].embedding

    assert (completion.model, completion.choices[0].message.content) == (
        "my-deployment",
        "Hello, how are you?",
    )
    assert len(vector) == 1536
    assert llm.journal[0].path == "/openai/deployments/my-deployment/chat/completions"


async def test_openai_chat_closing_a_stream_is_seen_as_a_disconnect(
    llm: MockLLM, async_openai: openai.AsyncOpenAI
) -> None:
    llm.load("rules: [{answer: one two three, faults: {first_token_ms: 60000}}]")
    stream = await async_openai.chat.completions.create(model="gpt-4o", messages=said("x"), stream=True)
    await stream.response.aclose()

    assert llm.wait_for(lambda entry: entry.disconnected_at).completed is False
