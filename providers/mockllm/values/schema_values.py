"""The smallest value that a JSON schema allows, and whether it allows a given one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mockllm.values.pattern_values import string_for
from mockllm.values.schema_merge import merged, resolved

__all__ = ["NoInstance", "fits", "instance", "prepare"]

Schema = Mapping[str, Any] | bool

_FORMATS = {
    "date": "2024-01-01",
    "date-time": "2024-01-01T00:00:00Z",
    "duration": "P1D",
    "email": "user@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "00:00:00Z",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_TYPICAL_KEYS = {  # of a schema that does not name its type
    "object": {"properties", "required", "additionalProperties", "minProperties"},
    "array": {"items", "prefixItems", "minItems", "uniqueItems"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}


_LARGEST = 10_000  # of what is made: a schema may ask for any size


class NoInstance(ValueError):
    """The schema is not valid, or no value was found that it allows; the message says why."""


def prepare() -> None:
    """Import what reads schemas, which can take seconds; else it is imported when first used."""
    import jsonschema  # noqa: F401 - it is to be there


def fits(value: Any, schema: Schema) -> bool:
    """Whether the schema allows the value; raises `NoInstance` if the schema is not valid."""
    with _explained():
        return _Instances(schema).allows(value, schema)


def instance(schema: Schema) -> Any:
    """A small value that the schema allows: required properties only, the first of alternatives.

    A default or an example that the schema gives is preferred. Raises `NoInstance` if nothing is found:
    the schema contradicts itself, or has conditions (`not`, `if`) that the simplest values do not meet.
    """
    with _explained():
        return _Instances(schema).pick(schema, frozenset())


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (ArithmeticError, RecursionError) as error:
        raise NoInstance(f"the JSON schema cannot be used: {error}") from error


class _Instances:
    """Builds values for the parts of one schema, to which `$ref` refers."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._validator = _validator(root)

    def allows(self, value: Any, schema: Schema) -> bool:
        from referencing.exceptions import Unresolvable

        try:
            return bool(self._validator.evolve(schema=schema).is_valid(value))
        except Unresolvable as error:
            raise NoInstance(f"the JSON schema refers to `{error.ref}`, which it does not hold") from error

    def pick(self, schema: Schema, refs: frozenset[str]) -> Any:
        """The first candidate that the schema allows."""
        for value in self._candidates(schema, refs):
            if self.allows(value, schema):
                return value
        raise NoInstance("no value was found that the JSON schema allows")

    def _candidates(self, schema: Schema, refs: frozenset[str]) -> Iterator[Any]:
        if isinstance(schema, bool):
            yield from [""] * schema
            return
        try:
            plain, refs = self._flat(schema, refs)
        except (LookupError, ValueError):  # recursion that never ends, or a reference to nothing
            return
        yield from _given(plain)
        for branch in _branches(plain):
            yield from self._candidates(branch, refs)
        for kind in _types(plain):
            yield from self._of_type(kind, plain, refs)

    def _flat(self, schema: Mapping[str, Any], refs: frozenset[str]) -> tuple[dict[str, Any], frozenset[str]]:
        """The schema with `$ref` and `allOf` merged into it.

        The smallest value of a schema never needs a reference inside of itself, so one is an error.
        """
        plain = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        parts = list(schema.get("allOf", ()))
        if ref := schema.get("$ref"):
            if ref in refs:
                raise LookupError(ref)
            refs |= {ref}
            parts.append(resolved(ref, self._root))
        for part in parts:
            flat, refs = self._flat({} if part is True else part, refs)
            plain = merged(flat, plain)
        return plain, refs

    def _of_type(self, kind: str, schema: dict[str, Any], refs: frozenset[str]) -> Iterator[Any]:
        try:
            if kind == "object":
                yield self._object(schema, refs)
            elif kind == "array":
                yield self._array(schema, refs)
            else:
                yield from _simple(kind, schema)
        except NoInstance:
            return  # a part has no value: not this way

    def _object(self, schema: dict[str, Any], refs: frozenset[str]) -> dict[str, Any]:
        properties, names = schema.get("properties", {}), list(schema.get("required", ()))
        optional = [name for name in properties if name not in names]
        names += optional[: max(schema.get("minProperties", 0) - len(names), 0)]
        other = schema.get("additionalProperties", True)
        made = {name: self.pick(properties.get(name, other), refs) for name in names}
        for number in range(len(made), _size(schema, "minProperties")):
            made[f"key{number}"] = self.pick(other, refs)
        return made

    def _array(self, schema: dict[str, Any], refs: frozenset[str]) -> list[Any]:
        first, rest = schema.get("prefixItems", []), schema.get("items", True)
        made: list[Any] = []
        for index in range(_size(schema, "minItems")):
            item = first[index] if index < len(first) else rest
            made.append(
                self._other_than(made, item, refs) if schema.get("uniqueItems") else self.pick(item, refs)
            )
        return made

    def _other_than(self, taken: list[Any], schema: Schema, refs: frozenset[str]) -> Any:
        for value in (
            *self._candidates(schema, refs),
            *range(len(taken) + 1),
            *map(str, range(len(taken) + 1)),
        ):
            if value not in taken and self.allows(value, schema):
                return value
        raise NoInstance("no further value was found for an array whose items must differ")


def _validator(schema: Schema) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    cls = validator_for(schema, default=Draft202012Validator)
    try:
        cls.check_schema(schema)
    except SchemaError as error:
        raise NoInstance(f"the JSON schema is not valid: {error.message}") from error
    return cls(schema, registry=Registry())  # an empty registry: nothing is fetched


def _given(schema: Mapping[str, Any]) -> Iterator[Any]:
    """The values that the schema itself names."""
    yield from (schema[key] for key in ("const", "default") if key in schema)
    yield from schema.get("examples", ())
    yield from schema.get("enum", ())


def _branches(schema: Mapping[str, Any]) -> Iterator[Schema]:
    """The schema with each of its alternatives merged into it."""
    for key in ("anyOf", "oneOf"):
        rest = {name: value for name, value in schema.items() if name != key}
        for branch in schema.get(key, ()):
            yield rest if branch is True else {"allOf": [rest, branch]}


def _types(schema: Mapping[str, Any]) -> list[str]:
    named = schema.get("type")
    if named is not None:
        return [named] if isinstance(named, str) else list(named)
    typical = [kind for kind, keys in _TYPICAL_KEYS.items() if keys & schema.keys()]
    return [*typical, "string", "number", "null", "boolean", "object", "array"]


def _size(schema: Mapping[str, Any], key: str) -> int:
    size = int(schema.get(key, 0))
    if size > _LARGEST:
        raise NoInstance(f"`{key}` is more than {_LARGEST}")
    return size


def _simple(kind: str, schema: Mapping[str, Any]) -> Iterator[Any]:
    if kind == "string":
        yield from _strings(schema)
    elif kind == "boolean":
        yield from (False, True)
    elif kind == "null":
        yield None
    else:
        yield from _numbers(schema, whole=kind == "integer")


def _strings(schema: Mapping[str, Any]) -> Iterator[str]:
    shortest = _size(schema, "minLength")
    if "format" in schema:
        yield _FORMATS.get(schema["format"], "")
    if "pattern" in schema and (text := string_for(schema["pattern"], shortest)) is not None:
        yield text
    yield "x" * shortest


def _numbers(schema: Mapping[str, Any], *, whole: bool) -> Iterator[float]:
    """Zero, and what is nearest to it within the bounds."""
    yield 0
    step = schema.get("multipleOf", 1)
    for low in ("minimum", "exclusiveMinimum"):
        if low in schema:
            nearest = math.ceil(schema[low] / step) * step
            yield from (nearest, nearest + step)
    for high in ("maximum", "exclusiveMaximum"):
        if high in schema:
            nearest = math.floor(schema[high] / step) * step
            yield from (nearest, nearest - step)
    if not whole:
        bounds = [
            schema[key]
            for key in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
            if key in schema
        ]
        yield from bounds
        yield from (sum(bounds) / len(bounds),) if bounds else ()
