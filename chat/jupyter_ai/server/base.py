"""What the REST and WebSocket handlers have in common: authorization, errors as JSON, the engine."""

from __future__ import annotations

import functools
import json
from asyncio import Future
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from jupyter_ai.errors import JupyterAIError
from jupyter_ai.keys.redaction import redact, redact_json
from jupyter_ai_magics.failures import contained

if TYPE_CHECKING:
    from pydantic import BaseModel

    from jupyter_ai.engine.chat import Chat
    from jupyter_ai.engine.engine import Engine
    from jupyter_ai.server.host import EngineHost

__all__ = ["AUTH_RESOURCE", "HOST_KEY", "AiHandler", "answers", "authorize", "host_of", "refuse"]

AUTH_RESOURCE = "jupyter_ai"
"""What an authorizer is asked about, for all that is ours."""

HOST_KEY = "jai_engine_host"
"""The key of the server's settings under which the handlers find the engine's host."""

M = TypeVar("M", bound="BaseModel")
Verb = Callable[..., Awaitable[None]]


def host_of(handler: JupyterHandler) -> EngineHost:
    """The host of the engine that this handler serves."""
    host: EngineHost = handler.settings[HOST_KEY]
    return host


async def authorize(handler: JupyterHandler, action: str) -> None:
    """Raise HTTP error 403 unless the user may do `action` ("read", "write" or "execute") here."""
    user = handler.current_user
    if user is not None:
        allowed = handler.authorizer.is_authorized(handler, user, action, AUTH_RESOURCE)
        if await ensure_async(allowed):
            return
    raise web.HTTPError(403, f"You may not {action} {AUTH_RESOURCE}.")


def refuse(handler: JupyterHandler, error: Exception) -> None:
    """Finish a request with an error of ours (or of the store's) as JSON."""
    handler.set_status(getattr(error, "status", 503))
    handler.set_header("Content-Type", "application/json")
    body = {"message": redact(str(error)), "code": getattr(error, "code", "unavailable")}
    handler.finish(json.dumps(body))


def answers(method: Verb) -> Verb:
    """Answer the errors of ours that a verb raises with their status, and JSON that says what is wrong."""

    @functools.wraps(method)
    async def inner(self: AiHandler, *args: Any, **kwargs: Any) -> None:
        from jupyter_ai.engine.store import StoreError

        try:
            await contained(method, self, *args, **kwargs)  # plug-ins are asked in many a verb
        except (JupyterAIError, StoreError) as e:
            refuse(self, e)

    return inner


class AiHandler(APIHandler):
    """A REST route of ours."""

    auth_resource = AUTH_RESOURCE

    @property
    def host(self) -> EngineHost:
        """The host of the engine."""
        return host_of(self)

    @property
    def owner(self) -> str:
        """Whose chats this request is about."""
        from jupyter_ai.auth.owner import owner_of

        return owner_of(self)

    async def engine(self) -> Engine:
        """The engine, as soon as it is ready."""
        return await self.host.ready()

    async def chat(self) -> Chat:
        """The chat that the query parameter `chat` names, or one's default one. Raises `ChatNotFound`."""
        engine = await self.engine()
        chat_id = self.get_query_argument("chat", "")
        return await (engine.chat(chat_id, self.owner) if chat_id else engine.default_chat(self.owner))

    def body(self, model: type[M]) -> M:
        """The body as `model`. Raises `InvalidBody`."""
        from jupyter_ai.server.intake import parse_body

        return parse_body(self.request.body, model, self.host.options.max_frame_bytes)

    def send(self, model: BaseModel) -> None:
        """Finish with a model."""
        self.finish(model.model_dump_json())

    def send_json(self, data: Any) -> None:
        """Finish with what JSON can hold, without keys; `str` tells the rest."""
        self.finish(redact_json(json.dumps(data, default=str)))

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None, **kwargs: Any) -> Future[None]:
        """Finish with this; an error is told without the keys that its message or traceback may quote."""
        if isinstance(chunk, str) and self.get_status() >= 400:
            chunk = redact_json(chunk)
        answer: Future[None] = super().finish(chunk, **kwargs)
        return answer
