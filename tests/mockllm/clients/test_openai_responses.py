"""OpenAI's own client library against the mock server: responses."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from client_support import TRANSPORT_ERRORS, WEATHER, Colour

TOOL: Any = {"type": "function", "name": "get_weather", "parameters": WEATHER, "strict": False}


def respond(client: openai.OpenAI, said: Any = "hi", **more: Any) -> Any:
    return client.responses.create(model="gpt-4o", input=said, **more)


def test_openai_responses_plain_answers_in_the_api_s_form(openai_client: openai.OpenAI) -> None:
    response = respond(openai_client, temperature=0.5)

    assert response.output_text == "Hello, how are you?"
    assert (response.status, response.model, response.temperature) == ("completed", "gpt-4o", 0.5)
    assert (response.id[:5], response.output[0].id[:4]) == ("resp_", "msg_")


def test_openai_responses_usage_adds_up(openai_client: openai.OpenAI) -> None:
    usage = respond(openai_client).usage

    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (1, 4, 5)


def test_openai_responses_streaming_sends_all_events_in_order(openai_client: openai.OpenAI) -> None:
    events = list(respond(openai_client, stream=True))

    assert [event.type.removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        *["output_text.delta"] * 4,
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].response.output_text == "Hello, how are you?"


def test_openai_responses_stream_helper_accumulates_the_response(openai_client: openai.OpenAI) -> None:
    with openai_client.responses.stream(model="gpt-4o", input="weather", tools=[TOOL]) as stream:
        response = stream.get_final_response()

    assert response.output_text == "It is sunny."
    assert json.loads(response.output[1].arguments) == {"city": "Paris", "days": 2}


async def test_openai_responses_async_plain(async_openai: openai.AsyncOpenAI) -> None:
    response = await async_openai.responses.create(model="gpt-4o", input="hi")

    assert response.output_text == "Hello, how are you?"


async def test_openai_responses_async_streaming(async_openai: openai.AsyncOpenAI) -> None:
    stream = await async_openai.responses.create(model="gpt-4o", input="hi", stream=True)
    deltas = [event.delta async for event in stream if event.type == "response.output_text.delta"]

    assert deltas == ["Hello, ", "how ", "are ", "you?"]


def test_openai_responses_instructions_items_and_parts_are_read(openai_client: openai.OpenAI) -> None:
    parts = [
        {"type": "input_text", "text": "pirate"},
        {"type": "input_image", "image_url": "data:,", "detail": "low"},
    ]
    response = respond(openai_client, [{"role": "user", "content": parts}], instructions="Say arr.")

    assert response.output_text == "Ahoy!"


def test_openai_responses_tool_call_plain(openai_client: openai.OpenAI) -> None:
    call = respond(openai_client, "weather", tools=[TOOL]).output[1]

    assert (call.type, call.name, call.call_id[:5]) == ("function_call", "get_weather", "call_")
    assert json.loads(call.arguments) == {"city": "Paris", "days": 2}


def test_openai_responses_tool_call_streaming_comes_in_pieces(openai_client: openai.OpenAI) -> None:
    events = [
        event for event in respond(openai_client, "weather", stream=True) if "function_call" in event.type
    ]

    assert len(events) > 2
    assert "".join(event.delta for event in events[:-1]) == events[-1].arguments


def test_openai_responses_tool_choice_forces_a_call(openai_client: openai.OpenAI) -> None:
    choice = {"type": "function", "name": "get_weather"}
    response = respond(openai_client, "hi", tools=[TOOL], tool_choice=choice)

    assert json.loads(response.output[-1].arguments) == {"city": ""}


def test_openai_responses_tool_result_item_gets_the_text(openai_client: openai.OpenAI) -> None:
    first = respond(openai_client, "weather", tools=[TOOL])
    call = first.output[1]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "sun"}
    second = respond(
        openai_client, [{"role": "user", "content": "weather"}, call.to_dict(), result], tools=[TOOL]
    )

    assert [item.type for item in second.output] == ["message"]


def test_openai_responses_previous_response_id_is_accepted(openai_client: openai.OpenAI) -> None:
    first = respond(openai_client)
    second = respond(openai_client, previous_response_id=first.id)

    assert second.previous_response_id == first.id


def test_openai_responses_structured_output(openai_client: openai.OpenAI) -> None:
    for prompt, expected in (("colour", Colour(name="blue", depth=3)), ("hi", Colour(name="", depth=0))):
        response = openai_client.responses.parse(model="gpt-4o", input=prompt, text_format=Colour)

        assert response.output_parsed == expected


def test_openai_responses_max_output_tokens_makes_it_incomplete(openai_client: openai.OpenAI) -> None:
    response = respond(openai_client, max_output_tokens=2)
    *_, last = respond(openai_client, max_output_tokens=2, stream=True)

    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert last.type == "response.incomplete"


def test_openai_responses_error_400_401_and_429(openai_client: openai.OpenAI) -> None:
    client = openai_client.with_options(max_retries=0)
    with pytest.raises(openai.BadRequestError) as raised:
        respond(client, [])
    with pytest.raises(openai.AuthenticationError):
        respond(client.with_options(api_key="invalid"))
    with pytest.raises(openai.RateLimitError):
        respond(client, "busy")

    assert raised.value.param == "input"


def test_openai_responses_cut_stream_breaks_the_connection(openai_client: openai.OpenAI) -> None:
    with pytest.raises((openai.APIConnectionError, *TRANSPORT_ERRORS)):
        list(respond(openai_client, "cut", stream=True))


def test_openai_responses_malformed_frame_does_not_parse(openai_client: openai.OpenAI) -> None:
    with pytest.raises(json.JSONDecodeError):
        list(respond(openai_client, "malformed", stream=True))
