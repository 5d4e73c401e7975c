"""Ollama's chat and generate: the request, the body, and the lines of a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from mockllm.config import ToolCall
from mockllm.content import Conversation, Role, Said, parsed_arguments, text_of
from mockllm.tokens import split_tokens
from mockllm.wire.answer import ANY_OBJECT, Answer, Ask, Tool
from mockllm.wire.checks import BadRequest, Kind, Request, check_kinds, inner, items, one_of, required_text
from mockllm.wire.frames import HOLE, Step, Template, line_frame, new_id, now

__all__ = [
    "FORMS",
    "MALFORMED",
    "Form",
    "is_load",
    "load_body",
    "ollama_body",
    "ollama_steps",
]

Form = Literal["chat", "generate"]

MALFORMED: dict[Form, bytes] = {
    "chat": b'{"model":"","created_at":"1970-01-01T00:00:00Z","message":{"role":"assistant","content":\n',
    "generate": b'{"model":"","created_at":"1970-01-01T00:00:00Z","response":\n',
}

_KINDS: dict[str, Kind] = {
    "format": ("a string", "an object"),
    "images": "a list",
    "messages": "a list",
    "options": "an object",
    "prompt": "a string",
    "raw": "true or false",
    "stream": "true or false",
    "suffix": "a string",
    "system": "a string",
    "tools": "a list",
}
_ROLES: dict[str, Role] = {"assistant": "model", "system": "system", "tool": "tool", "user": "human"}
_NANOSECONDS = 1_000_000  # a duration of each part of the work: none is measured


def _read_chat(request: Request) -> Ask:
    """What a request asks for; raises `BadRequest`."""
    check_kinds(request, _KINDS)
    said = [_said(message, f"messages[{at}]") for at, message in enumerate(items(request, "messages"))]
    functions = [inner(tool, "function", "tools[].") for tool in items(request, "tools")]
    tools = tuple(Tool(str(each.get("name")), inner(each, "parameters") or ANY_OBJECT) for each in functions)
    return _ask(request, Conversation(tuple(said)), tools)


def _read_generate(request: Request) -> Ask:
    """As for chat. A `suffix`, the text that is to follow, is accepted; the rules see the prompt alone."""
    check_kinds(request, _KINDS)
    system, prompt = request.get("system"), request.get("prompt")
    said = [Said("system", system)] if system else []
    return _ask(request, Conversation((*said, *([Said("human", prompt)] if prompt else []))))


def is_load(request: Request, form: Form) -> bool:
    """Whether a request says nothing, and so only has the model loaded."""
    said = "messages" if form == "chat" else "prompt"
    return not request.get(said) and not request.get("images")


def load_body(request: Request, form: Form) -> dict[str, Any]:
    """The reply to such a request; raises `BadRequest`."""
    required_text(request, "model")
    return _line(request, form, "") | {"done": True, "done_reason": "load"}


def ollama_body(answer: Answer, request: Request, form: Form) -> dict[str, Any]:
    """The body of a reply that is not streamed."""
    calls = {"tool_calls": list(map(_call, answer.calls))} if answer.calls else {}
    return _line(request, form, answer.text, **calls) | _end(answer, form)


def ollama_steps(answer: Answer, request: Request, form: Form) -> Iterator[Step]:
    """The lines of a streamed reply; each call of a tool is one line."""
    text = Template(line_frame(_line(request, form, HOLE) | {"done": False}))
    for token in split_tokens(answer.text):
        yield Step(text.fill(token), token=True)
    for call in answer.calls:
        line = _line(request, form, "", tool_calls=[_call(call)]) | {"done": False}
        yield Step(line_frame(line), token=True)
    yield Step(line_frame(_line(request, form, "") | _end(answer, form)))


def _ask(request: Request, conversation: Conversation, tools: tuple[Tool, ...] = ()) -> Ask:
    options = inner(request, "options")
    check_kinds(options, {"num_predict": "an integer", "stop": ("a string", "a list")}, "options.")
    limit, stop = options.get("num_predict") or -1, options.get("stop") or ()
    return Ask(
        model=required_text(request, "model"),
        conversation=conversation,
        stream=request.get("stream") is not False,  # Ollama streams unless told not to
        tools=tools,
        stop=(stop,) if isinstance(stop, str) else tuple(map(str, stop)),
        max_tokens=limit if limit > 0 else None,
        schema=_schema(request.get("format")),
    )


def _schema(format: Any) -> Mapping[str, Any] | None:
    if not format:
        return None
    if isinstance(format, str) and format != "json":
        raise BadRequest(f"`format` must be json or a schema, not {format!r}.", "format")
    return ANY_OBJECT if format == "json" else format


def _said(message: dict[str, Any], path: str) -> Said:
    path = f"{path}."
    role = one_of(message, "role", _ROLES, path)
    check_kinds(message, {"content": ("a string", "a list")}, path)
    functions = [
        inner(call, "function", f"{path}tool_calls[].") for call in items(message, "tool_calls", path)
    ]
    calls = (ToolCall(str(each.get("name")), parsed_arguments(each.get("arguments"))) for each in functions)
    return Said(role, text_of(message.get("content")), tuple(calls))


def _line(request: Request, form: Form, text: Any, **calls: Any) -> dict[str, Any]:
    words = (
        {"response": text}
        if form == "generate"
        else {"message": {"role": "assistant", "content": text, **calls}}
    )
    return {"model": request["model"], "created_at": now(), **words}


def _end(answer: Answer, form: Form) -> dict[str, Any]:
    context = {"context": [1] * answer.total_tokens} if form == "generate" else {}
    return {
        "done": True,
        "done_reason": "length" if answer.finish == "length" else "stop",
        **context,
        "total_duration": 3 * _NANOSECONDS,
        "load_duration": _NANOSECONDS,
        "prompt_eval_count": answer.input_tokens,
        "prompt_eval_duration": _NANOSECONDS,
        "eval_count": answer.output_tokens,
        "eval_duration": _NANOSECONDS,
    }


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": new_id("call_", 8), "function": {"name": call.name, "arguments": call.arguments}}


FORMS: dict[Form, Callable[[Request], Ask]] = {"chat": _read_chat, "generate": _read_generate}
"""How each of the two reads what a request asks for."""
