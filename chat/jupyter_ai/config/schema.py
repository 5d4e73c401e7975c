"""The form of a user's settings, and how files of earlier forms become it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jupyter_ai.config.fields import is_deep

__all__ = [
    "DEFAULT_INDENTATION_DEPTH",
    "MOST_CHAT_HISTORY",
    "VERSION",
    "ReadSettings",
    "Settings",
    "UnreadableSettings",
    "dump",
    "parse",
]

VERSION = 1
DEFAULT_INDENTATION_DEPTH = 4
MOST_CHAT_HISTORY = 1000  # exchanges
_DEPTH = 32  # of lists and objects in each other
_MOST_PROBLEMS = 3  # that one message tells


class UnreadableSettings(ValueError):
    """This text holds no settings; the message says why, and repeats nothing of it."""


class Settings(BaseModel):
    """What a person chose; what is None or empty was not chosen.

    Keys that we do not know stay in the file as they are.
    """

    model_config = ConfigDict(
        extra="allow", frozen=True, hide_input_in_errors=True, protected_namespaces=(), strict=True
    )

    version: Literal[1] = 1
    changed: int = 0  # microseconds since the epoch, of our own last change
    model_provider_id: str | None = None
    embeddings_provider_id: str | None = None
    completions_model_provider_id: str | None = None
    send_with_shift_enter: bool = False
    max_chat_history: Annotated[int, Field(ge=0, le=MOST_CHAT_HISTORY)] | None = None
    fields: dict[str, dict[str, Any]] = {}
    embeddings_fields: dict[str, dict[str, Any]] = {}
    completions_fields: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True)
class ReadSettings:
    """The settings of a file, and the keys that it held, which belong elsewhere."""

    settings: Settings
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    version: int = VERSION  # as it was written

    @property
    def is_current(self) -> bool:
        """Whether writing it again would change nothing."""
        return self.version == VERSION and not self.keys


def parse(data: bytes) -> ReadSettings:
    """Read a file of any form up to this one. Raises `UnreadableSettings`."""
    content = _object(data)
    version = content.get("version", 0)
    if type(version) is not int or version < 0:
        raise UnreadableSettings("version: it is not a number")
    if version > VERSION:
        raise UnreadableSettings(f"a later version of jupyter_ai wrote it (form {version})")
    for migrate in _MIGRATIONS[version:]:
        migrate(content)
    keys = _keys(content.pop("api_keys", None))
    return ReadSettings(_validated({**content, "version": VERSION}), keys, version)


def dump(settings: Settings) -> bytes:
    """The text of a file."""
    return json.dumps(settings.model_dump(), indent=DEFAULT_INDENTATION_DEPTH).encode() + b"\n"


def _object(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableSettings(f"it is not JSON: {error.msg} at {where}") from None
    except (ValueError, RecursionError):
        raise UnreadableSettings("it is not JSON in UTF-8") from None
    if not isinstance(content, dict):
        raise UnreadableSettings("it is not a JSON object")
    _check_shown(content)
    return content


def _check_shown(content: dict[str, Any]) -> None:
    """What nobody could be sent is as bad as what cannot be read."""
    if is_deep(content, _DEPTH):
        raise UnreadableSettings("it is nested too deeply")
    try:
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise UnreadableSettings("it holds half a character, or a number that JSON does not have") from None


def _keys(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or any(not isinstance(key, str | None) for key in value.values()):
        raise UnreadableSettings("api_keys: it is not an object of strings")
    return {name: key.strip() for name, key in value.items() if key and key.strip()}


def _validated(content: dict[str, Any]) -> Settings:
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        told = [f"{'.'.join(map(str, p['loc'][:2]))}: {p['msg']}" for p in problems[:_MOST_PROBLEMS]]
        raise UnreadableSettings("; ".join(told)) from None


def _without_nulls(content: dict[str, Any]) -> None:
    """The 2.x series wrote null for whatever was not chosen, and had no version."""
    for name in [name for name in Settings.model_fields if content.get(name, "") is None]:
        del content[name]


_MIGRATIONS: tuple[Callable[[dict[str, Any]], None], ...] = (_without_nulls,)
"""Each from the form of its place in the row to the next one; keys go to the secret store from any form."""
