"""Requests that mean a route without being quite the one that it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockllm.serving.unknown import path_of

if TYPE_CHECKING:
    from mockllm.registry import ProviderRegistry

__all__ = ["LenientPaths"]


class LenientPaths:
    """ASGI middleware: HEAD is answered as GET without the body, and `/path/` as `/path`.

    A path that a provider of the registry has as it stands goes before the one without the slash.
    """

    def __init__(self, app: ASGIApp, registry: ProviderRegistry) -> None:
        self._app = app
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["method"] == "HEAD":
                scope, send = {**scope, "method": "GET"}, _without_body(send)
            path = path_of(scope)
            if path.endswith("/") and path.strip("/") and not self._registry.match(scope["method"], path):
                scope = {**scope, "path": scope["path"].rstrip("/")}
        await self._app(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head
