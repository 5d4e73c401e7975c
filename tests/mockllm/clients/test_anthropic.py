"""Anthropic's own client library against the mock server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from client_support import TRANSPORT_ERRORS, WEATHER

if TYPE_CHECKING:
    from mockllm.fixture import MockLLM

TOOL: Any = {"name": "get_weather", "input_schema": WEATHER}
COLOUR = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "depth": {"type": "integer"}},
    "required": ["name", "depth"],
    "additionalProperties": False,
}


def ask(client: anthropic.Anthropic, text: Any = "hi", **more: Any) -> Any:
    messages = text if isinstance(text, list) else [{"role": "user", "content": text}]
    return client.messages.create(**{"model": "claude", "max_tokens": 100, "messages": messages, **more})


def test_anthropic_plain_answers_in_the_api_s_form(anthropic_client: anthropic.Anthropic) -> None:
    message = ask(anthropic_client)

    assert [block.text for block in message.content] == ["Hello, how are you?"]
    assert (message.type, message.role, message.model, message.stop_reason) == (
        "message", "assistant", "claude", "end_turn",
    )  # fmt: skip
    assert message.id.startswith("msg_01")
    assert message._request_id.startswith("req_")


def test_anthropic_ids_are_unique(anthropic_client: anthropic.Anthropic) -> None:
    assert ask(anthropic_client).id != ask(anthropic_client).id


def test_anthropic_usage_counts_both_ways(anthropic_client: anthropic.Anthropic) -> None:
    usage = ask(anthropic_client).usage

    assert (usage.input_tokens, usage.output_tokens) == (1, 4)


def test_anthropic_streaming_sends_all_events_in_order(anthropic_client: anthropic.Anthropic) -> None:
    events = list(ask(anthropic_client, stream=True))

    assert [event.type for event in events] == [
        "message_start",
        "content_block_start",
        *["content_block_delta"] * 4,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert (events[-2].delta.stop_reason, events[-2].usage.output_tokens) == ("end_turn", 4)


def test_anthropic_stream_helper_accumulates_the_message(anthropic_client: anthropic.Anthropic) -> None:
    said: Any = [{"role": "user", "content": "weather"}]
    with anthropic_client.messages.stream(
        model="claude", max_tokens=100, messages=said, tools=[TOOL]
    ) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()

    assert text == "It is sunny."
    assert message.content[1].input == {"city": "Paris", "days": 2}


async def test_anthropic_async_plain(async_anthropic: anthropic.AsyncAnthropic) -> None:
    message = await async_anthropic.messages.create(
        model="claude", max_tokens=100, messages=[{"role": "user", "content": "hi"}]
    )

    assert message.content[0].text == "Hello, how are you?"


async def test_anthropic_async_streaming(async_anthropic: anthropic.AsyncAnthropic) -> None:
    stream = await async_anthropic.messages.create(
        model="claude", max_tokens=100, messages=[{"role": "user", "content": "hi"}], stream=True
    )
    deltas = [event.delta.text async for event in stream if event.type == "content_block_delta"]

    assert deltas == ["Hello, ", "how ", "are ", "you?"]


def test_anthropic_tool_call_plain(anthropic_client: anthropic.Anthropic) -> None:
    message = ask(anthropic_client, "weather", tools=[TOOL])
    block = message.content[1]

    assert message.stop_reason == "tool_use"
    assert (block.type, block.name, block.input) == ("tool_use", "get_weather", {"city": "Paris", "days": 2})
    assert block.id.startswith("toolu_01")


def test_anthropic_tool_call_streaming_comes_in_pieces(anthropic_client: anthropic.Anthropic) -> None:
    events = list(ask(anthropic_client, "weather", tools=[TOOL], stream=True))
    pieces = [
        event.delta.partial_json
        for event in events
        if getattr(event, "index", 0) == 1 and hasattr(event, "delta")
    ]

    assert len(pieces) > 2
    assert json.loads("".join(pieces)) == {"city": "Paris", "days": 2}


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "get_weather"}])
def test_anthropic_tool_choice_forces_a_call_that_fits(
    anthropic_client: anthropic.Anthropic, choice: dict[str, str]
) -> None:
    message = ask(anthropic_client, tools=[TOOL], tool_choice=choice)

    assert message.content[-1].input == {"city": ""}


def test_anthropic_tool_result_block_gets_the_text(anthropic_client: anthropic.Anthropic) -> None:
    first = ask(anthropic_client, "weather", tools=[TOOL])
    result = {
        "type": "tool_result",
        "tool_use_id": first.content[1].id,
        "content": [{"type": "text", "text": "sun"}],
    }
    conversation = [
        {"role": "user", "content": "weather"},
        {"role": "assistant", "content": [block.to_dict() for block in first.content]},
        {"role": "user", "content": [result]},
    ]
    second = ask(anthropic_client, conversation, tools=[TOOL])

    assert [block.type for block in second.content] == ["text"]
    assert second.stop_reason == "end_turn"


@pytest.mark.parametrize("system", ["Say arr.", [{"type": "text", "text": "Say arr."}]])
def test_anthropic_system_as_text_or_blocks_reaches_the_rules(
    anthropic_client: anthropic.Anthropic, system: Any
) -> None:
    assert ask(anthropic_client, "pirate", system=system).content[0].text == "Ahoy!"


def test_anthropic_content_blocks_are_read_for_their_text(anthropic_client: anthropic.Anthropic) -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    said = [{"role": "user", "content": [image, {"type": "text", "text": "hi"}]}]

    assert ask(anthropic_client, said).content[0].text == "Hello, how are you?"


def test_anthropic_stop_sequence_is_named(anthropic_client: anthropic.Anthropic) -> None:
    message = ask(anthropic_client, stop_sequences=["you", " are"])

    assert message.content[0].text == "Hello, how"
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", " are")


def test_anthropic_max_tokens_cuts(anthropic_client: anthropic.Anthropic) -> None:
    message = ask(anthropic_client, max_tokens=2)

    assert (message.content[0].text, message.stop_reason) == ("Hello, how ", "max_tokens")


@pytest.mark.parametrize(
    ("prompt", "expected"), [("colour", {"name": "blue", "depth": 3}), ("hi", {"name": "", "depth": 0})]
)
def test_anthropic_structured_output(
    anthropic_client: anthropic.Anthropic, prompt: str, expected: dict[str, Any]
) -> None:
    form = {"format": {"type": "json_schema", "schema": COLOUR}}
    message = ask(anthropic_client, prompt, extra_body={"output_config": form})

    assert json.loads(message.content[0].text) == expected


def test_anthropic_count_tokens_counts_all_that_is_said(anthropic_client: anthropic.Anthropic) -> None:
    said: Any = [{"role": "user", "content": "one two three"}]
    plain = anthropic_client.messages.count_tokens(model="claude", messages=said)
    more = anthropic_client.messages.count_tokens(model="claude", messages=said, system="four", tools=[TOOL])

    assert plain.input_tokens == 3
    assert more.input_tokens > 4


async def test_anthropic_count_tokens_async(async_anthropic: anthropic.AsyncAnthropic) -> None:
    counted = await async_anthropic.messages.count_tokens(
        model="claude", messages=[{"role": "user", "content": "one two three"}]
    )

    assert counted.input_tokens == 3


def test_anthropic_models_are_listed_and_retrieved(anthropic_client: anthropic.Anthropic) -> None:
    assert "claude-sonnet-4-5" in [model.id for model in anthropic_client.models.list()]
    assert anthropic_client.models.retrieve("claude-sonnet-4-5").type == "model"


@pytest.mark.parametrize(
    "wrong", [{"messages": []}, {"max_tokens": 0}, {"temperature": "hot"}, {"system": 3}]
)
def test_anthropic_error_400_in_the_api_s_form(
    anthropic_client: anthropic.Anthropic, wrong: dict[str, Any]
) -> None:
    with pytest.raises(anthropic.BadRequestError) as raised:
        ask(anthropic_client, extra_body=wrong)

    body: Any = raised.value.body
    assert (body["type"], body["error"]["type"]) == ("error", "invalid_request_error")
    assert next(iter(wrong)) in body["error"]["message"]


def test_anthropic_error_400_without_max_tokens(anthropic_client: anthropic.Anthropic) -> None:
    body = {"model": "claude", "messages": [{"role": "user", "content": "hi"}]}
    with pytest.raises(anthropic.BadRequestError, match="max_tokens"):
        anthropic_client.post("/v1/messages", body=body, cast_to=object)


def test_anthropic_error_401_for_the_key_invalid(anthropic_client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.AuthenticationError, match="authentication_error"):
        ask(anthropic_client.with_options(api_key="invalid"))


def test_anthropic_error_404_where_no_rule_matches(
    anthropic_client: anthropic.Anthropic, strict: MockLLM
) -> None:
    with pytest.raises(anthropic.NotFoundError, match="not_found_error"):
        ask(anthropic_client, "hello")


def test_anthropic_error_429_is_tried_again_when_the_server_says(
    anthropic_client: anthropic.Anthropic, slept: list[float]
) -> None:
    message = ask(anthropic_client, "busy")

    assert message.content[0].text == "At last."
    assert slept == [7.0]


@pytest.mark.parametrize(
    ("prompt", "status", "kind"),
    [
        ("overloaded", 529, "overloaded_error"),
        ("broken", 500, "api_error"),
        ("busy", 429, "rate_limit_error"),
    ],
)
def test_anthropic_error_529_500_and_429_come_before_any_stream(
    anthropic_client: anthropic.Anthropic, prompt: str, status: int, kind: str
) -> None:
    with pytest.raises(anthropic.APIStatusError, match=kind) as raised:
        ask(anthropic_client.with_options(max_retries=0), prompt, stream=True)

    assert raised.value.status_code == status


def test_anthropic_cut_stream_breaks_the_connection(anthropic_client: anthropic.Anthropic) -> None:
    with pytest.raises((anthropic.APIConnectionError, *TRANSPORT_ERRORS)):
        list(ask(anthropic_client, "cut", stream=True))


def test_anthropic_malformed_frame_does_not_parse(anthropic_client: anthropic.Anthropic) -> None:
    with pytest.raises(json.JSONDecodeError):
        list(ask(anthropic_client, "malformed", stream=True))
