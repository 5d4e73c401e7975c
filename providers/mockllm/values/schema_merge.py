"""JSON schemas that must hold at the same time, as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["merged", "resolved"]

Schema = Mapping[str, Any]

_LEAST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_GREATEST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")


def resolved(pointer: str, document: Any) -> Any:
    """What a local reference such as `#/$defs/Point` names; raises `LookupError` if it names nothing."""
    if not pointer.startswith("#"):
        raise LookupError(pointer)
    for step in pointer[1:].split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def merged(first: Schema, second: Schema) -> dict[str, Any]:
    """One schema for what both allow; where that is hard to say, the second's word counts."""
    both = {**first, **second}
    for key in first.keys() & second.keys():
        both[key] = _merged_key(key, first[key], second[key])
    return both


def _merged_key(key: str, first: Any, second: Any) -> Any:
    if key in _LEAST:
        return min(first, second)
    if key in _GREATEST:
        return max(first, second)
    if key == "required":
        return [*first, *(name for name in second if name not in first)]
    if key == "enum":
        return [value for value in first if value in second]
    if key == "type":
        return _common_types(first, second)
    if key in ("properties", "$defs", "definitions"):
        return _merged_properties(first, second)
    return second


def _common_types(first: Any, second: Any) -> list[str]:
    kinds, others = _list(first), _list(second)
    common = [kind for kind in kinds if kind in others or (kind == "integer" and "number" in others)]
    return common + ["integer"] * ("integer" in others and "number" in kinds and "integer" not in common)


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _merged_properties(first: Schema, second: Schema) -> dict[str, Any]:
    both = {**first, **second}
    for name in first.keys() & second.keys():
        if isinstance(first[name], Mapping) and isinstance(second[name], Mapping):
            both[name] = {"allOf": [first[name], second[name]]}
    return both
