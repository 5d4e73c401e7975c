"""What a class must have to be registered as a provider."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from typing import Any

from jupyter_ai_magics.auth import AwsAuthStrategy, EnvAuthStrategy, MultiEnvAuthStrategy
from jupyter_ai_magics.base_provider import BaseProvider, ProviderModel
from jupyter_ai_magics.fields import IntegerField, MultilineTextField, TextField

__all__ = ["embeddings_provider_problems", "provider_problems"]

_STRATEGIES = (AwsAuthStrategy, EnvAuthStrategy, MultiEnvAuthStrategy)
_FIELDS = (IntegerField, MultilineTextField, TextField)


def provider_problems(cls: type) -> list[str]:
    """What keeps `cls` from being a model provider, each with what to do about it."""
    if not issubclass(cls, BaseProvider):
        return ["it is no subclass of `jupyter_ai_magics.BaseProvider`: derive it from that class"]
    return _problems(cls)


def embeddings_provider_problems(cls: type) -> list[str]:
    """What keeps `cls` from being an embeddings provider, likewise."""
    # One class of the 2.x series mixes the base of model providers with an embedding model.
    if not issubclass(cls, ProviderModel):
        return ["it is no subclass of `jupyter_ai_magics.BaseEmbeddingsProvider`: derive it from that class"]
    return _problems(cls) + _wrong(cls, "model_id_key", _is_text, "the keyword for the model, a string")


def _problems(cls: type) -> list[str]:
    return [
        *_wrong(cls, "id", _is_id, "a string without colons and white space"),
        *_wrong(cls, "name", _is_text, "a string that is not empty"),
        *_wrong(cls, "models", lambda value: _is_list(value, str), "a list of strings"),
        *_wrong(cls, "fields", lambda value: _is_list(value, _FIELDS), f"a list of {_named(_FIELDS)}"),
        *_wrong(cls, "auth_strategy", _is_strategy, f"None, or an instance of {_named(_STRATEGIES)}"),
    ]


def _wrong(cls: Any, name: str, is_right: Callable[[Any], bool], what: str) -> list[str]:
    value = getattr(cls, name, None)
    if is_right(value):
        return []
    if value is None and name not in ("fields", "auth_strategy"):
        return [f"`{name}` is missing: add `{name} = …`, {what}, to the class"]
    return [f"`{name}` is {reprlib.repr(value)}: make it {what}"]


def _is_id(value: Any) -> bool:
    is_plain = isinstance(value, str) and value.isprintable()
    return is_plain and bool(value) and not any(c == ":" or c.isspace() for c in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_list(value: Any, of: type | tuple[type, ...]) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, of) for each in value)


def _is_strategy(value: Any) -> bool:
    return value is None or isinstance(value, _STRATEGIES)


def _named(classes: tuple[type, ...]) -> str:
    *most, last = (f"`{cls.__name__}`" for cls in classes)
    return f"{', '.join(most)} or {last}"
