"""The lists of providers and models, in the form that the client libraries of OpenAI and Anthropic read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from mockllm.providers.base import LLMProvider
from mockllm.registry import ProviderInfo, ProviderRegistry

__all__ = ["model_entries", "model_page", "provider_entries"]

logger = logging.getLogger("mockllm")

_CREATED = datetime(2025, 1, 1, tzinfo=UTC)  # a mock model has always been there


def provider_entries(registry: ProviderRegistry) -> list[dict[str, Any]]:
    """What each provider was registered with."""
    return [_provider(info) for info in registry.providers]


def model_page(registry: ProviderRegistry, provider: Callable[[ProviderInfo], LLMProvider]) -> dict[str, Any]:
    """All models on one page."""
    data = model_entries(registry, provider)
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "has_more": False, "first_id": first, "last_id": last}


def model_entries(
    registry: ProviderRegistry, provider: Callable[[ProviderInfo], LLMProvider]
) -> list[dict[str, Any]]:
    """The models that providers were registered with, or else name; of two with one name, the first."""
    entries: dict[str, dict[str, Any]] = {}
    for info in registry.providers:
        for model in info.supported_models or _named_models(info, provider):
            entries.setdefault(model, _model(model, info.name))
    return list(entries.values())


def _provider(info: ProviderInfo) -> dict[str, Any]:
    endpoints = [asdict(endpoint) for endpoint in info.endpoints]
    return {
        "name": info.name,
        "version": info.version,
        "description": info.description,
        "endpoints": endpoints,
        "supported_models": list(info.supported_models),
        "capabilities": dict(info.capabilities),
        "config_schema": info.config_schema,
    }


def _model(model: str, provider: str) -> dict[str, Any]:
    return {
        "id": model,
        "object": "model",
        "created": int(_CREATED.timestamp()),
        "owned_by": provider,
        "type": "model",
        "display_name": model,
        "created_at": _CREATED.isoformat().replace("+00:00", "Z"),
        "lifecycle": "active",
    }


def _named_models(info: ProviderInfo, provider: Callable[[ProviderInfo], LLMProvider]) -> list[str]:
    try:
        return list(provider(info).get_supported_models())
    except Exception as error:  # noqa: BLE001 - one provider's failure must not empty the list
        logger.warning("The provider `%s` does not name its models: %r", info.name, error)
        return []
