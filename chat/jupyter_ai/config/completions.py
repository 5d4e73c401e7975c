"""What the administrator decided about completing code, and the ids that name no model of a provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["AUTO", "ENDPOINT", "ENDPOINT_KEY", "SERVERS_CHOICE", "CompletionSettings", "is_of_endpoint"]

AUTO = "auto"
"""Stands for a completion model that is chosen anew for each request."""

ENDPOINT = "endpoint"
"""The provider in the ids of the models of the deployment's own endpoint."""

SERVERS_CHOICE = f"{ENDPOINT}:default"
"""The model of that endpoint which it chooses by itself: no model is named to it."""

ENDPOINT_KEY = "JUPYTER_AI_COMPLETIONS_API_KEY"
"""The name of the key that is sent to it."""


@dataclass(frozen=True)
class CompletionSettings:
    """The traits of `AiExtension` that are about completing code."""

    base_url: str = ""  # of the endpoint, up to and without `/completions`; "" for none
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # sent with each request to it
    endpoint_models: Sequence[str] = ()  # names that it knows; none: it chooses
    candidates: Sequence[str] | None = None  # of `auto`
    selector: Any = None  # a dotted name, a class or an instance
    fetcher: Any = None  # likewise
    tiers: Mapping[str, str] = field(default_factory=dict)  # of users, by their names
    experiment: str = ""  # the name of what users are divided into groups for

    def of_endpoint(self) -> list[str]:
        """The global ids of the endpoint's models; none if there is no endpoint."""
        if not self.base_url:
            return []
        return [f"{ENDPOINT}:{model}" for model in self.endpoint_models] or [SERVERS_CHOICE]

    def why_not(self, gid: str) -> str | None:
        """Why a model of the endpoint cannot be asked; None if it can."""
        if not self.base_url:
            return "it is of the deployment's endpoint, and AiExtension.completions_base_url is not set."
        if gid != SERVERS_CHOICE and gid not in self.of_endpoint():
            return "the administrator does not name it in AiExtension.completions_endpoint_models."
        return None


def is_of_endpoint(gid: str) -> bool:
    """Whether a global id is that of a model of the deployment's endpoint."""
    return gid.startswith(f"{ENDPOINT}:")
