"""What clients send, checked: frames of the WebSocket and bodies of REST requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from jupyter_ai.errors import ChatError, InvalidFrame

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from jupyter_ai.models import ChatRequest, ClearRequest, StopRequest

    Request = ChatRequest | ClearRequest | StopRequest

__all__ = [
    "InvalidBody",
    "is_too_long",
    "parse_body",
    "parse_frame",
    "parse_since",
    "parse_typed_frame",
    "unknown_type",
]

M = TypeVar("M", bound="BaseModel")

_MOST_PROBLEMS = 3  # that one reason tells
_SHORT = 60  # code points of what was sent that a reason repeats


class InvalidBody(ChatError):
    """The body of a request fits no model."""

    code = "invalid-body"


def parse_frame(frame: str | bytes, limit: int) -> Request:
    """The request that a frame of at most `limit` bytes makes. Raises `InvalidFrame`, naming the field."""
    request = parse_typed_frame(frame, limit, _model)
    if not (getattr(request, "prompt", "-").strip() or getattr(request, "attachments", None)):
        raise InvalidFrame("prompt: it is empty. Say something.")
    return request


def parse_typed_frame(frame: str | bytes, limit: int, model_of: Callable[[dict[str, Any]], type[M]]) -> M:
    """A frame of at most `limit` bytes as what `model_of` says it is.

    Raises `InvalidFrame`, naming the field.
    """
    if isinstance(frame, bytes):
        raise InvalidFrame("This is a binary frame. Send JSON in a text frame.")
    if is_too_long(frame, limit):
        raise InvalidFrame(f"The frame is larger than {limit} bytes. Send less at once.")
    data = _object(frame, "The frame", InvalidFrame)
    return _validated(model_of(data), data, InvalidFrame)


def is_too_long(text: str, limit: int) -> bool:
    """Whether a frame takes more than `limit` bytes; it is encoded only if that is in doubt."""
    return len(text) > limit or (len(text) * 4 > limit and len(text.encode()) > limit)


def unknown_type(kind: object, known: str) -> InvalidFrame:
    """Says that a frame's `type` is none of the `known` ones."""
    told = json.dumps(kind[:_SHORT]) if isinstance(kind, str) else _kind(kind)
    return InvalidFrame(f"type: {told} is unknown. {known}")


def parse_body(body: bytes, model: type[M], limit: int) -> M:
    """The model that a request's body fits; an empty body is an empty object. Raises `InvalidBody`."""
    if len(body) > limit:
        raise InvalidBody(f"The body is larger than {limit} bytes. Send less at once.")
    try:
        text = body.decode()
    except UnicodeDecodeError as e:
        raise InvalidBody(f"The body is not UTF-8: {e.reason} at byte {e.start}.") from None
    return _validated(model, _object(text, "The body", InvalidBody) if text.strip() else {}, InvalidBody)


def parse_since(text: str) -> int | None:
    """The `seq` that a client has seen last; None for what is no number of a frame."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _object(text: str, what: str, error: type[ChatError]) -> dict[str, Any]:
    try:
        # An escape can bring in half of a surrogate pair, which UTF-8 cannot carry any further.
        data = _mended(json.loads(text, parse_constant=_no_constant))
    except json.JSONDecodeError as e:
        raise error(f"{what} is not JSON: {e.msg} at character {e.pos}.") from None
    except ValueError as e:  # a constant that JSON does not have, a number of thousands of digits
        raise error(f"{what} is not JSON: {_short(str(e))}") from None
    except RecursionError:
        raise error(f"{what} is nested too deeply.") from None
    if not isinstance(data, dict):
        raise error(f"{what} is not a JSON object but {_kind(data)}.")
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value of JSON.")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _mended(value: Any) -> Any:
    """`value` with the replacement character for each lone surrogate."""
    if isinstance(value, str):
        return value if _is_encodable(value) else _replaced(value)
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value


def _is_encodable(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _replaced(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _model(data: dict[str, Any]) -> type[Request]:
    from jupyter_ai.models import ChatRequest, ClearRequest, StopRequest

    if "type" not in data:
        return ChatRequest
    kind = data["type"]
    if kind == "clear":
        return ClearRequest
    if kind == "stop":
        return StopRequest
    raise unknown_type(kind, 'It is "clear" or "stop"; a prompt has none.')


def _validated(model: type[M], data: dict[str, Any], error: type[ChatError]) -> M:
    from pydantic import ValidationError

    try:
        return model.model_validate(data)
    except ValidationError as e:
        raise error(_reason(e)) from None


def _reason(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    told = dict.fromkeys(f"{_field(problem)}: {_message(problem)}" for problem in _relevant(problems))
    return f"{'; '.join(list(told)[:_MOST_PROBLEMS])}."


def _relevant(problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """Of a union's alternatives, the problems of the one that was meant: the first whose `type` fits."""
    misfits = {_alternative(p) for p in problems if p["type"] == "literal_error"}
    fitting = [found for p in problems if (found := _alternative(p)) and found not in misfits]
    if fitting:
        return [p for p in problems if _alternative(p) in ("", fitting[0])]
    return [p for p in problems if not _alternative(p) or p["type"] == "literal_error"]


def _alternative(problem: ErrorDetails) -> str:
    """Which alternative of a union a problem is with; pydantic puts the model's name into the path."""
    return next((str(step) for step in problem["loc"] if str(step).endswith("Selection")), "")


def _message(problem: ErrorDetails) -> str:
    return "Input should be an object" if problem["type"] == "model_type" else problem["msg"]


def _field(problem: ErrorDetails) -> str:
    alternative = _alternative(problem)
    return _short(".".join(str(step) for step in problem["loc"] if str(step) != alternative))


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
