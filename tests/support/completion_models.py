"""Completion models without a server: a scripted provider, and what makes the provider that asks it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from langchain_core.language_models import FakeListLLM

from jupyter_ai.completions.fetch import CompletionsFetcher
from jupyter_ai.completions.fill_in_middle import FillInMiddle
from jupyter_ai.completions.language_models import CompletionModels
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai.completions.selector import Candidate, Situation
from jupyter_ai.config.completions import CompletionSettings
from jupyter_ai.config.sources import COMPLETIONS_MODEL
from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.models import UpdateConfigRequest
from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.auth import EnvAuthStrategy
from jupyter_ai_magics.fields import TextField
from jupyter_ai_magics.network import NetworkSettings

LOG = logging.getLogger("test.completions")


class Scripted(BaseProvider, FakeListLLM):
    """Each model does what `script` says of it: answers with a text, or raises."""

    id = "scripted"
    name = "Scripted"  # type: ignore[misc]
    models = ["one", "two", "three"]  # noqa: RUF012
    fields = [TextField(key="style", label="Style")]  # noqa: RUF012
    script: ClassVar[dict[str, str | BaseException]] = {}
    asked: ClassVar[list[str]] = []  # models, in the order in which they were
    made: ClassVar[list[str]] = []
    released: ClassVar[asyncio.Event | None] = None  # what the answers wait for
    called: ClassVar[asyncio.Queue[str] | None] = None  # gets the model that is asked
    at_once: ClassVar[bool] = True

    style: str = ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(responses=[""], **kwargs)
        self.made.append(self.model_id)

    @property
    def allows_concurrency(self) -> bool:
        return self.at_once

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        item = InlineCompletionItem(insertText=await self._text())
        return InlineCompletionReply(list=InlineCompletionList(items=[item]), reply_to=request.number)

    async def stream_inline_completions(self, request: InlineCompletionRequest) -> AsyncIterator[Any]:
        begun = InlineCompletionItem(insertText="", isIncomplete=True, token="t")
        yield InlineCompletionReply(list=InlineCompletionList(items=[begun]), reply_to=request.number)
        grown = InlineCompletionItem(insertText=await self._text(), token="t")
        yield InlineCompletionStreamChunk(response=grown, reply_to=request.number, done=True)

    async def _text(self) -> str:
        self.asked.append(self.model_id)
        if self.called is not None:
            self.called.put_nowait(self.model_id)
        if self.released is not None:
            await self.released.wait()
        said = self.script.get(self.model_id, f"{self.model_id}{self.style}()")
        if isinstance(said, BaseException):
            raise said
        return said


class Keyed(Scripted):
    """Needs a key."""

    id = "keyed"
    name = "Keyed"  # type: ignore[misc]
    auth_strategy = EnvAuthStrategy(name="KEYED_API_KEY", keyword_param="keyed_api_key")

    keyed_api_key: str


class LastSelector:
    """What a deployment may set: asks the last one, and keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[Sequence[Candidate], Situation]] = []

    def select(self, candidates: Sequence[Candidate], situation: Situation) -> list[str]:
        self.told.append((candidates, situation))
        return ["nobody:m", candidates[-1].id]


class HTTPError(Exception):
    """What client libraries raise: with a response that has a status and headers."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(f"status {status}")
        self.response = Response(status, {name.replace("_", "-"): text for name, text in headers.items()})


class Response:
    def __init__(self, status_code: int, headers: Mapping[str, str]) -> None:
        self.status_code = status_code
        self.headers = headers


def request(prefix: str = "def f", number: int = 1, **fields: Any) -> InlineCompletionRequest:
    given = {"suffix": "", "mime": "text/x-python", "stream": False, **fields}
    return InlineCompletionRequest(number=number, prefix=prefix, **given)


def config(
    chosen: str | None = None, *, path: Path | None = None, network: Any = None, **options: Any
) -> ConfigManager:
    """Settings with these providers; `options` are those of `CompletionSettings`, or a `ConfigManager`'s."""
    known = {name: options.pop(name) for name in list(options) if name in CompletionSettings.__annotations__}
    manager = ConfigManager(
        LOG,
        options.pop("providers", {"scripted": Scripted, "keyed": Keyed}),
        {},
        options.pop("defaults", {}),
        completions=CompletionSettings(**known),
        network=network or NetworkSettings(),
        path=path,
        **options,
    )
    if chosen is not None:
        choose(manager, chosen)
    return manager


def choose(manager: ConfigManager, gid: str | None, **more: Any) -> None:
    manager.update_config(UpdateConfigRequest(**{COMPLETIONS_MODEL.name: gid, **more}))


def models(manager: ConfigManager) -> CompletionModels:
    return CompletionModels(log=LOG, config_manager=manager, root_dir="/", server_settings={})


def fill_in_middle(
    manager: ConfigManager, fetcher: CompletionsFetcher | None = None, model: str | None = None
) -> FillInMiddle:
    return FillInMiddle(
        model=model, fetcher=fetcher, log=LOG, config_manager=manager, root_dir="/", server_settings={}
    )


def texts(reply: InlineCompletionReply) -> list[str]:
    return [item.insertText for item in reply.list.items]
