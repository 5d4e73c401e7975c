"""langchain-anthropic against the mock server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from client_support import TRANSPORT_ERRORS, Colour, get_weather, joined
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from pydantic import SecretStr

if TYPE_CHECKING:
    from langchain_anthropic import ChatAnthropic

    from mockllm.fixture import MockLLM


def test_langchain_anthropic_plain(chat_anthropic: ChatAnthropic) -> None:
    message = chat_anthropic.invoke("hi")

    assert message.content == "Hello, how are you?"
    assert message.response_metadata["stop_reason"] == "end_turn"


def test_langchain_anthropic_usage(chat_anthropic: ChatAnthropic) -> None:
    usage = chat_anthropic.invoke("hi").usage_metadata

    assert usage is not None
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (1, 4, 5)


def test_langchain_anthropic_streaming_with_usage(chat_anthropic: ChatAnthropic) -> None:
    chunks = list(chat_anthropic.stream("hi"))

    assert [chunk.content for chunk in chunks if chunk.content] == ["Hello, ", "how ", "are ", "you?"]
    assert joined(chunks).usage_metadata["output_tokens"] == 4


async def test_langchain_anthropic_async_plain(chat_anthropic: ChatAnthropic) -> None:
    assert (await chat_anthropic.ainvoke("hi")).content == "Hello, how are you?"


async def test_langchain_anthropic_async_streaming(chat_anthropic: ChatAnthropic) -> None:
    chunks = [chunk async for chunk in chat_anthropic.astream("hi")]

    assert joined(chunks).content == "Hello, how are you?"


def test_langchain_anthropic_tool_call_plain(chat_anthropic: ChatAnthropic) -> None:
    (call,) = chat_anthropic.bind_tools([get_weather]).invoke("weather").tool_calls

    assert (call["name"], call["args"]) == ("get_weather", {"city": "Paris", "days": 2})


def test_langchain_anthropic_tool_call_streaming(chat_anthropic: ChatAnthropic) -> None:
    chunks = list(chat_anthropic.bind_tools([get_weather]).stream("weather"))

    assert sum(bool(chunk.tool_call_chunks) for chunk in chunks) > 2
    assert joined(chunks).tool_calls[0]["args"] == {"city": "Paris", "days": 2}


def test_langchain_anthropic_tool_choice_any_forces_a_call(chat_anthropic: ChatAnthropic) -> None:
    (call,) = chat_anthropic.bind_tools([get_weather], tool_choice="any").invoke("hi").tool_calls

    assert call["args"] == {"city": ""}


def test_langchain_anthropic_tool_result_message_gets_the_text(chat_anthropic: ChatAnthropic) -> None:
    model = chat_anthropic.bind_tools([get_weather])
    first = model.invoke("weather")
    result = ToolMessage("sun", tool_call_id=first.tool_calls[0]["id"])
    second: Any = model.invoke([HumanMessage("weather"), first, result])

    assert (second.tool_calls, second.content) == ([], "It is sunny.")


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_langchain_anthropic_structured_output_is_made_up(chat_anthropic: ChatAnthropic, method: Any) -> None:
    assert chat_anthropic.with_structured_output(Colour, method=method).invoke("hi") == Colour(
        name="", depth=0
    )


def test_langchain_anthropic_structured_output_of_the_rule(chat_anthropic: ChatAnthropic) -> None:
    model = chat_anthropic.with_structured_output(Colour, method="json_schema")

    assert model.invoke("colour") == Colour(name="blue", depth=3)


def test_langchain_anthropic_system_message_and_content_parts(chat_anthropic: ChatAnthropic) -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    said = [SystemMessage("Say arr."), HumanMessage([{"type": "text", "text": "pirate"}, image])]

    assert chat_anthropic.invoke(said).content == "Ahoy!"


def test_langchain_anthropic_count_tokens(chat_anthropic: ChatAnthropic) -> None:
    assert chat_anthropic.get_num_tokens_from_messages([HumanMessage("one two three")]) == 3


def test_langchain_anthropic_error_400(chat_anthropic: ChatAnthropic) -> None:
    with pytest.raises(anthropic.BadRequestError):
        chat_anthropic.invoke([SystemMessage("nobody says anything")])


def test_langchain_anthropic_error_401(chat_anthropic: ChatAnthropic) -> None:
    chat_anthropic.anthropic_api_key = SecretStr("invalid")

    with pytest.raises(anthropic.AuthenticationError):
        chat_anthropic.invoke("hi")


def test_langchain_anthropic_error_404(chat_anthropic: ChatAnthropic, strict: MockLLM) -> None:
    with pytest.raises(anthropic.NotFoundError):
        chat_anthropic.invoke("hello")


def test_langchain_anthropic_error_429_is_tried_again_when_the_server_says(
    chat_anthropic: ChatAnthropic, slept: list[float]
) -> None:
    assert chat_anthropic.invoke("busy").content == "At last."
    assert slept == [7.0]


def test_langchain_anthropic_error_529(chat_anthropic: ChatAnthropic, slept: list[float]) -> None:
    with pytest.raises(anthropic.APIStatusError, match="overloaded_error") as raised:
        list(chat_anthropic.stream("overloaded"))

    assert raised.value.status_code == 529
    assert len(slept) == 2


async def test_langchain_anthropic_cut_stream_breaks_the_connection(chat_anthropic: ChatAnthropic) -> None:
    with pytest.raises((anthropic.APIConnectionError, *TRANSPORT_ERRORS)):
        [chunk async for chunk in chat_anthropic.astream("cut")]


def test_langchain_anthropic_malformed_frame_does_not_parse(chat_anthropic: ChatAnthropic) -> None:
    with pytest.raises(json.JSONDecodeError):
        list(chat_anthropic.stream("malformed"))
