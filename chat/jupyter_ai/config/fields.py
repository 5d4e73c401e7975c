"""What people enter for a model, field by field: checked when it is stored, and again when it is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jupyter_ai.errors import InvalidSetting
from jupyter_ai_magics.fields import IntegerField

__all__ = ["checked_fields", "is_blank"]


def checked_fields(provider: Any, given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values for the constructor of `provider`, without those that are blank.

    A key that names none of its fields may be meant for it all the same, and stays. Raises `InvalidSetting`,
    which names `where`.
    """
    known = {field.key: field for field in getattr(provider, "fields", ())}
    return {
        key: _checked(known.get(key), value, f"{where}.{key}")
        for key, value in given.items()
        if not is_blank(value)
    }


def is_blank(value: Any) -> bool:
    """Whether a value stands for "not set"."""
    return value is None or (isinstance(value, str) and not value.strip())


def _checked(field: Any, value: Any, where: str) -> Any:
    if field is None:
        return value
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


def _entry(field: Any) -> str:
    return f"It is the field “{field.label}”."
