"""What OpenAI's endpoints have in common: parameters, tools, formats, usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockllm.wire.answer import ANY_OBJECT, Answer, Choice, Tool
from mockllm.wire.checks import BadRequest, Kind, Request, check_kinds, inner, items, one_of, required_text

__all__ = [
    "FINGERPRINT",
    "SAMPLING",
    "check_sampling",
    "positive",
    "read_choice",
    "read_format",
    "read_tools",
    "usage",
]

FINGERPRINT = "fp_mockllm"

_CHOICES: dict[str, Choice] = {"auto": "auto", "none": "none", "required": "required"}
_OWN_SCHEMA: Mapping[str, Any] = {}
_FORMATS: dict[str, Mapping[str, Any] | None] = {
    "text": None,
    "json_object": ANY_OBJECT,
    "json_schema": _OWN_SCHEMA,
}
_MOST_CHOICES = 128

SAMPLING: Mapping[str, Kind] = {
    "frequency_penalty": "a number",
    "max_tokens": "an integer",
    "max_completion_tokens": "an integer",
    "max_output_tokens": "an integer",
    "metadata": "an object",
    "n": "an integer",
    "parallel_tool_calls": "true or false",
    "presence_penalty": "a number",
    "seed": "an integer",
    "stop": ("a string", "a list"),
    "stream": "true or false",
    "stream_options": "an object",
    "temperature": "a number",
    "top_p": "a number",
    "user": "a string",
}


def check_sampling(request: Request, kinds: Mapping[str, Kind] = SAMPLING) -> None:
    """Refuse parameters of the wrong kind, and a number of choices that OpenAI would not give."""
    check_kinds(request, kinds)
    if (positive(request, "n") or 1) > _MOST_CHOICES:
        raise BadRequest(f"`n` must be at most {_MOST_CHOICES}, not {request['n']}.", "n")


def positive(request: Request, *names: str) -> int | None:
    """The first of these parameters that is given, which must be at least 1."""
    for name in names:
        value: int | None = request.get(name)
        if value is not None and value < 1:
            raise BadRequest(f"`{name}` must be at least 1, not {value}.", name)
        if value is not None:
            return value
    return None


def read_tools(request: Request) -> tuple[Tool, ...]:
    """The functions on offer; tools that OpenAI runs itself are let pass and never called.

    Chat completions have a function under `function`, responses in the tool itself.
    """
    tools = [(f"tools[{at}].", tool) for at, tool in enumerate(items(request, "tools"))]
    for path, tool in tools:
        required_text(tool, "type", path)
    return tuple(_read_tool(tool, path) for path, tool in tools if tool.get("type") == "function")


def read_choice(request: Request, tools: tuple[Tool, ...]) -> tuple[Choice, tuple[Tool, ...]]:
    """Whether tools may or must be called, and which."""
    check_kinds(request, {"tool_choice": ("a string", "an object")})
    mode: Choice = "required"
    if isinstance(request.get("tool_choice"), Mapping):
        mode, names = _named(request["tool_choice"])
        tools = tuple(tool for tool in tools if tool.name in names)
    else:
        mode = one_of({"tool_choice": request.get("tool_choice") or "auto"}, "tool_choice", _CHOICES)
    if mode == "required" and not tools:
        raise BadRequest("`tool_choice` asks for a tool that `tools` does not offer.", "tool_choice")
    return mode, tools


def read_format(form: Request, param: str) -> Mapping[str, Any] | None:
    """The schema that the text must fit; None for free text, which an empty `form` asks for.

    Chat completions have the schema under `json_schema`, responses in the format itself.
    """
    if not form:
        return None
    path = f"{param}."
    kind = one_of(form, "type", _FORMATS, path)
    if kind is not _OWN_SCHEMA:
        return kind
    schema = inner(inner(form, "json_schema", path) or form, "schema", path)
    if not schema:
        raise BadRequest(f"`{param}` has no `schema`.", param)
    return schema


def usage(answer: Answer) -> dict[str, Any]:
    """The tokens of a completion, as `mockllm.tokens` counts them."""
    return {
        "prompt_tokens": answer.input_tokens,
        "completion_tokens": answer.output_tokens,
        "total_tokens": answer.total_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _read_tool(tool: Request, path: str) -> Tool:
    function = inner(tool, "function", path) or tool
    if not isinstance(function.get("name"), str):
        raise BadRequest(f"`{path}function.name` is missing, or no string.", f"{path}function.name")
    return Tool(function["name"], inner(function, "parameters", path) or ANY_OBJECT)


def _named(choice: Request) -> tuple[Choice, list[Any]]:
    if choice.get("type") != "allowed_tools":
        return "required", [_name(choice)]
    allowed = inner(choice, "allowed_tools", "tool_choice.") or choice
    mode: Choice = one_of(allowed, "mode", _CHOICES, "tool_choice.")
    return mode, [_name(tool) for tool in items(allowed, "tools", "tool_choice.")]


def _name(named: Request) -> Any:
    return (inner(named, "function", "tool_choice.") or named).get("name")
