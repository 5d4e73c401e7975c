"""The base class of personas: voices of a chat that are addressed by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_ai.chat_handlers.base import BaseChatHandler
from jupyter_ai.chat_handlers.failure_report import log_failure, report, told
from jupyter_ai.chat_handlers.provider_use import ModelSlot, busy, key_refused
from jupyter_ai.chat_handlers.runnables import GenerationInfo, open_stream
from jupyter_ai.context_providers.attached import attachments_text
from jupyter_ai.context_providers.inclusions import context_room, current_inclusions
from jupyter_ai.errors import NoModelConfigured
from jupyter_ai.keys.redaction import redact
from jupyter_ai.models import ChatUser, HumanChatMessage
from jupyter_ai.personas import places
from jupyter_ai.personas.chunks import persona_chunk_text
from jupyter_ai.personas.defaults import PersonaDefaults
from jupyter_ai.personas.voice import Voice, answered_message

if TYPE_CHECKING:
    import logging

    from langchain_core.chat_history import BaseChatMessageHistory
    from langchain_core.runnables import Runnable, RunnableConfig

    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.personas.manager import PersonaManager
    from jupyter_ai.personas.persona_chat import PersonaChat

__all__ = ["BasePersona", "PersonaDefaults"]


class BasePersona:
    """One voice of a chat. Subclasses define the property `defaults` and `process_message`.

    One instance serves one chat, made when the chat first needs it. What is sent while a message is being
    answered is a reply to it; what is sent later, from a task of the persona's own, stands alone.
    """

    def __init__(
        self,
        *,
        parent: PersonaManager,
        config_manager: ConfigManager,
        chat: PersonaChat,
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
    ) -> None:
        self.parent = parent  # the manager of this chat's personas
        self.config_manager = config_manager  # which model is chosen
        self.chat = chat  # what was said, and by whom
        self.log = log
        self._voice = Voice(self)
        self._prompts: dict[str, Any] = {}  # the template of `stream_reply`, by its system prompt

    # To be defined by subclasses

    @property
    def defaults(self) -> PersonaDefaults:
        """Name, description, picture and prompt."""
        raise NotImplementedError(f"{type(self).__name__} must define the property `defaults`.")

    async def process_message(self, message: HumanChatMessage) -> None:
        """Answer `message`, whose `body` and `prompt` lack the addresses that they began with.

        Cancelled when the user stops it: clean up and let `CancelledError` pass. What it raises goes to
        `handle_uncaught_exception`. Called concurrently for several messages.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `async def process_message(self, message)`."
        )

    async def prepare(self) -> None:
        """Make ready what takes its time, before the first message.

        It has 30 s. Where it raises, the person is told, and the next message tries again.
        """

    async def shutdown(self) -> None:
        """Give back what `prepare` took: the chat closes. It has 2 s; what it raises is logged."""

    async def cancel_response(self) -> None:
        """Told that the user has stopped an answer; `process_message` is cancelled in any case.

        It has 2 s; what it raises is logged.
        """

    async def handle_uncaught_exception(self, exc: Exception) -> None:
        """Tell the user what `process_message` raised. What this raises is told by the default."""
        log_failure(self.name, exc, self.log)
        text = key_refused(self.config_manager.lm_provider, exc)
        text = text or report(self.name, exc, self.parent.log_dir, self.log)
        self._voice.say(redact(text), {"error": told(exc)})

    # What it is

    @property
    def id(self) -> str:
        """`jupyter-ai-personas::<package>::<class>`."""
        return f"jupyter-ai-personas::{type(self).__module__.partition('.')[0]}::{type(self).__name__}"

    @property
    def name(self) -> str:
        """What `@name` addresses."""
        return self.defaults.name

    @property
    def avatar_path(self) -> str:
        """Where its picture is."""
        return self.defaults.avatar_path

    @property
    def system_prompt(self) -> str:
        """What its model is told to be."""
        return self.defaults.system_prompt

    def as_user(self) -> ChatUser:
        """The persona as an author of messages; its `username` is `id`."""
        return ChatUser(
            username=self.id,
            initials="".join(word[0] for word in self.name.split()[:2]).upper(),
            name=self.name,
            display_name=self.name,
            avatar_url=self.parent.avatar_route(self),
        )

    def as_user_dict(self) -> dict[str, Any]:
        """`as_user` as a dictionary."""
        return self.as_user().model_dump()

    # Sending

    def send_message(self, body: str) -> None:
        """Send a whole message, in Markdown; may be called from any thread.

        One that begins with `@name` of another persona is answered by that one.
        """
        self._voice.say(body)
        self.parent.follow(self, body)

    async def stream_message(self, chunks: AsyncIterator[Any]) -> str:
        """Send a message as it is written; returns its text.

        `chunks` yields str, message chunks, or dictionaries with a str under `content` or `text`. Stopped by
        the user, it closes the iterator, marks the message as stopped and returns; cancelled otherwise, it
        passes the cancellation on. Raises `UnsupportedChunk`, TypeError for what is no such iterator, and
        what the iterator raises.
        """
        if not hasattr(chunks, "__aiter__"):
            name, kind = type(self).__name__, type(chunks).__name__
            raise TypeError(f"stream_message() of {name} takes an asynchronous iterator, not a {kind}.")

        async def open_chunks() -> AsyncIterator[Any]:
            return chunks

        message = answered_message()
        info = GenerationInfo(None, None)
        text = await self._voice._stream(
            open_chunks, info, message, f"{self.name} is writing", persona_chunk_text
        )
        self.parent.follow(self, text)
        return text

    async def stream_reply(
        self,
        input: Any,
        message: HumanChatMessage,
        chain: Runnable[Any, Any] | None = None,
        *,
        pending_msg: str = "Generating response",
        config: RunnableConfig | None = None,
    ) -> str:
        """Stream the answer of `chain` to `input` as a reply to `message`; returns its text.

        Without a chain the chosen model answers the str `input`, told `system_prompt`, what the context
        commands of `message` add, and what it remembers of the chat; the exchange is remembered.
        Cancelled and stopped as `stream_message` is. Raises `NoModelConfigured`, `UnsupportedChunk`,
        `ContextProviderException`, and what the chain raises.
        """
        if chain is None:
            return await self._answer(str(input), message, pending_msg, config)
        info = GenerationInfo(chain, config)
        text = await self._voice._stream(
            lambda: open_stream(chain, input, info.config), info, message, pending_msg
        )
        self.parent.follow(self, text)
        return text

    async def _answer(
        self, input: str, message: HumanChatMessage, pending_msg: str, config: RunnableConfig | None
    ) -> str:
        from langchain_core.messages import AIMessage, HumanMessage

        if refusal := busy(self.config_manager.lm_provider, BaseChatHandler):
            self._voice.say(refusal, {"error": {"type": "Refused", "message": refusal}})
            return ""
        model = self._voice.model = self.get_model()
        chain = self._prompt() | model
        memory = self.get_llm_chat_memory(message)
        prompt, context = await self.parent.add_context(message, input, model)
        inputs = {"input": prompt, "context": context, "history": memory.messages}
        slot = ModelSlot(BaseChatHandler, counts=True)
        try:
            text = await self.stream_reply(inputs, message, chain, pending_msg=pending_msg, config=config)
        finally:
            slot.release()
        if text:
            memory.add_messages([HumanMessage(prompt), AIMessage(text)])
        return text

    def _prompt(self) -> Any:
        from jupyter_ai_magics.prompts import HUMAN_MESSAGE_TEMPLATE
        from jupyter_ai_magics.templates import chat_template

        system = self.system_prompt
        if system not in self._prompts:
            names = {"persona_name": self.name}
            self._prompts = {system: chat_template(system, names, HUMAN_MESSAGE_TEMPLATE, history=True)}
        return self._prompts[system]

    def set_status(self, text: str = "") -> None:
        """Show what it is doing, in place of what was shown; gone with its next message, or its end."""
        self._voice.set_status(text or f"{self.name} is thinking")

    def clear_status(self) -> None:
        """Show nothing any more."""
        self._voice.clear_status()

    def set_writing_status(self, status: bool | str = True) -> None:
        """The older name of `set_status` (a text, or True) and `clear_status` (False)."""
        if status:
            self.set_status(status if isinstance(status, str) else f"{self.name} is writing")
        else:
            self.clear_status()

    # The model

    def get_model(self) -> Any:
        """The chosen model, a LangChain model made anew. Raises `NoModelConfigured`."""
        provider, params = self.config_manager.lm_provider, self.config_manager.lm_provider_params
        if provider is None or params is None:
            raise NoModelConfigured(self.config_manager.lm_problem)
        self._voice.model = provider(**{**params, **self.parent.model_parameters(provider, params)})
        return self._voice.model

    def get_llm_chat_memory(self, message: HumanChatMessage) -> BaseChatMessageHistory:
        """What models remember of the chat; what is added belongs to the exchange of `message`.

        It shows what fits the model that `get_model` made last.
        """
        return self.parent.memory_for(message, self._voice.model)

    # Places

    @property
    def ychat(self) -> PersonaChat:
        """The older name of `chat`."""
        return self.chat

    @property
    def event_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that the chat lives on."""
        return self.parent.event_loop

    def get_chat_path(self, relative: bool = False) -> str:
        """A path that stands for the chat, in `get_chat_dir()`; `relative` to the server's root.

        No file is there: chats are kept in a database.
        """
        path = Path(self.get_chat_dir(), f"{self.chat.id}.chat")
        return str(path.relative_to(self.parent.root_dir) if relative else path)

    def get_chat_dir(self) -> str:
        """The directory that the chat is about: the preferred one, or the server's root."""
        return str(self.parent.chat_dir)

    def get_dotjupyter_dir(self) -> str | None:
        """The nearest `.jupyter` in the chat's directory or above it, up to the server's root."""
        return places.dotjupyter_dir(self.parent.chat_dir, self.parent.root_dir)

    def get_workspace_dir(self) -> str:
        """The directory that holds `get_dotjupyter_dir()`, or the chat's."""
        found = self.get_dotjupyter_dir()
        return str(Path(found).parent) if found else self.get_chat_dir()

    def get_mcp_settings(self) -> dict[str, Any] | None:
        """What `mcp_settings.json` in `get_dotjupyter_dir()` says; None without it, or if it is no JSON."""
        return places.mcp_settings(self.get_dotjupyter_dir(), self.parent.root_dir, self.log)

    # Attachments

    def resolve_attachment_to_path(self, attachment: Any) -> str | None:
        """The path of what is attached: an item of `message.attachments`, or a path below the server's root.

        None for what is not there, or not in the root.
        """
        return places.attachment_path(attachment, self.parent.root_dir)

    def process_attachments(self, message: Any) -> str | None:
        """The text of what is attached to a message, each file under its name; None without attachments.

        It is cut to what a model has room for, and what was read or not is told under the next message. It
        blocks while it reads, so that documents and images are left to `stream_reply` without a chain, which
        adds what is attached by itself.
        """
        attachments: Iterable[Any] = getattr(message, "attachments", None) or ()
        model = self._voice.model
        current_inclusions(lambda: context_room(model, str(getattr(message, "body", ""))), model)
        return attachments_text(attachments, str(self.parent.root_dir))
