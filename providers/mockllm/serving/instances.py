"""The providers' instances of one server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockllm.providers.base import LLMProvider, ProviderContext
from mockllm.registry import ProviderInfo
from mockllm.serving.answers import Answers, check_provider_config

__all__ = ["Instances"]


@dataclass(frozen=True)
class _Made:
    """A provider's instance, and what it was made from."""

    info: ProviderInfo
    config: Mapping[str, Any]
    provider: LLMProvider


class Instances:
    """Makes each provider when it is first asked for."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._made: dict[str, _Made] = {}

    async def get(self, info: ProviderInfo) -> LLMProvider:
        """The instance, made anew if the class or its part of the responses file has changed.

        Raises `ResponsesError` if that part does not suit it, and whatever its constructor raises.
        """
        config = self._answers.provider_config(info.name)
        if not self._has(info, config):
            if config and info.config_schema:  # in a thread: jsonschema takes its time to be imported
                await asyncio.to_thread(check_provider_config, info, config, self._answers.source)
            if not self._has(info, config):  # another request may have made it meanwhile
                provider = info.cls(ProviderContext(self._answers, info.name))
                self._made[info.name] = _Made(info, config, provider)
        return self._made[info.name].provider

    def _has(self, info: ProviderInfo, config: Mapping[str, Any]) -> bool:
        made = self._made.get(info.name)
        return made is not None and made.info is info and made.config == config
