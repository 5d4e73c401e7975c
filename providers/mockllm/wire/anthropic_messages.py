"""Anthropic's messages: the request, the body, and the events of a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mockllm.config import ToolCall
from mockllm.content import Conversation, Role, Said, parsed_arguments, text_of
from mockllm.tokens import split_tokens
from mockllm.wire.answer import ANY_OBJECT, Answer, Ask, Choice, Tool
from mockllm.wire.checks import BadRequest, Kind, Request, check_kinds, inner, items, one_of, required_text
from mockllm.wire.frames import HOLE, Step, Template, event_frame, new_id

__all__ = ["MALFORMED", "message_body", "message_steps", "read_messages"]

MALFORMED = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{\n\n'

_KINDS: dict[str, Kind] = {
    "max_tokens": "an integer",
    "messages": "a list",
    "metadata": "an object",
    "output_config": "an object",
    "output_format": "an object",
    "stop_sequences": "a list",
    "stream": "true or false",
    "system": ("a string", "a list"),
    "temperature": "a number",
    "thinking": "an object",
    "tool_choice": "an object",
    "tools": "a list",
    "top_k": "an integer",
    "top_p": "a number",
}
_ROLES: dict[str, Role] = {"user": "human", "assistant": "model", "system": "system"}
_CHOICES: dict[str, Choice] = {"auto": "auto", "any": "required", "tool": "required", "none": "none"}


def read_messages(request: Request, *, counting: bool = False) -> Ask:
    """What a request asks for; raises `BadRequest`. To count tokens no `max_tokens` is needed."""
    check_kinds(request, _KINDS)
    choice, tools = _tools(request)
    return Ask(
        model=required_text(request, "model"),
        conversation=_conversation(request),
        stream=bool(request.get("stream")),
        tools=tools,
        choice=choice,
        stop=tuple(map(str, request.get("stop_sequences") or ())),
        max_tokens=None if counting else _max_tokens(request),
        schema=_schema(request),
    )


def message_body(answer: Answer, request: Request) -> dict[str, Any]:
    """The body of a reply that is not streamed."""
    content = [{"type": "text", "text": answer.text, "citations": None}] if answer.text else []
    content += [_tool_use(call) | {"input": call.arguments} for call in answer.calls]
    usage = _usage(answer.input_tokens, answer.output_tokens)
    return _envelope(request, usage) | {"content": content, **_stop(answer)}


def message_steps(answer: Answer, request: Request) -> Iterator[Step]:
    """The events of a streamed reply."""
    yield _event("message_start", message=_envelope(request, _usage(answer.input_tokens, 1)))
    yield _event("ping")
    blocks = [_text_block(answer.text)] if answer.text else []
    blocks += [_call_block(call) for call in answer.calls]
    for index, (block, delta, tokens) in enumerate(blocks):
        yield _event("content_block_start", index=index, content_block=block)
        template = Template(_event("content_block_delta", index=index, delta=delta).frame)
        for token in tokens:
            yield Step(template.fill(token), token=True)
        yield _event("content_block_stop", index=index)
    yield _event("message_delta", delta=_stop(answer), usage={"output_tokens": answer.output_tokens})
    yield _event("message_stop")


def _text_block(text: str) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    return {"type": "text", "text": ""}, {"type": "text_delta", "text": HOLE}, split_tokens(text)


def _call_block(call: ToolCall) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    delta = {"type": "input_json_delta", "partial_json": HOLE}
    return _tool_use(call), delta, split_tokens(json.dumps(call.arguments))


def _tool_use(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": new_id("toolu_01", 22), "name": call.name, "input": {}}


def _event(name: str, **fields: Any) -> Step:
    return Step(event_frame({"type": name, **fields}, name))


def _envelope(request: Request, usage: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id("msg_01", 22),
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _usage(read: int, written: int) -> dict[str, Any]:
    return {
        "input_tokens": read,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": written,
        "service_tier": "standard",
    }


def _stop(answer: Answer) -> dict[str, Any]:
    reasons = {"length": "max_tokens", "tool_calls": "tool_use", "stop": "end_turn"}
    reason = reasons[answer.finish]
    if reason == "end_turn" and answer.stop_sequence is not None:
        return {"stop_reason": "stop_sequence", "stop_sequence": answer.stop_sequence}
    return {"stop_reason": reason, "stop_sequence": None}


def _max_tokens(request: Request) -> int:
    value: int | None = request.get("max_tokens")
    if value is None:
        raise BadRequest("max_tokens: it is missing; give an integer.", "max_tokens")
    if value < 1:
        raise BadRequest(f"max_tokens: it must be at least 1, not {value}.", "max_tokens")
    return value


def _schema(request: Request) -> Mapping[str, Any] | None:
    form = inner(inner(request, "output_config"), "format", "output_config.") or inner(
        request, "output_format"
    )
    if not form:
        return None
    path = "output_config.format."
    one_of(form, "type", {"json_schema": True}, path)
    return inner(form, "schema", path)


def _tools(request: Request) -> tuple[Choice, tuple[Tool, ...]]:
    """Whether tools may or must be called, and which; tools that Anthropic runs itself are never called."""
    offered = [
        (f"tools.{at}.", tool) for at, tool in enumerate(items(request, "tools")) if "input_schema" in tool
    ]
    tools = tuple(
        Tool(str(tool.get("name")), inner(tool, "input_schema", path) or ANY_OBJECT) for path, tool in offered
    )
    wish = inner(request, "tool_choice") or {"type": "auto"}
    choice = one_of(wish, "type", _CHOICES, "tool_choice.")
    if wish["type"] == "tool":
        tools = tuple(tool for tool in tools if tool.name == wish.get("name"))
    if choice == "required" and not tools:
        raise BadRequest("tool_choice: it asks for a tool that `tools` does not offer.", "tool_choice")
    return choice, tools


def _conversation(request: Request) -> Conversation:
    messages = items(request, "messages")
    if not messages:
        raise BadRequest("messages: at least one message is needed.", "messages")
    system = [Said("system", text_of(request["system"]))] if request.get("system") else []
    said = [each for at, message in enumerate(messages) for each in _said(message, f"messages.{at}")]
    return Conversation((*system, *said))


def _said(message: dict[str, Any], path: str) -> Iterator[Said]:
    """A message as what it says: the results of tools are blocks in a user's message."""
    role, content = one_of(message, "role", _ROLES, f"{path}."), message.get("content")
    if not isinstance(content, (str, list)):
        raise BadRequest(f"{path}.content: it must be a string or a list of blocks.", f"{path}.content")
    blocks = [block for block in content if isinstance(block, Mapping)] if isinstance(content, list) else []
    results = [block for block in blocks if block.get("type") == "tool_result"]
    if role == "model":
        yield Said(role, text_of(content), tuple(map(_made_call, _of_type(blocks, "tool_use"))))
        return
    yield from (Said("tool", text_of(block.get("content"))) for block in results)
    if len(results) < len(blocks) or not blocks:
        yield Said(role, text_of(content))


def _of_type(blocks: list[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [block for block in blocks if block.get("type") == kind]


def _made_call(block: Mapping[str, Any]) -> ToolCall:
    return ToolCall(str(block.get("name")), parsed_arguments(block.get("input")))
