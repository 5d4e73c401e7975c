"""Ollama's API."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Any

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from mockllm.providers.api import ApiProvider, Talk
from mockllm.registry import register_provider
from mockllm.wire.checks import required_text
from mockllm.wire.frames import now
from mockllm.wire.ollama_chat import (
    FORMS,
    MALFORMED,
    Form,
    is_load,
    load_body,
    ollama_body,
    ollama_steps,
)
from mockllm.wire.ollama_embed import embed_body, legacy_embed_body

__all__ = ["TALKS", "OllamaProvider"]

_VERSION = "0.12.0"  # of Ollama, whose API this is
_GIGABYTE = 1_000_000_000


TALKS: dict[Form, Talk] = {
    form: Talk.single(
        read, partial(ollama_body, form=form), partial(ollama_steps, form=form), MALFORMED[form]
    )
    for form, read in FORMS.items()
}


@register_provider(
    name="ollama",
    version="1",
    description="Ollama: chat, generate, embed, and what models there are",
    endpoints=[
        {"path": "/api/chat", "handler": "handle_chat"},
        {"path": "/api/generate", "handler": "handle_generate"},
        {"path": "/api/embed", "handler": "handle_embed"},
        {"path": "/api/embeddings", "handler": "handle_legacy_embed"},
        {"path": "/api/show", "handler": "handle_show"},
        {"path": "/api/tags", "method": "GET", "handler": "handle_tags"},
        {"path": "/api/ps", "method": "GET", "handler": "handle_ps"},
        {"path": "/api/version", "method": "GET", "handler": "handle_version"},
    ],
    supported_models=["llama3.2:latest", "qwen3:latest", "nomic-embed-text:latest"],
    capabilities={"streaming": True, "tools": True, "structured_output": True, "embeddings": True},
    config_schema={
        "type": "object",
        "properties": {"models": {"type": "array", "items": {"type": "string", "minLength": 1}}},
        "additionalProperties": False,
    },
)
class OllamaProvider(ApiProvider):
    """What Ollama's clients expect of `http://localhost:11434`.

    `providers.ollama.models` in the responses file names the models that it lists; it answers for any.
    """

    stream_type = "application/x-ndjson"

    def get_supported_models(self) -> list[str]:
        named: list[str] = self.config.provider_config.get("models", super().get_supported_models())
        return named

    async def handle_chat(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return await self._say(request, http, "chat")

    async def handle_generate(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return await self._say(request, http, "generate")

    async def handle_embed(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return self.tell(http, lambda: embed_body(request))

    async def handle_legacy_embed(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return self.tell(http, lambda: legacy_embed_body(request))

    async def handle_show(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return self.tell(http, lambda: _shown(request.get("name") or required_text(request, "model")))

    async def handle_tags(self, http: HTTPRequest) -> Response:
        return self.tell(http, lambda: {"models": [_listed(name) for name in self.get_supported_models()]})

    async def handle_ps(self, http: HTTPRequest) -> Response:
        return self.tell(http, lambda: {"models": []})

    async def handle_version(self, http: HTTPRequest) -> Response:
        return self.tell(http, lambda: {"version": _VERSION})

    def error_details(self, status: int, message: str, param: str | None) -> dict[str, Any]:
        return {"error": message}

    async def _say(self, request: dict[str, Any], http: HTTPRequest, form: Form) -> Response:
        if is_load(request, form):
            return self.tell(http, lambda: load_body(request, form))
        return await self.talk(request, http, TALKS[form])


def _details() -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": "mock",
        "families": ["mock"],
        "parameter_size": "0B",
        "quantization_level": "Q4_0",
    }


def _listed(name: str) -> dict[str, Any]:
    digest = sha256(name.encode()).hexdigest()
    size = {"size": _GIGABYTE, "digest": digest, "modified_at": now()}
    return {"name": name, "model": name, **size, "details": _details()}


def _shown(name: str) -> dict[str, Any]:
    return {
        "modelfile": f"FROM {name}\n",
        "parameters": "",
        "template": "{{ .Prompt }}",
        "details": _details(),
        "model_info": {"general.architecture": "mock", "mock.context_length": 8192},
        "capabilities": ["completion", "tools", "insert", "vision", "embedding"],
        "modified_at": now(),
    }
