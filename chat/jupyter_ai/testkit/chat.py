"""A chat in memory for tests: the real engine, without a server, a thread or a disk."""

from __future__ import annotations

import asyncio
import json
import logging
from abc import ABCMeta
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.engine.chat import Chat
from jupyter_ai.engine.engine import Engine, EngineOptions
from jupyter_ai.engine.run import Run
from jupyter_ai.engine.store import Store
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.models import (
    AgentChatMessage,
    AgentStreamChunkMessage,
    AgentStreamMessage,
    Attachment,
    ChatClient,
    ChatMessage,
    ChatRequest,
    Message,
    Selection,
)
from jupyter_ai.options import list_options
from jupyter_ai.plugins import (
    CHAT_HANDLERS,
    CONTEXT_PROVIDERS,
    GROUPS,
    PERSONAS,
    PluginRegistry,
    builtin_class,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseLanguageModel

__all__ = ["MakeChat", "Reply", "TestChat", "configure", "register"]

_BUILTINS = (
    *(
        (CHAT_HANDLERS, name)
        for name in ("default", "help", "clear", "model", "personas", "refresh_personas")
    ),
    (PERSONAS, "jupyternaut"),
    *(
        (CONTEXT_PROVIDERS, name)
        for name in ("file", "cell", "selection", "error", "notebook", "chat", "url")
    ),
)


class MakeChat(Protocol):
    """The type of the fixture `make_chat`."""

    def __call__(
        self,
        *,
        handlers: Sequence[type] = ...,
        model: BaseLanguageModel[Any] | type | None = ...,
        personas: Sequence[type] = ...,
        context_providers: Sequence[type] = ...,
        model_parameters: Mapping[str, dict[str, Any]] = ...,
        root_dir: str = ...,
        threads: bool = ...,
    ) -> TestChat: ...


@dataclass
class Reply:
    """What came of one prompt."""

    messages: list[AgentChatMessage | AgentStreamMessage] = field(default_factory=list)
    """All replies, in order; streams whole."""

    chunks: list[str] = field(default_factory=list)
    """The text of each chunk, as the handler sent it."""

    pending: list[str] = field(default_factory=list)
    """The texts of the pending messages that were shown."""

    state: str = ""
    """How the run ended: "done", "stopped" or "failed"."""

    @property
    def text(self) -> str:
        """The replies' text, joined by blank lines."""
        return "\n\n".join(message.body for message in self.messages)

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of the last reply."""
        return self.messages[-1].metadata if self.messages else {}


class TestChat:
    """A chat with these plug-ins (and built-in ones that they do not replace), answered by `model`.

    `model` is a LangChain model, such as `FakeModel`, or a provider class; without one, the offline model.
    `threads`: synchronous models and tools run on threads of their own, and whoever blocks the event loop
    is named, as on a server. Raises ValueError for a handler that would not load, with the reason.
    """

    __test__ = False  # not a test class, whatever its name begins with

    def __init__(
        self,
        *,
        handlers: Sequence[type] = (),
        model: BaseLanguageModel[Any] | type | None = None,
        personas: Sequence[type] = (),
        context_providers: Sequence[type] = (),
        model_parameters: Mapping[str, dict[str, Any]] | None = None,
        root_dir: str = ".",
        threads: bool = False,
    ) -> None:
        self.model = model
        self.log = logging.getLogger("jupyter_ai.testing")
        self._registry = register(handlers, context_providers, self.log, personas)
        self._options = EngineOptions(
            root_dir=root_dir, model_parameters=dict(model_parameters or {}), greet=False, threads=threads
        )
        self._tap = _Tap()
        self._engine: Engine | None = None
        self._chat: Chat | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.frames: list[dict[str, Any]] = []  # what a client of this chat was sent

    async def send(
        self,
        prompt: str,
        *,
        selection: Selection | None = None,
        notebook: str | None = None,
        attachments: Sequence[Attachment] = (),
        user: str = "",
    ) -> Reply:
        """Send a prompt and return the reply when the run is over; `notebook` is the path of an open one.

        `attachments` are of `jupyter_ai.models`: `FileAttachment(value="a.py")`. Cancelling it stops the run.
        For what happens meanwhile, run it in a task of your own.
        """
        chat = await self.open()
        request = ChatRequest(
            prompt=prompt, selection=selection, notebook=notebook, attachments=list(attachments)
        )
        run = chat.submit(request, _CLIENT, user)
        reply = self._tap.replies[run.id] = Reply()
        try:
            await run.wait()
        except asyncio.CancelledError:
            run.stop()
            raise
        return self._finished(chat, run, reply)

    async def stop(self) -> None:
        """Stop every run, as the user does, and return when they are over."""
        chat = await self.open()
        runs = list(chat.runs.values())
        for user in {run.user for run in runs}:
            chat.stop(user)
        for run in runs:
            await run.wait()

    async def clear(self) -> None:
        """Forget everything, as the user does."""
        (await self.open()).clear()

    async def complete(self, partial: str) -> list[str]:
        """What the beginning of a command, a name or an argument may become: `/h`, `@Ad`, `@file:src/`."""
        return [option.label for option in await list_options(await self.open(), partial)]

    @property
    def messages(self) -> list[ChatMessage]:
        """What was said so far, streams as far as they are."""
        return list(self._chat.log) if self._chat is not None else []

    @property
    def handlers(self) -> Mapping[str, Any]:
        """The chat's handler instances by routing key ("default", "/word"), once a message was sent."""
        return self._chat.handlers if self._chat is not None else {}

    async def open(self) -> Chat:
        """The engine's chat; `send` opens it as well."""
        if self._chat is None:
            self._loop = asyncio.get_running_loop()
            self._engine = Engine(
                plugins=self._registry,
                config_manager=configure(self.model, self.log),
                store=Store(None),
                log=self.log,
                options=self._options,
            )
            await self._engine.start()
            self._chat = await self._engine.default_chat()
            self._tap.chat = self._chat
            self._chat.root_chat_handlers["chat"] = self._tap
            self._chat.subscribe(Subscriber("test", self._receive, lambda: None))
        return self._chat

    async def aclose(self) -> None:
        """Stop everything."""
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await engine.aclose()

    def close(self) -> None:
        """Stop everything, from outside of the loop; the fixture calls it."""
        if self._engine is None or self._loop is None or self._loop.is_closed():
            return
        if not self._loop.is_running():
            self._loop.run_until_complete(self.aclose())

    async def _receive(self, frame: bytes) -> None:
        self.frames.append(json.loads(frame))

    def _finished(self, chat: Chat, run: Run, reply: Reply) -> Reply:
        replies = [m for m in chat.log if isinstance(m, AgentChatMessage | AgentStreamMessage)]
        reply.messages = [m for m in replies if m.reply_to == run.id or m.id in self._tap.unaddressed]
        self._tap.unaddressed.clear()
        reply.state = run.state
        return reply


class _Tap:
    """Stands between the handlers and the chat, and notes what goes through."""

    def __init__(self) -> None:
        self.chat: Chat | None = None
        self.replies: dict[str, Reply] = {}  # by human message
        self.unaddressed: set[str] = set()  # replies without `human_msg`
        self._streams: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.chat, name)

    def broadcast_message(self, message: Message) -> None:
        self._note(message)
        assert self.chat is not None  # set before the first message
        self.chat.broadcast_message(message)

    def _note(self, message: Message) -> None:
        to = getattr(message, "reply_to", None)
        if isinstance(message, AgentStreamChunkMessage):
            reply = self.replies.get(self._streams.get(message.id, ""))
            if reply is not None and message.content:
                reply.chunks.append(message.content)
        elif isinstance(message, AgentStreamMessage):
            self._streams[message.id] = message.reply_to
        elif isinstance(message, AgentChatMessage) and not message.reply_to:
            self.unaddressed.add(message.id)
        elif message.type == "pending" and to in self.replies:
            self.replies[str(to)].pending.append(message.body)


_CLIENT = ChatClient(id="test", username="tester", initials="T", name="Tester", display_name="Tester")


def register(
    handlers: Sequence[type],
    context_providers: Sequence[type],
    log: logging.Logger,
    personas: Sequence[type] = (),
) -> PluginRegistry:
    """A registry of these and of the built-in ones that they do not replace, loaded.

    Raises ValueError for a class that would not load, with the reason.
    """
    registry = PluginRegistry(log=log, find=lambda _: ())
    given = [
        *((CHAT_HANDLERS, _slash_id(handler) or "default", handler) for handler in handlers),
        *((PERSONAS, persona.__name__, persona) for persona in personas),
        *((CONTEXT_PROVIDERS, str(getattr(each, "id", each)), each) for each in context_providers),
    ]
    taken = {(group, name) for group, name, _ in given}
    for group, name in _BUILTINS:
        if (group, name) not in taken:
            registry.add(group, name, _builtin(group, name), distribution="jupyter_ai", builtin=True)
    for group, name, cls in given:
        registry.add(group, name, cls)
    used = {plugin.group for plugin in registry.plugins()}
    for group in GROUPS:
        if group in used:
            registry.load(group)
    refused = [f"{plugin}: {plugin.reason}" for plugin in registry.plugins() if plugin.state != "loaded"]
    if refused:
        raise ValueError("\n".join(refused))
    return registry


@cache
def _builtin(group: str, name: str) -> type:
    return builtin_class(group, name)


def _slash_id(handler: type) -> str | None:
    return getattr(getattr(handler, "routing_type", None), "slash_id", None)


def configure(model: BaseLanguageModel[Any] | type | None, log: logging.Logger) -> ConfigManager:
    """Settings in which `model` (a model or a provider class; None: the offline model) is chosen."""
    provider: Any = _offline() if model is None else model if isinstance(model, type) else _provider(model)
    gid = f"{provider.id}:{next(iter(provider.models), 'model')}"
    return ConfigManager(
        log=log, lm_providers={provider.id: provider}, em_providers={}, defaults={"model_provider_id": gid}
    )


def _offline() -> Any:
    from jupyter_ai_magics.offline import MockLLMProvider

    return MockLLMProvider


def _provider(model: BaseLanguageModel[Any]) -> Any:
    """A provider class; calling it makes a provider like `model`, which shares what `model` holds."""
    values = {name: getattr(model, name) for name in type(model).model_fields}
    base = _provider_base(type(model))

    def make(cls: type, **kwargs: Any) -> Any:
        return base(**{**values, **kwargs})

    # Its instances are those of `base`: pydantic's metaclass, which takes 3 ms a test, need not build it.
    return ABCMeta.__new__(type(base), "Given", (base,), {"__module__": __name__, "__new__": make})


@cache
def _provider_base(model: type) -> Any:
    from jupyter_ai_magics.base_provider import BaseProvider

    if issubclass(model, BaseProvider):
        return model
    members: dict[str, Any] = {
        "__module__": __name__,
        "id": "fake",
        "name": "Fake",
        "models": ["fake"],
        "model_id_key": "model_id",
    }
    return type("FakeProvider", (BaseProvider, model), members)
