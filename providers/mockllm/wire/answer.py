"""What is sent in reply to a request: the rule's words within the limits that the request sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from mockllm.config import Reply, ToolCall
from mockllm.content import Conversation
from mockllm.tokens import count_tokens, split_tokens
from mockllm.values.schema_values import NoInstance, fits, instance
from mockllm.wire.checks import BadRequest
from mockllm.wording import sentence

__all__ = ["ANY_OBJECT", "Answer", "Ask", "Choice", "Tool", "answer_to"]

ANY_OBJECT: Mapping[str, Any] = {"type": "object"}  # the schema of a request for JSON of any kind

Choice = Literal["auto", "none", "required"]


@dataclass(frozen=True)
class Tool:
    """A tool on offer; `schema` is that of its arguments."""

    name: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Ask:
    """What a request asks for, in no API's words.

    - `choice`: whether tools may or must be called.
    - `parallel`: whether several tools may be called at once.
    - `stop`: the text ends before the first of these that occurs in it.
    - `max_tokens`: and after so many tokens.
    - `schema`: the text is to be JSON that this schema allows.
    """

    model: str
    conversation: Conversation
    stream: bool = False
    tools: tuple[Tool, ...] = ()
    choice: Choice = "auto"
    parallel: bool = True
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    schema: Mapping[str, Any] | None = None

    @property
    def needs_schemas(self) -> bool:
        """Whether a JSON schema decides what the answer is."""
        return self.schema is not None or self.choice == "required"

    @property
    def tokens(self) -> int:
        """How many tokens the model reads."""
        tools = "\n".join(f"{tool.name} {json.dumps(tool.schema)}" for tool in self.tools)
        return count_tokens(self.conversation.text) + count_tokens(tools)


@dataclass(frozen=True)
class Answer:
    """What is sent, why it ends where it ends, and what it is counted as."""

    reply: Reply
    finish: Literal["stop", "length", "tool_calls"] = "stop"
    stop_sequence: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def text(self) -> str:
        return self.reply.text

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return self.reply.tool_calls

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens


def answer_to(ask: Ask, reply: Reply) -> Answer:
    """The reply as the request wants it; raises `BadRequest` for a schema of which no value is found."""
    calls, text = _calls_and_text(ask, reply)
    calls = calls if ask.parallel else calls[:1]
    if not calls:
        text = _formed(ask, text)
    text, stop_sequence = _stopped(text, ask.stop)
    tokens = split_tokens(text)
    is_long = ask.max_tokens is not None and len(tokens) > ask.max_tokens
    return Answer(
        reply=replace(reply, text="".join(tokens[: ask.max_tokens]), tool_calls=calls),
        finish="tool_calls" if calls else "length" if is_long else "stop",
        stop_sequence=None if is_long else stop_sequence,
        input_tokens=ask.tokens,
        output_tokens=len(tokens[: ask.max_tokens]) + sum(_size(call) for call in calls),
    )


def _calls_and_text(ask: Ask, reply: Reply) -> tuple[tuple[ToolCall, ...], str]:
    """The rule's text and calls, each of them once after a human message; where tools must be called, one."""
    if ask.choice == "required":
        names = {tool.name for tool in ask.tools}
        calls = tuple(call for call in reply.tool_calls if call.name in names)
        return (calls, reply.text) if calls else _made_up(ask, reply.text)
    if ask.choice == "auto":
        calls = tuple(call for call in reply.tool_calls if not ask.conversation.has_called(call))
        if calls:
            return calls, reply.text
    # A rule that only calls tools repeats what the last one said.
    repeats = reply.tool_calls and not reply.text
    return (), (ask.conversation.tool_result or "") if repeats else reply.text


def _made_up(ask: Ask, text: str) -> tuple[tuple[ToolCall, ...], str]:
    """A call of the first tool whose arguments the text is, as JSON; else of the first tool, and the text."""
    schemas = {tool.name: {**tool.schema, "type": "object"} for tool in ask.tools}
    for name, schema in schemas.items():
        if _is_json(text, schema):
            return (ToolCall(name, json.loads(text)),), ""
    name, schema = next(iter(schemas.items()))
    return (ToolCall(name, _value(schema, f"tool `{name}`")),), text


def _formed(ask: Ask, text: str) -> str:
    """The text if it is JSON as asked for, else JSON that is."""
    if ask.schema is None or _is_json(text, ask.schema):
        return text
    value = {"answer": text} if ask.schema == ANY_OBJECT else _value(ask.schema, "response")
    return json.dumps(value)


def _is_json(text: str, schema: Mapping[str, Any]) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    try:
        return fits(value, schema)
    except NoInstance as error:
        raise BadRequest(sentence(f"A format that was asked for: {error}")) from error


def _value(schema: Mapping[str, Any], what: str) -> Any:
    try:
        return instance(schema)
    except NoInstance as error:
        raise BadRequest(
            f"{sentence(f'The format of the {what}: {error}')} A rule may give the answer."
        ) from error


def _stopped(text: str, stop: tuple[str, ...]) -> tuple[str, str | None]:
    """The text before the first stop sequence in it, and which one that is."""
    found = [(text.find(each), each) for each in stop if each and each in text]
    if not found:
        return text, None
    at, sequence = min(found)
    return text[:at], sequence


def _size(call: ToolCall) -> int:
    return count_tokens(call.name) + count_tokens(json.dumps(call.arguments))
