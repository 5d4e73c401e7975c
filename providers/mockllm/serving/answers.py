"""The answers that a server gives at present, and where they come from."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockllm.config import ResponsesConfig, ResponsesError, parse_responses
from mockllm.live import LiveResponses
from mockllm.registry import ProviderInfo, ProviderRegistry
from mockllm.responder import Responder
from mockllm.wording import sentence

__all__ = ["Answers", "check_provider_config", "default_responses", "responses_path"]

_CHECK_EVERY = 0.2  # seconds

_BUILT_IN = """\
responses:
  hello: Hello! I am a mock model; what I say is in a responses file.
defaults:
  unknown_response: >-
    This is a mock server without a responses file. Write one, and start the server with
    `mockllm start --responses FILE`.
"""


class Answers:
    """The responder of a file as it is now, or of what `use` was given last.

    `current` never touches the file; `refresh` looks whether it has changed, in a thread.
    """

    def __init__(self, live: LiveResponses, registry: ProviderRegistry, *, reload: bool = True) -> None:
        self._registry = registry
        self._reload = reload
        self.use(live)

    def use(self, live: LiveResponses) -> None:
        """Answer from these. Raises `ResponsesError`, and changes nothing, if they do not suit a provider."""
        live.check_with(self._check)
        self.live = live
        self.current: Responder = live.current
        self._checked = time.monotonic()

    @property
    def source(self) -> str:
        """What errors call the file."""
        return self.live.source

    def provider_config(self, name: str) -> Mapping[str, Any]:
        return self.current.responses.provider_config.get(name, {})

    async def refresh(self) -> None:
        """Read the file again if it has changed; looks every 0.2 s at most."""
        live, now = self.live, time.monotonic()
        if not self._reload or live.path is None or now - self._checked < _CHECK_EVERY:
            return
        self._checked = now
        current = await asyncio.to_thread(lambda: live.current)
        if live is self.live:
            self.current = current

    def _check(self, responses: ResponsesConfig, source: str) -> None:
        for info in self._registry.providers:
            check_provider_config(info, responses.provider_config.get(info.name, {}), source)


def responses_path() -> Path | None:
    """MOCKLLM_RESPONSES in the environment, else responses.yml or responses.yaml where we are, else None."""
    if named := os.environ.get("MOCKLLM_RESPONSES"):
        return Path(named).expanduser()
    here = (Path("responses.yml"), Path("responses.yaml"))
    return next((path for path in here if path.is_file()), None)


def default_responses() -> ResponsesConfig:
    """The answers of a server that was given none."""
    return parse_responses(_BUILT_IN, source="<built-in>")


def check_provider_config(info: ProviderInfo, config: Mapping[str, Any], source: str) -> None:
    """Raise `ResponsesError` if `providers.<name>` is not what the provider's `config_schema` asks for."""
    if info.config_schema is None or not config:
        return
    from jsonschema.validators import validator_for

    try:
        validator = validator_for(info.config_schema)
        validator.check_schema(info.config_schema)
        wrong = next(validator(info.config_schema).iter_errors(dict(config)), None)
    except Exception as error:  # a schema may fail in many ways: an unknown $ref, a wrong regex, no end
        problem = f"{source}: `providers.{info.name}` cannot be checked: the config_schema of the provider"
        raise ResponsesError(
            sentence(f"{problem} `{info.name}` ({info.target}) is wrong: {_said(error)}")
        ) from error
    if wrong is not None:
        key = ".".join(map(str, ["providers", info.name, *wrong.absolute_path]))
        raise ResponsesError(
            sentence(f"{source}: `{key}` does not suit the provider `{info.name}`: {wrong.message}")
        )


def _said(error: Exception) -> str:
    return str(getattr(error, "message", "")) or f"{type(error).__name__}: {error}"
