"""The base class of chat handlers: what an author of a slash command subclasses."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_ai.chat_handlers.arguments import CommandParser, MarkdownHelpFormatter, UsageError, parse
from jupyter_ai.chat_handlers.failure_report import log_failure, report, told
from jupyter_ai.chat_handlers.help_message import build_help_message
from jupyter_ai.chat_handlers.provider_use import (
    ModelSlot,
    busy,
    key_refused,
    unsupported_commands,
)
from jupyter_ai.chat_handlers.routing import HandlerRoutingType, SlashCommandRoutingType
from jupyter_ai.chat_handlers.runnables import GenerationInfo, open_stream
from jupyter_ai.chat_handlers.speaker import Speaker
from jupyter_ai.engine.router import arguments
from jupyter_ai.engine.run import current_run
from jupyter_ai.errors import GenerationInterrupted, NoChainBound, NoModelConfigured
from jupyter_ai.keys.redaction import redact
from jupyter_ai.models import ChatMessage, HumanChatMessage, Message
from jupyter_ai_magics.models.persona import JupyternautPersona, Persona

if TYPE_CHECKING:
    import logging

    from langchain_core.chat_history import BaseChatMessageHistory
    from langchain_core.runnables import Runnable, RunnableConfig

    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.history import BoundedChatHistory
    from jupyter_ai.offers import Offers
    from jupyter_ai.personas.manager import PersonaManager
    from jupyter_ai_magics import BaseProvider

__all__ = [
    "BaseChatHandler",
    "ChatMessage",
    "GenerationInterrupted",
    "HandlerRoutingType",
    "MarkdownHelpFormatter",
    "Message",
    "SlashCommandRoutingType",
    "get_preferred_dir",
]


class BaseChatHandler(Speaker):
    """Answers the prompts of one slash command, or of none. One instance serves one chat.

    Subclasses set `id`, `name`, `help` and `routing_type`, and define `process_message`. Everything
    reaches a handler through keyword arguments of its constructor, so that a test can build one by hand.
    """

    id: ClassVar[str] = "base"
    """Identifies the handler; unique among the handlers of a package."""

    name: ClassVar[str] = "Base"
    """For people."""

    help: ClassVar[str] = ""
    """One sentence, shown in the list of commands."""

    routing_type: HandlerRoutingType
    """`SlashCommandRoutingType(slash_id="word")`; a slash_id of None makes the default handler."""

    uses_llm: ClassVar[bool] = True
    """Whether it needs a model; one that does is refused while none is configured, or while a model
    that answers one request at a time is at work."""

    supports_help: ClassVar[bool] = True
    """Whether `-h` and `--help` are answered for it."""

    disabled: ClassVar[bool] = False
    """A class with `disabled = True` is skipped; under a built-in's entry point name it switches that off."""

    _requests_count: ClassVar[int] = 0  # requests to models at this moment, of all handlers

    def __init__(
        self,
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
        config_manager: ConfigManager,
        root_chat_handlers: dict[str, Any],
        model_parameters: dict[str, dict[str, Any]],
        chat_history: list[ChatMessage],
        llm_chat_memory: BoundedChatHistory,
        root_dir: str,
        preferred_dir: str | None,
        dask_client_future: Awaitable[Any],
        help_message_template: str,
        chat_handlers: dict[str, BaseChatHandler],
        context_providers: dict[str, Any],
        message_interrupted: dict[str, asyncio.Event],
        log_dir: str | None,
    ) -> None:
        self.log = log
        self.config_manager = config_manager
        self._root_chat_handlers = root_chat_handlers  # the first value, if any, takes what is sent
        self.model_parameters = model_parameters  # by "<provider>:<model>"
        self._chat_history = chat_history  # what was said in this chat
        self.llm_chat_memory = llm_chat_memory  # what the model remembers of it
        self.root_dir = os.path.abspath(os.path.expanduser(root_dir))
        self.preferred_dir = get_preferred_dir(self.root_dir, preferred_dir)
        self.dask_client_future = dask_client_future
        self.help_message_template = help_message_template
        self.chat_handlers = chat_handlers  # by routing key: "default" or "/word"
        self.context_providers = context_providers
        self.message_interrupted = message_interrupted  # by stream id; set when the user stops it
        self.log_dir = Path(log_dir) if log_dir else None
        self.parser = self._make_parser()
        self.llm: Any = None
        self.llm_params: dict[str, Any] | None = None
        self._llm_provider: type[BaseProvider] | None = None
        self.llm_chain: Runnable[Any, Any] | None = None
        self._offered = False  # this chat was told which models could be chosen

    # To be defined by subclasses

    async def process_message(self, message: HumanChatMessage) -> None:
        """Answer `message`, with `reply` or `stream_reply`.

        Cancelled when the user stops it: clean up and let `CancelledError` pass. What it raises goes to
        `handle_exc`. Called concurrently for several messages.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `async def process_message(self, message)`."
        )

    def create_llm_chain(self, provider: type[BaseProvider], provider_params: dict[str, str]) -> None:
        """Bind a runnable to `self.llm_chain` (and the model to `self.llm`) for the configured model.

        Called by `get_llm_chain`, again whenever the model or its parameters were changed.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `create_llm_chain` to use `get_llm_chain` or `stream_reply`."
        )

    async def handle_exc(self, e: Exception, message: HumanChatMessage) -> None:
        """Tell the user what went wrong; what this raises is handled by the default."""
        await self._default_handle_exc(e, message)

    # Being called

    async def on_message(self, message: HumanChatMessage) -> None:
        """Answer a message: `--help`, refusals and failures here, the rest in `process_message`.

        Raises nothing but a cancellation.
        """
        try:
            usage = self.parser.format_help() if self._asks_for_help(message) else None
            refusal = self._refusal() if usage is None else None
        # A parser and a provider are plug-in code too.
        except Exception as e:  # noqa: BLE001
            await self._handle(e, message)
            return
        if usage is not None:
            self.reply(usage, message)
            return
        if refusal is not None:
            error = {"type": "Refused", "message": refusal}
            self.broadcast_message(self._agent_message(refusal, message, {"error": error}))
            return
        slot = ModelSlot(BaseChatHandler, counts=self.uses_llm)
        run = current_run()
        if run is not None:
            run.slots.append(slot)
        try:
            await self._process(message)
        finally:
            slot.release()

    async def _process(self, message: HumanChatMessage) -> None:
        try:
            await self.process_message(message)
        except SystemExit as e:
            self.log.warning("%s called exit(%r); only its own answer ends.", type(self).__name__, e.code)
            self._report(f"`{self._command}` ended early: it called `exit({e.code!r})`.", message, e)
        # Whatever a plug-in raises ends its own answer only, and is told.
        except Exception as e:  # noqa: BLE001
            await self._handle(e, message)

    async def _handle(self, e: Exception, message: HumanChatMessage) -> None:
        try:
            await self.handle_exc(e, message)
        # Its own account of a failure may fail too.
        except (Exception, SystemExit):
            self.log.exception("handle_exc of %s raised.", type(self).__name__)
            await self._default_handle_exc(e, message)

    async def _default_handle_exc(self, e: Exception, message: HumanChatMessage) -> None:
        provider = self.config_manager.lm_provider if self.config_manager else None
        if refused := key_refused(provider, e):
            self.log.warning("%s refused the API key: %r", getattr(provider, "name", provider), e)
            self._report(refused, message, e)
            return
        log_failure(type(self).__name__, e, self.log)
        self._report(report(self._command, e, self.log_dir, self.log), message, e)

    def _report(self, text: str, message: HumanChatMessage, error: BaseException) -> None:
        metadata = {"error": told(error)}
        self.broadcast_message(self._agent_message(redact(text), message, metadata))

    def _asks_for_help(self, message: HumanChatMessage) -> bool:
        if not self.supports_help or self._slash_id is None or "-h" not in message.prompt:
            return False
        words = arguments(message.prompt)
        if words[:1] in (["-h"], ["--help"]):
            return True
        if "-h" not in words and "--help" not in words:
            return False
        args = self.parse_args(message, silent=True)
        return args is not None and bool(getattr(args, "help", False))

    def _refusal(self) -> str | None:
        if not self.uses_llm:
            return None
        provider = self.config_manager.lm_provider
        if not provider:
            return str(NoModelConfigured(self._model_problem()))
        if self._command in unsupported_commands(provider):
            return f"`{self._command}` is not supported by the model provider {provider.name}."
        return busy(provider, BaseChatHandler)

    # Sending

    @property
    def persona(self) -> Persona:
        """Who speaks: the persona of the configured model, or Jupyternaut."""
        persona = getattr(self.config_manager, "persona", None)
        return persona if isinstance(persona, Persona) else JupyternautPersona

    @property
    def persona_manager(self) -> PersonaManager | None:
        """The personas of this chat, what a persona has as its `parent`; None for a handler made by hand."""
        roots = (getattr(root, "personas", None) for root in self._root_chat_handlers.values())
        return next((personas for personas in roots if personas is not None), None)

    def send_help_message(self, human_msg: HumanChatMessage | None = None) -> None:
        """Send the list of commands, and who can be addressed."""
        manager = self.persona_manager
        text = build_help_message(
            self.help_message_template,
            self.persona,
            self.chat_handlers,
            self.context_providers,
            unsupported_commands(self.config_manager.lm_provider),
            [member.name for member in manager.members()] if manager is not None else (),
        )
        offers = self._offers
        note = offers.known_note() if offers is not None else None
        self.reply(f"{text}\n\n{note}" if note else text, human_msg)

    async def offer_models(self, human_msg: HumanChatMessage) -> None:
        """Reply once with the models that could be chosen, if nobody has chosen one and any were found.

        It may take a second: answer first. Cancelling it leaves the note out.
        """
        offers, run = self._offers, current_run()
        if self._offered or offers is None or (run is not None and run.stopped):
            return
        self._offered = True
        note = await offers.note()
        if note is not None:
            # No part of the answer: a pipe does not want it.
            self.broadcast_message(self._agent_message(note, human_msg, {"warning": True}))

    @property
    def _offers(self) -> Offers | None:
        # A handler built by hand may have anything for its configuration, or one that offers nothing.
        from jupyter_ai.offers import Offers

        offers = getattr(self.config_manager, "offers", None)
        return offers if isinstance(offers, Offers) else None

    # The model

    def get_llm_chain(self) -> Any:
        """The runnable for the configured model; made anew when the model or its parameters were changed.

        Raises `NoModelConfigured`, and what `create_llm_chain` raises.
        """
        provider = self.config_manager.lm_provider
        params = self.config_manager.lm_provider_params
        if provider is None or params is None:
            raise NoModelConfigured(self._model_problem())
        if self.llm_chain is None or provider is not self._llm_provider or params != self.llm_params:
            self.create_llm_chain(provider, dict(params))
            self._llm_provider = provider
            self.llm_params = params
        return self.llm_chain

    def _model_problem(self) -> str | None:
        problem = getattr(self.config_manager, "lm_problem", None)
        return problem if isinstance(problem, str) else None

    def get_model_parameters(
        self, provider: type[BaseProvider], provider_params: dict[str, str]
    ) -> dict[str, Any]:
        """The keyword arguments for `provider`: its settings, then the administrator's for the model."""
        key = f"{provider.id}:{provider_params.get('model_id', '')}"
        return {**provider_params, **self.model_parameters.get(key, {})}

    def get_llm_chat_memory(self, last_human_msg: HumanChatMessage, **kwargs: Any) -> BaseChatMessageHistory:
        """The chat's memory for the exchange that `last_human_msg` began; survives a change of model.

        It shows the last exchanges, as many as are set and as fit `self.llm` beside the message.
        """
        from jupyter_ai.history import WrappedBoundedChatHistory
        from jupyter_ai.memory_budget import memory_budget

        budget = memory_budget(self.llm, last_human_msg.body)
        for root in self._root_chat_handlers.values():
            mark = getattr(root, "mark_remembering", None)
            if mark is not None:
                mark(last_human_msg.id, budget)
        return WrappedBoundedChatHistory(self.llm_chat_memory, last_human_msg, budget=budget)

    async def stream_reply(
        self,
        input: Any,
        human_msg: HumanChatMessage,
        pending_msg: str = "Generating response",
        config: RunnableConfig | None = None,
    ) -> str:
        """Stream the answer of `self.llm_chain` to `input` as a reply to `human_msg`; returns its text.

        Shows `pending_msg` until the first text. The runnable may yield str or message chunks. `config` is
        handed to its `astream`. Stopped by the user, it closes the runnable, marks the reply as stopped and
        returns. Cancelled otherwise, it ends the reply and passes the cancellation on.

        Raises `NoChainBound` without a runnable, `UnsupportedChunk` for a chunk that is no text,
        `GenerationInterrupted` if the user has stopped this run already, and what the runnable raises.
        """
        chain = self.llm_chain
        if chain is None or not hasattr(chain, "astream"):
            raise NoChainBound(type(self).__name__)
        info = GenerationInfo(chain, config)
        return await self._stream(
            lambda: open_stream(chain, input, info.config), info, human_msg, pending_msg
        )

    # Arguments and places

    def parse_args(self, message: HumanChatMessage, silent: bool = False) -> argparse.Namespace | None:
        """The arguments after the command, by `self.parser`; quotes are respected.

        Wrong usage returns None, after a reply that shows the usage unless `silent`.
        """
        try:
            return parse(self.parser, message.prompt)
        except UsageError as e:
            if not silent:
                self.reply(str(e), message)
            return None

    @property
    def output_dir(self) -> str:
        """Where a handler writes files: the preferred directory, or the root."""
        return self.preferred_dir or self.root_dir

    @property
    def _slash_id(self) -> str | None:
        return getattr(getattr(self, "routing_type", None), "slash_id", None)

    @property
    def _command(self) -> str:
        return f"/{self._slash_id}" if self._slash_id else self.name

    def _make_parser(self) -> argparse.ArgumentParser:
        parser = CommandParser(
            prog=self._command, description=self.help, formatter_class=MarkdownHelpFormatter, add_help=False
        )
        if self.supports_help:
            parser.add_argument("-h", "--help", action="store_true", help="Show this help")
        return parser


def get_preferred_dir(root_dir: str, preferred_dir: str | None) -> str | None:
    """The absolute path of `preferred_dir` (relative: below `root_dir`); None if it is not in the root."""
    if not preferred_dir:
        return None
    root = os.path.abspath(os.path.expanduser(root_dir))
    path = os.path.abspath(os.path.join(root, os.path.expanduser(preferred_dir)))
    return path if path == root or path.startswith(root.rstrip(os.sep) + os.sep) else None
