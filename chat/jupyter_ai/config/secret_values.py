"""Secrets that are no API keys: in headers, in addresses, and in the parameters of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_ai.config.file import Snapshot
from jupyter_ai.config.hidden import secrets_in
from jupyter_ai.config.sources import MODEL_SETTINGS, Sources
from jupyter_ai_magics.network import NetworkSettings

__all__ = ["SecretValues"]

_VARIABLES = ("JUPYTER_AI_HEADERS", "JUPYTER_AI_PROXY")
Parameters = Mapping[str, Mapping[str, Any]]


class SecretValues:
    """Those of one server; looked for again when the settings or the environment have changed."""

    def __init__(
        self,
        sources: Sources,
        parameters: Parameters,
        network: NetworkSettings,
        headers: Mapping[str, str] | None = None,  # of the endpoint that completes code
    ) -> None:
        self._sources = sources
        self._parameters = parameters
        self._network = network
        self._headers = headers or {}
        self._state: Any = None  # what `_found` was made from
        self._found: dict[str, str] = {}

    def now(self) -> dict[str, str]:
        """The name of what each belongs to, by value."""
        snapshot = self._sources.read()
        said = {name: self._sources.environ.get(name) for name in _VARIABLES}
        if self._state is None or self._state[0] is not snapshot or self._state[1] != said:
            found = {value: name for name, value in self._find(snapshot, said) if value.strip()}
            self._state, self._found = (snapshot, said), found
        return self._found

    def _find(self, snapshot: Snapshot, said: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
        for variable, text in said.items():
            yield from ((variable, value) for value in secrets_in(variable, text))
        for name in ("headers", "proxy"):
            found = secrets_in(name, getattr(self._network, name))
            yield from ((f"network_{name}", value) for value in found)
        yield from (
            ("completions_headers", value) for value in secrets_in("completions_headers", self._headers)
        )
        for setting in MODEL_SETTINGS:
            yield from _of_models(self._sources.defaults.get(setting.fields) or {})
            yield from _of_models(getattr(snapshot.settings, setting.fields))
        yield from _of_models(self._parameters)


def _of_models(values: Parameters) -> Iterator[tuple[str, str]]:
    for parameters in values.values():
        for name, value in parameters.items():
            yield from ((name, found) for found in secrets_in(name, value))
