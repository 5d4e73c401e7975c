"""Calling a provider's method with what its parameters ask for, and making a response of what it returns."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_type_hints

from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

__all__ = ["BadRequest", "call_handler", "to_response"]


class BadRequest(Exception):
    """A request that its handler cannot take; `detail` lists what is wrong in it."""

    def __init__(self, status: int, message: str, detail: list[Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail


async def call_handler(handler: Callable[..., Any], request: Request, body: Any) -> Any:
    """Await a handler, a plain function in a thread; `body` is the JSON, or what is wrong with it."""
    arguments = [each.argument(request, body) for each in _parameters(getattr(handler, "__func__", handler))]
    if inspect.iscoroutinefunction(handler):
        return await handler(*arguments)
    result = await asyncio.to_thread(handler, *arguments)
    return await result if inspect.isawaitable(result) else result


def to_response(result: Any) -> Response:
    """The response of what a handler returned; `{"error": …, "status": n}` has the status n."""
    if isinstance(result, Response):
        return result
    if isinstance(result, BaseModel):
        return Response(result.model_dump_json(by_alias=True), media_type="application/json")
    try:
        return JSONResponse(result, _status(result))
    except TypeError:  # what JSON does not know, such as a date or a model in a dictionary
        return JSONResponse(jsonable_encoder(result), _status(result))


def _status(result: Any) -> int:
    if isinstance(result, dict) and "error" in result:
        status = result.get("status")
        return status if isinstance(status, int) and 100 <= status <= 599 else 500
    return 200


@dataclass(frozen=True)
class _Parameter:
    """A parameter of a handler: the raw request, a pydantic model, or the JSON object."""

    kind: Any

    def argument(self, request: Request, body: Any) -> Any:
        if self._is(Request):
            return request
        if isinstance(body, BadRequest):
            raise body
        if self._is(BaseModel):
            return _validated(self.kind, body)
        if not isinstance(body, dict):
            raise BadRequest(400, f"The body must be a JSON object, not {json.dumps(body)[:40]}.")
        return body

    def _is(self, cls: type) -> bool:
        return isinstance(self.kind, type) and issubclass(self.kind, cls)


@lru_cache(maxsize=512)
def _parameters(function: Callable[..., Any]) -> tuple[_Parameter, ...]:
    try:
        hints = get_type_hints(function)
    except NameError:  # of a class that is only known where the method was defined
        hints = {}
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    wanted = [each for each in inspect.signature(function).parameters.values() if each.kind in positional]
    return tuple(_Parameter(hints.get(each.name)) for each in wanted if each.name != "self")


def _validated(model: type[BaseModel], body: Any) -> BaseModel:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_context=False, include_input=False)
        places = [f"{'.'.join(map(str, each['loc'])) or 'the body'}: {each['msg']}" for each in detail]
        raise BadRequest(422, f"The request is not valid: {'; '.join(places)}.", detail) from error
