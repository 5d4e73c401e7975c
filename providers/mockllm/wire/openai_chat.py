"""OpenAI's chat completions: the request, the body, and the chunks of a stream."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from mockllm.config import ToolCall
from mockllm.content import Conversation, Role, Said, parsed_arguments, text_of
from mockllm.tokens import split_tokens
from mockllm.wire.answer import Answer, Ask
from mockllm.wire.checks import BadRequest, Request, check_kinds, inner, items, one_of, required_text
from mockllm.wire.frames import HOLE, Step, Template, event_frame, new_id
from mockllm.wire.openai_common import (
    FINGERPRINT,
    check_sampling,
    positive,
    read_choice,
    read_format,
    read_tools,
    usage,
)

__all__ = ["DONE", "MALFORMED", "chat_body", "chat_steps", "read_chat", "read_stop"]

DONE = b"data: [DONE]\n\n"
MALFORMED = b'data: {"id":"chatcmpl-","object":"chat.completion.chunk","choices":[{"index":0,"delta":{\n\n'

_ROLES: dict[str, Role] = {
    "assistant": "model",
    "developer": "system",
    "function": "tool",
    "system": "system",
    "tool": "tool",
    "user": "human",
}
_INSTEAD_OF_CONTENT = ("tool_calls", "function_call", "refusal", "audio")


def read_chat(request: Request) -> Ask:
    """What a request asks for; raises `BadRequest`."""
    check_sampling(request)
    choice, tools = read_choice(request, read_tools(request))
    return Ask(
        model=required_text(request, "model"),
        conversation=_conversation(request),
        stream=bool(request.get("stream")),
        tools=tools,
        choice=choice,
        parallel=request.get("parallel_tool_calls") is not False,
        stop=read_stop(request),
        max_tokens=positive(request, "max_completion_tokens", "max_tokens"),
        schema=read_format(inner(request, "response_format"), "response_format"),
    )


def read_stop(request: Request) -> tuple[str, ...]:
    """The sequences at which the text is to end."""
    stop = request.get("stop") or ()
    sequences = (stop,) if isinstance(stop, str) else tuple(stop)
    if not all(isinstance(each, str) for each in sequences):
        raise BadRequest("`stop` must be a string or a list of strings.", "stop")
    return sequences


def chat_body(answer: Answer, request: Request) -> dict[str, Any]:
    """The body of a reply that is not streamed."""
    choices = [_choice(answer, index) for index in range(_count(request))]
    return _envelope("chat.completion", request) | {"choices": choices, "usage": usage(answer)}


def chat_steps(answer: Answer, request: Request) -> Iterator[Step]:
    """The chunks of a streamed reply. Of several choices, which are all alike, the tokens come in turn."""
    envelope, every = _envelope("chat.completion.chunk", request), range(_count(request))
    wants_usage = bool((request.get("stream_options") or {}).get("include_usage"))
    if wants_usage:
        envelope["usage"] = None

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choices = (
            {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish} for index in every
        )
        return b"".join(event_frame(envelope | {"choices": [choice]}) for choice in choices)

    yield Step(chunk({"role": "assistant", "content": None if answer.calls else "", "refusal": None}))
    text = Template(chunk({"content": HOLE}))
    for token in split_tokens(answer.text):
        yield Step(text.fill(*[token] * len(every)), token=True)
    for index, call in enumerate(answer.calls):
        yield from _call_steps(index, call, chunk, len(every))
    yield Step(chunk({}, answer.finish))
    if wants_usage:
        yield Step(event_frame(envelope | {"choices": [], "usage": usage(answer)}))
    yield Step(DONE)


def _call_steps(index: int, call: ToolCall, chunk: Any, count: int) -> Iterator[Step]:
    function = {"name": call.name, "arguments": ""}
    yield Step(
        chunk(
            {
                "tool_calls": [
                    {"index": index, "id": new_id("call_"), "type": "function", "function": function}
                ]
            }
        )
    )
    arguments = Template(chunk({"tool_calls": [{"index": index, "function": {"arguments": HOLE}}]}))
    for token in split_tokens(json.dumps(call.arguments)):
        yield Step(arguments.fill(*[token] * count), token=True)


def _conversation(request: Request) -> Conversation:
    messages = items(request, "messages")
    if not messages:
        raise BadRequest("`messages` is missing or empty: give at least one message.", "messages")
    return Conversation(tuple(_said(message, f"messages[{at}]") for at, message in enumerate(messages)))


def _said(message: dict[str, Any], path: str) -> Said:
    path = f"{path}."
    role = one_of(message, "role", _ROLES, path)
    check_kinds(message, {"content": ("a string", "a list")}, path)
    functions = [
        inner(call, "function", f"{path}tool_calls[].") for call in items(message, "tool_calls", path)
    ]
    calls = tuple(
        ToolCall(str(function.get("name")), parsed_arguments(function.get("arguments")))
        for function in functions
    )
    return Said(role, text_of(_content(message, role, path)), calls)


def _content(message: dict[str, Any], role: Role, path: str) -> Any:
    """What every message must have, but not the model's where it says something else."""
    content = message.get("content")
    is_said_otherwise = role == "model" and any(message.get(name) for name in _INSTEAD_OF_CONTENT)
    if content is None and not is_said_otherwise:
        raise BadRequest(f"`{path}content` is missing: give a string or a list of parts.", f"{path}content")
    if isinstance(content, list):
        for at, part in enumerate(items(message, "content", path)):
            required_text(part, "type", f"{path}content[{at}].")
    return content


def _choice(answer: Answer, index: int) -> dict[str, Any]:
    content = None if answer.calls and not answer.text else answer.text
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    if answer.calls:
        message["tool_calls"] = [_call(call) for call in answer.calls]
    return {"index": index, "message": message, "logprobs": None, "finish_reason": answer.finish}


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments)}
    return {"id": new_id("call_"), "type": "function", "function": function}


def _envelope(kind: str, request: Request) -> dict[str, Any]:
    return {
        "id": new_id("chatcmpl-", 29),
        "object": kind,
        "created": int(time.time()),
        "model": request["model"],
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }


def _count(request: Request) -> int:
    return request.get("n") or 1
