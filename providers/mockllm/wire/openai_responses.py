"""OpenAI's responses: the request, and the body."""

from __future__ import annotations

import json
import time
from typing import Any

from mockllm.config import ToolCall
from mockllm.content import Conversation, Role, Said, parsed_arguments, text_of
from mockllm.wire.answer import Answer, Ask
from mockllm.wire.checks import BadRequest, Kind, Request, check_kinds, inner, items, one_of, required_text
from mockllm.wire.frames import new_id
from mockllm.wire.openai_common import SAMPLING, positive, read_choice, read_format, read_tools

__all__ = ["read_response", "response_body"]

_KINDS: dict[str, Kind] = {
    **SAMPLING,
    "input": ("a string", "a list"),
    "instructions": ("a string", "a list"),
    "previous_response_id": "a string",
    "text": "an object",
}
_ROLES: dict[str, Role] = {"assistant": "model", "developer": "system", "system": "system", "user": "human"}
_ECHOED: dict[
    str, Any
] = {  # what a response repeats of its request, and what stands there if the request is silent
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def read_response(request: Request) -> Ask:
    """What a request asks for; raises `BadRequest`. An earlier response is not remembered."""
    check_kinds(request, _KINDS)
    choice, tools = read_choice(request, read_tools(request))
    return Ask(
        model=required_text(request, "model"),
        conversation=_conversation(request),
        stream=bool(request.get("stream")),
        tools=tools,
        choice=choice,
        parallel=request.get("parallel_tool_calls") is not False,
        max_tokens=positive(request, "max_output_tokens"),
        schema=read_format(inner(inner(request, "text"), "format", "text."), "text.format"),
    )


def _output(answer: Answer) -> list[dict[str, Any]]:
    status = "incomplete" if answer.finish == "length" else "completed"
    part = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
    message = {
        "id": new_id("msg_", 48),
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [part],
    }
    return [*([message] if answer.text or not answer.calls else []), *map(_call_item, answer.calls)]


def response_body(answer: Answer, request: Request) -> dict[str, Any]:
    """The body of a reply that is not streamed; a stream ends with the same."""
    is_cut = answer.finish == "length"
    echoed = {key: default if request.get(key) is None else request[key] for key, default in _ECHOED.items()}
    return {
        "id": new_id("resp_", 48),
        "object": "response",
        "created_at": int(time.time()),
        "completed_at": int(time.time()),
        "status": "incomplete" if is_cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
        "model": request["model"],
        "output": _output(answer),
        "service_tier": "default",
        "usage": _usage(answer),
    } | echoed


def _conversation(request: Request) -> Conversation:
    given = request.get("input")
    if not given and not request.get("previous_response_id"):
        raise BadRequest("`input` is missing or empty: give a string or a list of items.", "input")
    system = [Said("system", text_of(request["instructions"]))] if request.get("instructions") else []
    if not isinstance(given, list):
        return Conversation((*system, Said("human", given or "")))
    said = (_said(item, f"input[{at}]") for at, item in enumerate(items(request, "input")))
    return Conversation((*system, *(each for each in said if each is not None)))


def _said(item: dict[str, Any], path: str) -> Said | None:
    kind = item.get("type", "message")
    if kind == "function_call":
        return Said("model", "", (ToolCall(str(item.get("name")), parsed_arguments(item.get("arguments"))),))
    if kind == "function_call_output":
        return Said("tool", text_of(item.get("output")))
    if kind != "message":
        return None  # reasoning, references to earlier items, the calls of OpenAI's own tools
    role = one_of(item, "role", _ROLES, f"{path}.")
    check_kinds(item, {"content": ("a string", "a list")}, f"{path}.")
    return Said(role, text_of(item.get("content")))


def _call_item(call: ToolCall) -> dict[str, Any]:
    return {
        "id": new_id("fc_", 48),
        "type": "function_call",
        "status": "completed",
        "arguments": json.dumps(call.arguments),
        "call_id": new_id("call_"),
        "name": call.name,
    }


def _usage(answer: Answer) -> dict[str, Any]:
    return {
        "input_tokens": answer.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": answer.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": answer.total_tokens,
    }
