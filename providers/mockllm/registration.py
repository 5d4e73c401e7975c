"""What a provider is registered with, checked so that it cannot break the server's own pages."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from mockllm.providers.base import LLMProvider

__all__ = [
    "METHODS",
    "RESERVED",
    "Endpoint",
    "ProviderInfo",
    "RegistrationError",
    "checked_class",
    "checked_endpoints",
    "checked_mapping",
    "checked_models",
    "checked_name",
    "is_json",
]

RESERVED = ("/providers", "/models", "/v1/models", "/journal")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

_KEYS = ("path", "method", "handler")
_NAME = re.compile(r"[\w.-]+")
_VARIABLE = re.compile(r"{([^{}:]*)(:path)?}")
# What a path without `handler` is for: the first that it contains.
_BY_PATH = {
    "chat": "handle_chat_completion",
    "complet": "handle_completion",
    "embed": "handle_embeddings",
}

P = TypeVar("P", bound="type[LLMProvider]")


class RegistrationError(ValueError):
    """A provider that cannot be registered; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Endpoint:
    """A method, a path that may hold variables (`{name}`, with slashes `{name:path}`), and who answers."""

    path: str
    method: str
    handler: str

    @property
    def key(self) -> tuple[str, str]:
        """Equal for endpoints that answer the same requests."""
        return self.method, _VARIABLE.sub(r"{\2}", self.path)

    @property
    def is_template(self) -> bool:
        return _VARIABLE.search(self.path) is not None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts = _VARIABLE.split(self.path)  # literal, name, `:path` or None, literal, …
        pattern = re.escape(parts[0])
        for name, deep, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            pattern += f"(?P<{name}>{'.+' if deep else '[^/]+'})" + re.escape(literal)
        return re.compile(pattern)


@dataclass(frozen=True)
class ProviderInfo:
    """A registered provider."""

    name: str
    cls: type[LLMProvider]
    version: str = ""
    description: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    supported_models: tuple[str, ...] = ()
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    config_schema: Mapping[str, Any] | None = None

    @property
    def target(self) -> str:
        return f"{self.cls.__module__}.{self.cls.__qualname__}"

    @property
    def place(self) -> str:
        """The class and its file: two files may have modules and classes that look alike."""
        file = getattr(sys.modules.get(self.cls.__module__), "__file__", None)
        return f"{self.target}, {file}" if file else self.target

    def is_same(self, other: ProviderInfo) -> bool:
        """Whether it is the other, perhaps from a module that was imported again."""
        return (self.name, self.target) == (other.name, other.target)


def checked_models(given: Any, who: str) -> tuple[str, ...]:
    """The names of models. Raises `RegistrationError` if they are no list or tuple of texts."""
    if not isinstance(given, list | tuple):
        raise RegistrationError(f"{who}: `supported_models` must be a list of names, not {given!r:.80}.")
    for model in given:
        if not isinstance(model, str) or not is_json(model):
            raise RegistrationError(f"{who}: `supported_models` has {model!r:.80}, which is no name.")
    return tuple(given)


def checked_mapping(given: Any, key: str, who: str) -> dict[str, Any]:
    """A mapping of JSON, such as `capabilities`. Raises `RegistrationError`."""
    if not isinstance(given, Mapping) or not is_json(dict(given)):
        raise RegistrationError(f"{who}: `{key}` must be a dictionary of what JSON knows, not {given!r:.80}.")
    return dict(given)


def is_json(value: Any) -> bool:
    """Whether it can be sent as JSON."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        return False
    return True


def checked_name(name: Any, cls: type) -> str:
    """A name that can be part of a path. Raises `RegistrationError`."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise RegistrationError(
            f"{cls.__qualname__}: the provider name {name!r} must consist of letters, digits and _.-"
        )
    return name


def checked_class(cls: P) -> P:
    """A provider's class. Raises `RegistrationError` if it is none."""
    from mockllm.providers.base import LLMProvider

    if not (isinstance(cls, type) and issubclass(cls, LLMProvider)):
        raise RegistrationError(f"{cls!r} is no provider: derive it from mockllm.providers.base.LLMProvider.")
    return cls


def checked_endpoints(name: str, cls: type, endpoints: Sequence[Mapping[str, Any]]) -> tuple[Endpoint, ...]:
    """The endpoints of a provider. Raises `RegistrationError` if something in them is wrong."""
    found: dict[tuple[str, str], Endpoint] = {}
    for given in endpoints:
        endpoint = _endpoint(given, cls, f"The provider `{name}` ({cls.__module__}.{cls.__qualname__})")
        if endpoint.key in found:
            raise RegistrationError(f"The provider `{name}` lists {endpoint.method} {endpoint.path} twice.")
        found[endpoint.key] = endpoint
    return tuple(found.values())


def _endpoint(given: Any, cls: type, who: str) -> Endpoint:
    if not isinstance(given, Mapping):
        raise RegistrationError(f"{who}: an endpoint is a dictionary with a `path`, not {given!r:.80}.")
    for key in given:
        if key not in _KEYS:
            raise RegistrationError(f"{who}: an endpoint has `path`, `method` and `handler`, and no `{key}`.")
    path, method = given.get("path"), str(given.get("method", "POST")).upper()
    if not isinstance(path, str) or not path.startswith("/"):
        raise RegistrationError(f"{who}: the endpoint {dict(given)!r} needs a `path` that begins with `/`.")
    if method not in METHODS:
        raise RegistrationError(f"{who}: {path} has the method {method!r}; known are {', '.join(METHODS)}.")
    if (method == "GET" and path.rstrip("/") in RESERVED) or path.startswith("/journal"):
        raise RegistrationError(f"{who}: {method} {path} is the server's own; choose another path.")
    _check_variables(path, who)
    return Endpoint(path, method, _handler(given.get("handler"), path, cls, who))


def _check_variables(path: str, who: str) -> None:
    names = [name for name, _ in _VARIABLE.findall(path)]
    if wrong := [name for name in names if not name.isidentifier()]:
        raise RegistrationError(
            f"{who}: the variable `{{{wrong[0]}}}` of {path} must be a name as Python has them."
        )
    if len(set(names)) < len(names):
        raise RegistrationError(f"{who}: {path} has a variable twice; give each a name of its own.")
    if set("{}") & set(_VARIABLE.sub("", path)) or not is_json(path):
        raise RegistrationError(f"{who}: {path!r} has a brace or a character that belongs to no variable.")


def _handler(name: str | None, path: str, cls: type, who: str) -> str:
    if name is None:
        name = next((handler for word, handler in _BY_PATH.items() if word in path.lower()), None)
    if name is None:
        raise RegistrationError(
            f"{who}: {path} speaks of neither chat, completion nor embedding; "
            'name the method that answers it: {"path": …, "handler": "handle_…"}.'
        )
    if not isinstance(name, str) or not callable(getattr(cls, name, None)):
        name = str(name)
        close = get_close_matches(name, [each for each in dir(cls) if each.startswith("handle_")], n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"write `async def {name}(self, request)`."
        raise RegistrationError(f"{who}: the class has no `{name}` to answer {path}; {hint}")
    return name
