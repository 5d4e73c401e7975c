"""Anthropic's API."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from mockllm.providers.api import ApiProvider, Talk
from mockllm.registry import register_provider
from mockllm.wire.anthropic_messages import MALFORMED, message_body, message_steps, read_messages
from mockllm.wire.frames import new_id

__all__ = ["MESSAGES", "AnthropicProvider"]

MESSAGES = Talk.single(read_messages, message_body, message_steps, MALFORMED)
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


@register_provider(
    name="anthropic",
    version="1",
    description="Anthropic: messages and their tokens",
    endpoints=[
        {"path": "/v1/messages", "handler": "handle_messages"},
        {"path": "/v1/messages/count_tokens", "handler": "handle_count_tokens"},
    ],
    supported_models=["claude-sonnet-4-5", "claude-haiku-4-5"],
    capabilities={"streaming": True, "tools": True, "structured_output": True, "embeddings": False},
)
class AnthropicProvider(ApiProvider):
    """What Anthropic's clients expect of `https://api.anthropic.com`."""

    request_id_header = "request-id"

    async def handle_messages(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return await self.talk(request, http, MESSAGES)

    async def handle_count_tokens(self, request: dict[str, Any], http: HTTPRequest) -> Response:
        return self.tell(http, lambda: {"input_tokens": read_messages(request, counting=True).tokens})

    def error_details(self, status: int, message: str, param: str | None) -> dict[str, Any]:
        kind = _KINDS.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": new_id("req_")}
