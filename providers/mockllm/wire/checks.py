"""Whether a request is one that the API would accept; each refusal names the parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

__all__ = ["BadRequest", "Kind", "Request", "check_kinds", "inner", "items", "one_of", "required_text"]

T = TypeVar("T")

Request = Mapping[str, Any]
Kind = str | tuple[str, ...]

_KINDS: dict[str, type | tuple[type, ...]] = {
    "a string": str,
    "true or false": bool,
    "an integer": int,
    "a number": (int, float),
    "a list": list,
    "an object": dict,
}


class BadRequest(ValueError):
    """The request is refused with status 400; `param` is where it is wrong, as the API names it."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


def check_kinds(request: Request, kinds: Mapping[str, Kind], path: str = "") -> None:
    """Refuse a parameter of the wrong kind; null counts as absent, unknown parameters are let pass."""
    for name, kind in kinds.items():
        value, allowed = request.get(name), (kind,) if isinstance(kind, str) else kind
        if value is not None and not any(_is(value, each) for each in allowed):
            param = f"{path}{name}"
            raise BadRequest(f"`{param}` must be {' or '.join(allowed)}, not {_shown(value)}.", param)


def required_text(request: Request, name: str, path: str = "") -> str:
    """The string that a request must have under this name."""
    if not request.get(name):
        raise BadRequest(f"`{path}{name}` is missing: give it as a string.", f"{path}{name}")
    check_kinds(request, {name: "a string"}, path)
    return str(request[name])


def items(request: Request, name: str, path: str = "") -> list[dict[str, Any]]:
    """The objects in a list; none if it is absent."""
    check_kinds(request, {name: "a list"}, path)
    found: list[Any] = request.get(name) or []
    for index, item in enumerate(found):
        if not isinstance(item, dict):
            param = f"{path}{name}[{index}]"
            raise BadRequest(f"`{param}` must be an object, not {_shown(item)}.", param)
    return found


def inner(request: Request, name: str, path: str = "") -> dict[str, Any]:
    """The object that a request has under this name; an empty one if it is absent."""
    check_kinds(request, {name: "an object"}, path)
    return request.get(name) or {}


def one_of(request: Request, name: str, choices: Mapping[str, T], path: str = "") -> T:
    """What the string that a request must have under this name stands for."""
    value, param = request.get(name), f"{path}{name}"
    if isinstance(value, str) and value in choices:
        return choices[value]
    raise BadRequest(f"`{param}` must be one of {', '.join(choices)}, not {value!r}.", param)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "true or false"
    return isinstance(value, _KINDS[kind])


def _shown(value: Any) -> str:
    return next((name for name in _KINDS if _is(value, name)), "null")
