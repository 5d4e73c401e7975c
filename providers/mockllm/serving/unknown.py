"""The answer to requests that nobody answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

if TYPE_CHECKING:
    from mockllm.registry import ProviderRegistry

__all__ = ["UnknownPath", "path_of"]


class UnknownPath:
    """The ASGI application for what nobody answers: it says what is close."""

    def __init__(self, registry: ProviderRegistry) -> None:
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        else:
            await self._response(scope["method"], path_of(scope))(scope, receive, send)

    def _response(self, method: str, path: str) -> Response:
        if allowed := self._registry.allowed_methods(path):
            message = f"{path} takes {', '.join(allowed)}, not {method}."
            return JSONResponse({"error": message}, 405, {"allow": ", ".join(allowed)})
        close = self._registry.close_paths(path)
        hint = f"did you mean {', '.join(close)}?" if close else "GET /providers lists what there is."
        return JSONResponse({"error": f"Nothing answers {path}; {hint}", "close": close}, 404)


def path_of(scope: Scope) -> str:
    """The path within this application, wherever it is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
