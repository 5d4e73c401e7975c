"""Values for JSON schemas: each is allowed by its schema, and small."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockllm.values.pattern_values import string_for
from mockllm.values.schema_values import NoInstance, fits, instance

NODE = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
    },
    "required": ["value", "next"],
}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, ""),
        ({"type": "string", "minLength": 3}, "xxx"),
        ({"type": "string", "format": "date-time"}, "2024-01-01T00:00:00Z"),
        ({"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"}, "AAA-0"),
        ({"type": ["integer", "null"], "minimum": 7}, 7),
        ({"type": "integer", "exclusiveMinimum": 7, "multipleOf": 5}, 10),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "boolean"}, False),
        ({"type": "null"}, None),
        ({"enum": ["red", "green"]}, "red"),
        ({"const": {"a": 1}}, {"a": 1}),
        ({"type": "integer", "default": 9}, 9),
        ({"type": "integer", "examples": ["no", 4]}, 4),
        ({"type": "array", "items": {"type": "integer"}}, []),
        ({"type": "array", "items": {"type": "integer", "minimum": 2}, "minItems": 2}, [2, 2]),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True}, ["", "0"]),
        ({"prefixItems": [{"const": 1}, {"const": 2}], "items": {"const": 3}, "minItems": 3}, [1, 2, 3]),
        ({"properties": {"a": {"type": "string"}, "b": {"type": "null"}}, "required": ["b"]}, {"b": None}),
        ({"type": "object", "additionalProperties": {"type": "null"}, "minProperties": 1}, {"key0": None}),
        ({"anyOf": [{"type": "string", "minLength": 2, "maxLength": 1}, {"type": "integer"}]}, 0),
        ({"oneOf": [{"type": "number"}, {"type": "integer", "minimum": 5}], "minimum": 1}, 1),
        ({"allOf": [{"type": "integer", "minimum": 2}, {"type": "number", "minimum": 3}]}, 3),
        ({"allOf": [{"required": ["a"]}, {"properties": {"a": {"const": 5}}}], "type": "object"}, {"a": 5}),
        ({"$ref": "#/$defs/Node", "$defs": {"Node": NODE}}, {"value": 0, "next": None}),
        ({"definitions": {"a/b": {"const": 1}}, "$ref": "#/definitions/a~1b"}, 1),
        ({}, ""),
        (True, ""),
    ],
)
def test_the_value_is_the_smallest(schema: Any, expected: Any) -> None:
    assert instance(schema) == expected


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (False, "no value was found"),
        ({"type": "integer", "minimum": 2, "maximum": 1}, "no value was found"),
        ({"$ref": "#"}, "no value was found"),
        ({"type": "strang"}, "is not valid: 'strang'"),
        ({"$ref": "#/$defs/None"}, "no value was found"),
        ({"$ref": "https://example.com/schema.json"}, "no value was found"),
        ({"type": "string", "pattern": "("}, "is not a 'regex'"),
        ({"type": "string", "minLength": 10**12}, "no value was found"),
        ({"type": "string", "pattern": "^(a{9999}){9999}$"}, "no value was found"),
    ],
)
def test_a_schema_without_a_value_says_why(schema: Any, problem: str) -> None:
    with pytest.raises(NoInstance, match=problem):
        instance(schema)


def test_a_schema_that_is_nested_too_deeply_is_refused() -> None:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(500):
        schema = {"type": "array", "items": schema, "minItems": 1}

    with pytest.raises(NoInstance, match="cannot be used"):
        instance(schema)


def test_a_schema_that_is_not_here_is_not_fetched() -> None:
    with pytest.raises(NoInstance, match="which it does not hold"):
        fits(1, {"$ref": "https://example.com/schema.json"})


@pytest.mark.parametrize(
    "pattern", [r"^\d{4}-\d\d$", r"^(?!x)\w+$", "a|b", r"[^a-z]", r"^\S+@\S+\.com$", "^.{5}$"]
)
def test_a_string_for_a_pattern(pattern: str) -> None:
    text = string_for(pattern)

    assert text is not None
    assert fits(text, {"type": "string", "pattern": pattern})


@pytest.mark.parametrize("pattern", ["^(a{9999}){9999}$", "^(((a{500}){500}){500}){500}$"])
def test_a_pattern_that_wants_a_vast_string_gets_none(pattern: str) -> None:
    assert string_for(pattern) is None


SIZES = st.integers(0, 5)


def _string(low: int, more: int) -> dict[str, Any]:
    return {"type": "string", "minLength": low, "maxLength": low + more}


def _number(kind: str, low: int, step: int) -> dict[str, Any]:
    return {"type": kind, "minimum": low, "maximum": low + step, "multipleOf": step}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(properties)[:2]}


def _array(items: Any, least: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


SCALARS = st.one_of(
    st.builds(_string, SIZES, SIZES),
    st.builds(_number, st.sampled_from(["integer", "number"]), st.integers(-50, 50), st.integers(1, 5)),
    st.builds(lambda values: {"enum": values}, st.lists(st.integers() | st.text() | st.none(), min_size=1)),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": "string", "format": "uuid"}, {}]),
)
SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(_object, st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=4)),
        st.builds(_array, inner, SIZES),
        st.builds(lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda branch: {"allOf": [branch]}, inner),
    ),
    max_leaves=6,
)


@given(SCHEMAS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_generated_schemas_have_values(schema: Any) -> None:
    value = instance(schema)

    jsonschema.validate(json.loads(json.dumps(value)), schema)
