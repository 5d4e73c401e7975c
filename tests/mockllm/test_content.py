"""What was said so far, and the prompt that the rules are asked."""

from __future__ import annotations

from typing import Any

import pytest

from mockllm.config import Prompt, ToolCall
from mockllm.content import Conversation, Said, parsed_arguments, text_of

CALL = ToolCall("get_weather", {"city": "Paris"})
TALK = Conversation(
    (
        Said("system", "Be brief."),
        Said("human", "hi"),
        Said("model", "Hello"),
        Said("system", "Rhyme."),
        Said("human", "weather"),
        Said("model", "", (CALL,)),
        Said("tool", "sun"),
    )
)


def test_the_prompt_is_the_last_human_message_with_all_that_rules_look_at() -> None:
    assert TALK.prompt("m") == Prompt("weather", "Be brief.\nRhyme.", turn=2, model="m", tool_results=1)


def test_without_a_human_message_the_last_one_of_any_kind_counts() -> None:
    assert Conversation((Said("system", "a"), Said("model", "b"))).prompt() == Prompt("b", "a")
    assert Conversation().prompt() == Prompt("")


def test_a_call_counts_as_made_until_a_human_speaks_again() -> None:
    again = Conversation((*TALK.messages, Said("human", "weather")))

    assert TALK.has_called(ToolCall("get_weather", {"city": "Paris"}))
    assert not TALK.has_called(ToolCall("get_weather", {"city": "Rome"}))
    assert not again.has_called(CALL)


def test_the_tool_result_is_the_last_message_only() -> None:
    assert TALK.tool_result == "sun"
    assert Conversation(TALK.messages[:-1]).tool_result is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        (None, ""),
        (
            [
                {"type": "text", "text": "a"},
                {"type": "image_url", "image_url": {}},
                {"type": "text", "text": "b"},
            ],
            "a\nb",
        ),
        ({"type": "text", "text": "a"}, "a"),
        (["a", 3, None, {"text": 4}], "a"),
        (7, ""),
    ],
)
def test_the_text_of_a_content(content: Any, text: str) -> None:
    assert text_of(content) == text


@pytest.mark.parametrize(
    ("arguments", "parsed"),
    [('{"a": 1}', {"a": 1}), ({"a": 1}, {"a": 1}), ("[1]", {}), ("{", {}), (None, {})],
)
def test_the_arguments_of_a_call_that_comes_back(arguments: Any, parsed: dict[str, Any]) -> None:
    assert parsed_arguments(arguments) == parsed
