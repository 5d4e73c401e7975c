"""OpenAI's API, and Azure's form of it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from mockllm.providers.api import ApiProvider, Talk
from mockllm.registry import register_provider
from mockllm.wire import openai_chat, openai_completions, openai_response_events, openai_responses
from mockllm.wire.openai_embeddings import embeddings_body

__all__ = ["CHAT", "RESPONSES", "TEXT", "OpenAIProvider"]

CHAT = Talk.single(
    openai_chat.read_chat, openai_chat.chat_body, openai_chat.chat_steps, openai_chat.MALFORMED
)
RESPONSES = Talk.single(
    openai_responses.read_response,
    openai_responses.response_body,
    openai_response_events.response_steps,
    openai_response_events.MALFORMED,
)
TEXT = Talk(
    openai_completions.read_completions,
    openai_completions.completion_body,
    openai_completions.completion_steps,
    openai_completions.MALFORMED,
)
_HANDLERS = {
    "chat/completions": "handle_chat",
    "completions": "handle_text",
    "embeddings": "handle_vectors",
    "responses": "handle_responses",
}
_KINDS = {  # of an error, by its status: type and code
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "no_match"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}


@register_provider(
    name="openai",
    version="1",
    description="OpenAI: chat completions, completions, responses, embeddings; also under Azure's paths",
    endpoints=[
        {"path": f"{root}/{path}", "handler": handler}
        for root in ("/v1", "/openai/v1", "/openai/deployments/{deployment}")
        for path, handler in _HANDLERS.items()
    ],
    supported_models=["gpt-4o", "gpt-4o-mini", "gpt-3.5-turbo-instruct", "text-embedding-3-small"],
    capabilities={"streaming": True, "tools": True, "structured_output": True, "embeddings": True},
)
class OpenAIProvider(ApiProvider):
    """What OpenAI's clients expect of `https://api.openai.com/v1`, and Azure's of their deployments."""

    async def handle_chat(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return await self.talk(_with_deployment(request, http), http, CHAT)

    async def handle_responses(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return await self.talk(_with_deployment(request, http), http, RESPONSES)

    async def handle_text(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return await self.talk(_with_deployment(request, http), http, TEXT)

    async def handle_vectors(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return self.tell(http, lambda: embeddings_body(_with_deployment(request, http)))

    def error_details(self, status: int, message: str, param: str | None) -> dict[str, Any]:
        kind, code = _KINDS.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))
        return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _with_deployment(request: dict[str, Any], http: HTTPRequest) -> dict[str, Any]:
    """On Azure the path may name the model."""
    deployment = http.path_params.get("deployment")
    return {**request, "model": deployment} if deployment and not request.get("model") else request
