"""The providers that are registered: who they are, and which method of which one a request is for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from mockllm.registration import (
    METHODS,
    RESERVED,
    Endpoint,
    ProviderInfo,
    RegistrationError,
    checked_class,
    checked_endpoints,
    checked_mapping,
    checked_models,
    checked_name,
)

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

P = TypeVar("P", bound="type[LLMProvider]")


@dataclass(frozen=True)
class Match:
    """Who answers a request, and the variables of its path."""

    info: ProviderInfo
    endpoint: Endpoint
    path_params: Mapping[str, str] = field(default_factory=dict)


class ProviderRegistry:
    """Providers by name; may be changed at any time and from any thread.

    `failures` are the external providers that could not be loaded, by distribution and name, each with the
    reason.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._providers: dict[str, ProviderInfo] = {}
        self._exact: dict[tuple[str, str], Match] = {}
        self._templates: list[Match] = []
        self.failures: dict[tuple[str, str], str] = {}

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
        return [method for method in METHODS if self.match(method, path)]

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
    supported_models: Sequence[str] = (),
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
        who, schema = f"The provider `{name}`", config_schema
        info = ProviderInfo(
            name=checked_name(name, cls),
            cls=checked_class(cls),
            version=str(version),
            description=str(description),
            endpoints=checked_endpoints(name, cls, endpoints or [{"path": f"/v1/{name}/chat"}]),
            supported_models=checked_models(supported_models, who),
            capabilities=checked_mapping(capabilities or {}, "capabilities", who),
            config_schema=None if schema is None else checked_mapping(schema, "config_schema", who),
        )
        registry.add(info)
        cls.name, cls.info = name, info
        return cls

    return register


def _refuse_conflicts(info: ProviderInfo, others: Mapping[str, ProviderInfo]) -> None:
    if taken := others.get(info.name):
        raise RegistrationError(
            f"The provider name `{info.name}` of {info.place} is taken by {taken.place}: "
            "give one of them another name."
        )
    owners = {endpoint.key: other for other in others.values() for endpoint in other.endpoints}
    for endpoint in info.endpoints:
        if owner := owners.get(endpoint.key):
            raise RegistrationError(
                f"{endpoint.method} {endpoint.path} of the provider `{info.name}` ({info.place}) is "
                f"answered by `{owner.name}` ({owner.place}): give one of them another path."
            )
