"""The lists of providers and models, in the form that the client libraries of OpenAI and Anthropic read."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from mockllm.providers.base import LLMProvider
from mockllm.registration import is_json
from mockllm.registry import ProviderInfo, ProviderRegistry

__all__ = ["model_entries", "model_page", "provider_entries"]

logger = logging.getLogger("mockllm")

Instance = Callable[[ProviderInfo], Awaitable[LLMProvider]]

_CREATED = datetime(2025, 1, 1, tzinfo=UTC)  # a mock model has always been there


async def provider_entries(registry: ProviderRegistry, get: Instance) -> list[dict[str, Any]]:
    """What each provider was registered with or else says of itself; `problems` tells what was left out."""
    return [await _provider(info, get) for info in registry.providers]


async def model_page(registry: ProviderRegistry, get: Instance) -> dict[str, Any]:
    """All models on one page."""
    data = await model_entries(registry, get)
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "has_more": False, "first_id": first, "last_id": last}


async def model_entries(registry: ProviderRegistry, get: Instance) -> list[dict[str, Any]]:
    """The models that providers were registered with, or else name; of two with one name, the first."""
    entries: dict[str, dict[str, Any]] = {}
    for info in registry.providers:
        models, _ = await _models(info, get)
        for model in models:
            entries.setdefault(model, _model(model, info.name))
    return list(entries.values())


async def _provider(info: ProviderInfo, get: Instance) -> dict[str, Any]:
    endpoints = [asdict(endpoint) for endpoint in info.endpoints]
    models, wrong_models = await _models(info, get)
    capabilities, wrong_capabilities = await _capabilities(info, get)
    return {
        "name": info.name,
        "version": info.version,
        "description": info.description,
        "endpoints": endpoints,
        "supported_models": models,
        "capabilities": capabilities,
        "config_schema": info.config_schema,
        "problems": list(dict.fromkeys([*wrong_models, *wrong_capabilities])),
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


async def _models(info: ProviderInfo, get: Instance) -> tuple[list[str], list[str]]:
    """The names of its models, and what is wrong with others."""
    if info.supported_models:
        return list(info.supported_models), []
    given, problems = await _said(info, get, "get_supported_models", list | tuple | set | frozenset)
    models = [each for each in given or () if isinstance(each, str) and is_json(each)]
    wrong = [f"get_supported_models: {each!r:.80} is no name." for each in given or () if each not in models]
    return models, [*problems, *wrong]


async def _capabilities(info: ProviderInfo, get: Instance) -> tuple[dict[str, Any], list[str]]:
    """What it can do, and what is wrong with the rest."""
    if info.capabilities:
        return dict(info.capabilities), []
    given, problems = await _said(info, get, "get_capabilities", Mapping)
    items = dict(given or {})
    wrong = [key for key, value in items.items() if not isinstance(key, str) or not is_json({key: value})]
    told = [f"get_capabilities: {key!r:.80} is not what JSON knows." for key in wrong]
    return {key: value for key, value in items.items() if key not in wrong}, [*problems, *told]


async def _said(info: ProviderInfo, get: Instance, method: str, kind: Any) -> tuple[Any, list[str]]:
    """What a method returns, None if it is not of the kind or raises; and what is wrong with it."""
    try:
        given = getattr(await get(info), method)()
        if isinstance(given, kind):
            return given, []
        problem = f"{method} returned a {type(given).__name__}."
    except Exception as error:  # noqa: BLE001 - one provider's failure must not empty the list
        logger.warning("The provider `%s` fails in `%s`: %r", info.name, method, error)
        problem = f"{type(error).__name__}: {error}"
    return None, [problem]
