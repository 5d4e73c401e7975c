"""What people enter for a model, field by field: checked when it is stored, and again when it is used."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from jupyter_ai.config.naming import told
from jupyter_ai.errors import InvalidSetting
from jupyter_ai_magics.auth import key_params
from jupyter_ai_magics.fields import IntegerField
from jupyter_ai_magics.network import parse_headers

__all__ = [
    "MOST_BYTES",
    "check_names",
    "check_size",
    "checked_fields",
    "is_address",
    "is_blank",
    "is_deep",
    "own_fields",
]

MOST_BYTES = 1 << 20  # of all fields of all models, as JSON
_MOST_BYTES_OF_ONE = 1 << 16
_DEPTH = 8  # of lists and objects in each other
_HEADERS = ("default_headers", "extra_headers", "headers")
_ADDRESSES = ("address", "base", "endpoint", "host", "proxy", "server", "uri", "url")


def own_fields(provider: Any) -> dict[str, Any]:
    """The fields of a provider that people may fill in, by key: no key of theirs, and not the model's id."""
    taken = {*_id_keywords(provider), *key_params(getattr(provider, "auth_strategy", None)).values()}
    return {field.key: field for field in getattr(provider, "fields", None) or () if field.key not in taken}


def checked_fields(provider: Any, given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values for the constructor of `provider`: those of its own fields that are not blank.

    Whatever else is in `given`, perhaps of an earlier version, could name another model or server, and is
    left out. Raises `InvalidSetting`, which names `where`.
    """
    known = own_fields(provider)
    return {
        key: _checked(known[key], value, f"{where}.{key}")
        for key, value in given.items()
        if key in known and not is_blank(value)
    }


def check_names(provider: Any, given: Mapping[str, Any], where: str) -> None:
    """Raise `InvalidSetting` where a key of `given` names none of the provider's own fields."""
    known = own_fields(provider)
    keys = {keyword: name for name, keyword in key_params(getattr(provider, "auth_strategy", None)).items()}
    for key in given:
        if key in known:
            continue
        reason = "there is no such field."
        if key in keys:
            reason = f"keys are not kept here. Send it in api_keys, as {keys[key]}."
        elif key in _id_keywords(provider):
            reason = "the model is named by the setting of the model alone."
        fields = f"Its provider has {', '.join(known)}." if known else "Its provider has no fields."
        raise InvalidSetting(f"{where}.{told(key)}: {reason} {fields}")


def check_size(key: str, value: Any, where: str) -> None:
    """Raise `InvalidSetting` unless a value can be written, read and shown."""
    name = f"{where}.{told(key)}"
    if is_deep(value, _DEPTH):
        raise InvalidSetting(f"{name}: it is nested too deeply; {_DEPTH} levels are the most.")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidSetting(f"{name}: it is no number of JSON.")
    try:
        size = len(json.dumps({key: value}, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError):
        raise InvalidSetting(f"{name}: it is no JSON in UTF-8.") from None
    if size > _MOST_BYTES_OF_ONE:
        raise InvalidSetting(f"{name}: it is larger than {_MOST_BYTES_OF_ONE} bytes.")


def is_deep(value: Any, most: int) -> bool:
    """Whether lists and objects are in each other more than `most` times."""
    level = [value]
    for _ in range(most + 1):
        level = [
            member
            for found in level
            if isinstance(found, Mapping | list | tuple)
            for member in (found.values() if isinstance(found, Mapping) else found)
        ]
        if not level:
            return False
    return True


def is_address(key: str, value: Any) -> bool:
    """Whether a field decides where requests go: by a name, or since it holds a URL; also within JSON."""
    if key.lower() in _HEADERS:
        return False
    left = [(key, value)]
    while left:
        name, held = left.pop()
        if name.lower().endswith(_ADDRESSES) or "//" in name or "//" in str(held):
            return True
        left += _members(held)
    return False


def is_blank(value: Any) -> bool:
    """Whether a value stands for "not set"."""
    return value is None or (isinstance(value, str) and not value.strip())


def _members(value: Any) -> list[tuple[str, Any]]:
    """What is in a list or an object, or in the JSON that a text is; escaped there it may be anything."""
    if isinstance(value, str):
        try:
            # As pairs: of members with one name, each counts.
            value = json.loads(value, object_pairs_hook=_Pairs)
        except (ValueError, RecursionError):
            return []
        if isinstance(value, str):
            return [("", value)]
    if isinstance(value, _Pairs):
        return list(value)
    if isinstance(value, Mapping):
        return [(str(name), held) for name, held in value.items()]
    return [("", held) for held in value] if isinstance(value, list | tuple) else []


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON."""


def _id_keywords(provider: Any) -> set[str]:
    """The names under which the constructor takes the model's id; pydantic knows some by an alias."""
    names = {"model_id", getattr(provider, "model_id_key", None) or "model_id"}
    for name, field in (getattr(provider, "model_fields", None) or {}).items():
        if {name, field.alias} & names:
            names |= {name, field.alias or name}
    return names


def _checked(field: Any, value: Any, where: str) -> Any:
    if isinstance(field, IntegerField):
        return _integer(value, where)
    if not isinstance(value, str):
        raise InvalidSetting(f"{where}: it must be a string. {_entry(field)}")
    if field.format == "json":
        _check_json(value, where, field)
    return value


def _integer(value: Any, where: str) -> int:
    try:
        if isinstance(value, str) or type(value) is int:
            return int(value)
    except ValueError:
        pass
    raise InvalidSetting(f"{where}: it must be a whole number.")


def _check_json(text: str, where: str, field: Any) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidSetting(f"{where}: it is not JSON: {error.msg} at {place}. {_entry(field)}") from None
    except (ValueError, RecursionError):
        raise InvalidSetting(f"{where}: it is not JSON that can be read. {_entry(field)}") from None
    if field.key == "default_headers":
        try:
            parse_headers(text, where)
        except ValueError as error:
            raise InvalidSetting(f"{error}. {_entry(field)}") from None


def _entry(field: Any) -> str:
    return f"It is the field “{field.label}”."
