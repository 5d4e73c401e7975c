"""Whatever a client sends, it gets an answer or is told what is wrong: nothing else is raised."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from mockllm.config import Reply, ToolCall
from mockllm.providers.anthropic import MESSAGES
from mockllm.providers.api import Talk
from mockllm.providers.ollama import TALKS
from mockllm.providers.openai import CHAT, RESPONSES, TEXT
from mockllm.wire.answer import answer_to
from mockllm.wire.checks import BadRequest
from mockllm.wire.ollama_embed import embed_body, legacy_embed_body
from mockllm.wire.openai_embeddings import embeddings_body

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
FUNCTION = {"name": "f", "parameters": SCHEMA}
TOOL = {"type": "function", "function": FUNCTION}
COMMON = {
    "model": "m",
    "stream": True,
    "temperature": 1,
    "metadata": {},
    "n": 2,
    "stop": ["x"],
    "max_tokens": 9,
}
VALUES: list[Any] = [None, True, -1, 0, 2.5, "", "x", [], [3], ["x"], [None], [[]], [{}], {}, {"type": "x"}]

REPLY = Reply("one two", (ToolCall("f", {"a": "b"}),))

TALKED: dict[str, tuple[Talk, dict[str, Any]]] = {
    "openai chat": (
        CHAT,
        {
            **COMMON,
            "messages": [
                {"role": "system", "content": "s"},
                {"role": "user", "content": [{"type": "text", "text": "hi"}]},
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
                },
                {"role": "tool", "content": "r", "tool_call_id": "1"},
            ],
            "tools": [TOOL],
            "tool_choice": {"type": "function", "function": {"name": "f"}},
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
            "stream_options": {"include_usage": True},
        },
    ),
    "openai allowed tools": (
        CHAT,
        {
            "model": "m",
            "messages": [{"role": "user", "content": "hi"}],
            "tools": [TOOL],
            "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [TOOL]}},
        },
    ),
    "openai completions": (TEXT, {**COMMON, "prompt": ["hi", "ho"], "suffix": "s", "echo": True}),
    "openai responses": (
        RESPONSES,
        {
            "model": "m",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
                {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "1"},
                {"type": "function_call_output", "output": "r", "call_id": "1"},
            ],
            "instructions": "s",
            "tools": [{"type": "function", **FUNCTION}],
            "tool_choice": {"type": "function", "name": "f"},
            "text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}},
            "max_output_tokens": 5,
        },
    ),
    "anthropic": (
        MESSAGES,
        {
            "model": "m",
            "max_tokens": 9,
            "system": [{"type": "text", "text": "s"}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "hi"}]},
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {"a": "b"}}],
                },
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "r"}]},
            ],
            "tools": [{"name": "f", "input_schema": SCHEMA}],
            "tool_choice": {"type": "tool", "name": "f"},
            "stop_sequences": ["x"],
            "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        },
    ),
    "ollama chat": (
        TALKS["chat"],
        {
            "model": "m",
            "messages": [
                {"role": "user", "content": "hi", "images": []},
                {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"a": "b"}}}]},
                {"role": "tool", "content": "r"},
            ],
            "tools": [TOOL],
            "format": SCHEMA,
            "options": {"num_predict": 5, "stop": ["x"]},
        },
    ),
    "ollama generate": (
        TALKS["generate"],
        {
            "model": "m",
            "prompt": "hi",
            "system": "s",
            "suffix": "x",
            "raw": True,
            "options": {},
            "format": "json",
        },
    ),
}
BODIES: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "openai embeddings": (
        embeddings_body,
        {"model": "m", "input": ["a", "b"], "dimensions": 8, "encoding_format": "base64"},
    ),
    "ollama embed": (embed_body, {"model": "m", "input": ["a", "b"], "dimensions": 8}),
    "ollama embeddings": (legacy_embed_body, {"model": "m", "prompt": "a"}),
}


@pytest.mark.parametrize("name", TALKED)
def test_a_request_with_any_value_wrong_is_answered_or_refused(name: str) -> None:
    talk, request = TALKED[name]
    accepted = [wrong for wrong in _wrong(request) if _is_answered(talk, wrong)]

    assert _is_answered(talk, request)
    assert accepted


@pytest.mark.parametrize("name", BODIES)
def test_a_request_for_vectors_with_any_value_wrong_is_answered_or_refused(name: str) -> None:
    body, request = BODIES[name]
    json.dumps(body(request), allow_nan=False)
    for wrong in _wrong(request):
        with suppress(BadRequest):
            json.dumps(body(wrong), allow_nan=False)


def _is_answered(talk: Talk, request: dict[str, Any]) -> bool:
    try:
        answers = [answer_to(ask, REPLY) for ask in talk.read(request)]
    except BadRequest:
        return False
    json.dumps(talk.body(answers, request))
    return all(step.frame for step in talk.steps(answers, request))


def _wrong(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The request with each value in it left out, or replaced by each of `VALUES`."""
    for path in _paths(request):
        for value in VALUES:
            changed = copy.deepcopy(request)
            _parent(changed, path)[path[-1]] = value
            yield changed
        changed = copy.deepcopy(request)
        del _parent(changed, path)[path[-1]]
        yield changed


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (key,)
        yield from ((key, *path) for path in _paths(each))


def _parent(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        value = value[key]
    return value
