"""The providers that are registered: who they are, and which method of which one a request is for."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from mockllm.providers.base import LLMProvider

__all__ = [
    "RESERVED",
    "Endpoint",
    "Match",
    "ProviderInfo",
    "ProviderRegistry",
    "RegistrationError",
    "register_provider",
    "registry",
]

RESERVED = ("/providers", "/models", "/v1/models", "/journal")

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_KEYS = ("path", "method", "handler")
_NAME = re.compile(r"[\w.-]+")
_VARIABLE = re.compile(r"{(\w+)(:path)?}")
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

    def is_same(self, other: ProviderInfo) -> bool:
        """Whether it is the other, perhaps from a module that was imported again."""
        return (self.name, self.target) == (other.name, other.target)


@dataclass(frozen=True)
class Match:
    """Who answers a request, and the variables of its path."""

    info: ProviderInfo
    endpoint: Endpoint
    path_params: Mapping[str, str] = field(default_factory=dict)


class ProviderRegistry:
    """Providers by name; may be changed at any time and from any thread.

    `failures` are the external providers that could not be loaded, each with the reason.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._providers: dict[str, ProviderInfo] = {}
        self._exact: dict[tuple[str, str], Match] = {}
        self._templates: list[Match] = []
        self.failures: dict[str, str] = {}

    @property
    def providers(self) -> tuple[ProviderInfo, ...]:
        return tuple(self._providers.values())

    def get(self, name: str) -> ProviderInfo | None:
        return self._providers.get(name)

    def add(self, info: ProviderInfo) -> None:
        """Register a provider, or replace it if the same class of the same module had the name before.

        Raises `RegistrationError`, and changes nothing, if another has its name or one of its endpoints.
        """
        with self._lock:
            others = {each.name: each for each in self.providers if not each.is_same(info)}
            _refuse_conflicts(info, others)
            self._set({**self._providers, info.name: info})

    def remove(self, name: str) -> None:
        """Forget a provider; one that is not there is no error."""
        with self._lock:
            self._set({key: info for key, info in self._providers.items() if key != name})

    def match(self, method: str, path: str) -> Match | None:
        """Who answers; a path without variables goes before one with, else the first registered."""
        if exact := self._exact.get((method, path)):
            return exact
        for match in self._templates:
            if match.endpoint.method == method and (found := match.endpoint.pattern.fullmatch(path)):
                return Match(match.info, match.endpoint, found.groupdict())
        return None

    def allowed_methods(self, path: str) -> list[str]:
        """The methods with which a path is known."""
        return [method for method in _METHODS if self.match(method, path)]

    def close_paths(self, path: str) -> list[str]:
        """Known paths that somebody who asked for `path` may have meant."""
        known = [endpoint.path for info in self.providers for endpoint in info.endpoints]
        return get_close_matches(path, dict.fromkeys([*known, *RESERVED]), n=5, cutoff=0.5)

    def _set(self, providers: dict[str, ProviderInfo]) -> None:
        routes = [Match(info, endpoint) for info in providers.values() for endpoint in info.endpoints]
        # Each is replaced as a whole, so `match` needs no lock.
        self._exact = {route.endpoint.key: route for route in routes if not route.endpoint.is_template}
        self._templates = [route for route in routes if route.endpoint.is_template]
        self._providers = providers


registry = ProviderRegistry()
"""The providers of `mockllm.server.app` and of `mockllm start`."""


def register_provider(
    name: str,
    version: str = "",
    description: str = "",
    endpoints: Sequence[Mapping[str, Any]] | None = None,
    supported_models: Iterable[str] = (),
    capabilities: Mapping[str, Any] | None = None,
    config_schema: Mapping[str, Any] | None = None,
    *,
    registry: ProviderRegistry = registry,
) -> Callable[[P], P]:
    """A class decorator that registers a subclass of `LLMProvider`; running servers answer for it at once.

    Each of `endpoints` has a `path`, and may have a `method` (POST) and the name of its `handler`; else the
    path tells: chat, completion or embedding. Without endpoints there is one, POST `/v1/<name>/chat`.
    `config_schema` is the JSON schema of `providers.<name>` in the responses file.
    Raises `RegistrationError` if something in it is wrong, or taken by another provider.
    """

    def register(cls: P) -> P:
        info = ProviderInfo(
            name=_checked_name(name, cls),
            cls=_checked_class(cls),
            version=version,
            description=description,
            endpoints=_endpoints(name, cls, endpoints or [{"path": f"/v1/{name}/chat"}]),
            supported_models=tuple(supported_models),
            capabilities=dict(capabilities or {}),
            config_schema=config_schema,
        )
        registry.add(info)
        cls.name, cls.info = name, info
        return cls

    return register


def _refuse_conflicts(info: ProviderInfo, others: Mapping[str, ProviderInfo]) -> None:
    if taken := others.get(info.name):
        raise RegistrationError(
            f"The provider name `{info.name}` of {info.target} is taken by {taken.target}: "
            "give one of them another name."
        )
    owners = {endpoint.key: other for other in others.values() for endpoint in other.endpoints}
    for endpoint in info.endpoints:
        if owner := owners.get(endpoint.key):
            raise RegistrationError(
                f"{endpoint.method} {endpoint.path} of the provider `{info.name}` ({info.target}) is "
                f"answered by `{owner.name}` ({owner.target}): give one of them another path."
            )


def _checked_name(name: Any, cls: type) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise RegistrationError(
            f"{cls.__qualname__}: the provider name {name!r} must consist of letters, digits and _.-"
        )
    return name


def _checked_class(cls: P) -> P:
    from mockllm.providers.base import LLMProvider

    if not (isinstance(cls, type) and issubclass(cls, LLMProvider)):
        raise RegistrationError(f"{cls!r} is no provider: derive it from mockllm.providers.base.LLMProvider.")
    return cls


def _endpoints(name: str, cls: type, endpoints: Sequence[Mapping[str, Any]]) -> tuple[Endpoint, ...]:
    found: dict[tuple[str, str], Endpoint] = {}
    for given in endpoints:
        endpoint = _endpoint(given, cls, f"The provider `{name}` ({cls.__module__}.{cls.__qualname__})")
        if endpoint.key in found:
            raise RegistrationError(f"The provider `{name}` lists {endpoint.method} {endpoint.path} twice.")
        found[endpoint.key] = endpoint
    return tuple(found.values())


def _endpoint(given: Mapping[str, Any], cls: type, who: str) -> Endpoint:
    for key in given:
        if key not in _KEYS:
            raise RegistrationError(f"{who}: an endpoint has `path`, `method` and `handler`, and no `{key}`.")
    path, method = given.get("path"), str(given.get("method", "POST")).upper()
    if not isinstance(path, str) or not path.startswith("/"):
        raise RegistrationError(f"{who}: the endpoint {dict(given)!r} needs a `path` that begins with `/`.")
    if method not in _METHODS:
        raise RegistrationError(f"{who}: {path} has the method {method!r}; known are {', '.join(_METHODS)}.")
    if (method == "GET" and path.rstrip("/") in RESERVED) or path.startswith("/journal"):
        raise RegistrationError(f"{who}: {method} {path} is the server's own; choose another path.")
    return Endpoint(path, method, _handler(given.get("handler"), path, cls, who))


def _handler(name: str | None, path: str, cls: type, who: str) -> str:
    if name is None:
        name = next((handler for word, handler in _BY_PATH.items() if word in path.lower()), None)
    if name is None:
        raise RegistrationError(
            f"{who}: {path} speaks of neither chat, completion nor embedding; "
            'name the method that answers it: {"path": …, "handler": "handle_…"}.'
        )
    if not callable(getattr(cls, name, None)):
        close = get_close_matches(name, [each for each in dir(cls) if each.startswith("handle_")], n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"write `async def {name}(self, request)`."
        raise RegistrationError(f"{who}: the class has no `{name}` to answer {path}; {hint}")
    return name
