"""The secrets that are known before anything is opened: the environment and a raw configuration."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from typing import Any

from traitlets import Dict, TraitError
from traitlets.config.loader import LazyConfigValue

from jupyter_ai.keys.secrets import is_secret_name

__all__ = ["SecretDict", "configured_secrets", "environment_secrets"]

_DICTIONARIES = ("default_api_keys", "network_headers", "completions_headers")
_OTHERS = ("network_proxy", "model_parameters", "completions_base_url")


class SecretDict(Dict):
    """A trait for secrets by name; its errors do not show what was given."""

    kind = "a dictionary of strings by name"

    def validate(self, obj: Any, value: Any) -> Any:
        """The value. Raises `TraitError` that tells the types only."""
        try:
            return super().validate(obj, value)
        except TraitError:
            what = f"`{type(obj).__name__}.{self.name}` is {self.kind}"
            raise TraitError(f"{what}; what was given ({_shape(value)}) is not shown.") from None


def environment_secrets(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The names of its secrets, by their values."""
    return {value: name for name in filter(is_secret_name, environ) if (value := environ[name].strip())}


def configured_secrets(config: Mapping[str, Any]) -> dict[str, str]:
    """The names of the secrets of `AiExtension`, by their values, however wrong their types may be."""
    decided = config.get("AiExtension") or {}
    found: dict[str, str] = {}
    for trait in _DICTIONARIES:
        for text, name in _strings(decided.get(trait), trait):
            # `A=key` is of a command line, `Bearer key` a header's.
            found |= dict.fromkeys((text, text.partition("=")[2], text.rpartition(" ")[2]), name)
    if others := {trait: _plain(decided[trait]) for trait in _OTHERS if trait in decided}:
        from jupyter_ai.config.hidden import secrets_in  # not at the top: with it comes pydantic

        for trait, given in others.items():
            found |= dict.fromkeys(secrets_in(trait, given), trait)
    return {value: name for value, name in found.items() if value}


def _strings(value: Any, name: str) -> Iterator[tuple[str, str]]:
    value = _plain(value)
    if isinstance(value, Mapping):
        for member, inner in value.items():
            yield from _strings(inner, str(member))
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from _strings(inner, name)
    elif isinstance(value, str):
        yield value.strip(), name
        yield from _strings(_parsed(value), name)


def _plain(value: Any) -> Any:
    return value.to_dict() if isinstance(value, LazyConfigValue) else value


def _parsed(text: str) -> Any:
    """What a command line gave as text."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return None if isinstance(value, str) else value


def _shape(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{type(value).__name__} of {', '.join(sorted({type(v).__name__ for v in value.values()}))}"
    return type(value).__name__
