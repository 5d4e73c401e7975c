"""The base class of context commands, such as `@file:a.py`, which add to what a model reads."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_ai.context_providers.attached import ATTACHED, path_of
from jupyter_ai.context_providers.command import ARGUMENT, ContextCommand, unescape
from jupyter_ai.context_providers.inclusions import (
    ContextText,
    Inclusions,
    begin_inclusions,
    context_room,
    current_inclusions,
)
from jupyter_ai.context_providers.occurrences import check_arguments, find_commands, matches
from jupyter_ai.engine.frame import encodable
from jupyter_ai.errors import ContextProviderException, message_of
from jupyter_ai.models import AskedByPersona, ChatMessage, HumanChatMessage, ListOptionsEntry
from jupyter_ai_magics.failures import asking, contained

if TYPE_CHECKING:
    import logging

    from jupyter_ai.chat_handlers.base import BaseChatHandler
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.history import BoundedChatHistory

__all__ = [
    "BaseCommandContextProvider",
    "ChatMessage",
    "ContextCommand",
    "ContextProviderException",
    "add_context",
    "context_of",
    "find_commands",
    "replace_commands",
    "unescape",
]

_UNREAD = "`@file`, which reads what is attached, is not installed on this server"


class BaseCommandContextProvider:
    """Adds to the prompt what its command names. One instance serves one chat.

    Subclasses set `id` and `help`, and define `_make_context_prompt`.
    """

    id: ClassVar[str]
    """The command's word: "file" makes `@file`."""

    help: ClassVar[str]
    """One sentence, shown where the command is completed."""

    id_prefix: ClassVar[str] = "@"
    """What goes before the word."""

    requires_arg: ClassVar[bool] = False
    """Whether the command takes an argument: `@file:a.py`."""

    _nothing: ClassVar[str] = "nothing"  # that a command names which lacks its argument

    remove_from_prompt: ClassVar[bool] = False
    """Whether the model does not see the command itself."""

    only_start: ClassVar[bool] = False
    """Whether the command counts at the beginning of a prompt only."""

    def __init__(
        self,
        *,
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
        config_manager: ConfigManager,
        model_parameters: dict[str, dict[str, Any]],
        chat_history: list[ChatMessage],
        llm_chat_memory: BoundedChatHistory,
        root_dir: str,
        preferred_dir: str | None,
        dask_client_future: Awaitable[Any],
        chat_handlers: dict[str, BaseChatHandler],
        context_providers: dict[str, BaseCommandContextProvider],
    ) -> None:
        from jupyter_ai.chat_handlers.base import get_preferred_dir

        self.log = log
        self.config_manager = config_manager
        self.model_parameters = model_parameters  # by "<provider>:<model>"
        self._chat_history = chat_history  # what was said in this chat
        self.llm_chat_memory = llm_chat_memory  # what the model remembers of it
        self.root_dir = os.path.abspath(os.path.expanduser(root_dir))
        self.preferred_dir = get_preferred_dir(self.root_dir, preferred_dir)
        self.dask_client_future = dask_client_future
        self.chat_handlers = chat_handlers  # by routing key
        self.context_providers = context_providers  # by id

    # To be defined by subclasses

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        """What `commands`, all that are in `message`, add to what the model reads; "" for nothing.

        Raise `ContextProviderException` with a sentence for the person where one cannot be served: the
        message is not answered then. Cancelled when the user stops the answer.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `async def _make_context_prompt(self, message, commands)`."
        )

    def _include(
        self, command: ContextCommand, text: str, *, name: str | None = None, kind: str = "text"
    ) -> str:
        """`text` as far as there is room for it; for `_make_context_prompt`.

        What is included and what is left out is shown under the message: `name` (unless given, the argument)
        and `kind` say what it is. Of a provider that does not call it, all of the text counts as one.
        """
        return current_inclusions().include(command.cmd, name or command.arg or command.cmd, text, kind)

    def get_arg_options(self, arg_prefix: str) -> list[ListOptionsEntry]:
        """Arguments that begin with `arg_prefix` (as typed, with backslashes); none unless overridden.

        Called on a thread. Make them with `_make_arg_option`.
        """
        return []

    def _replace_command(self, command: ContextCommand) -> str:
        """What the model reads in the place of a command; unless overridden, the command itself."""
        return command.cmd

    # What the framework calls

    @property
    def command_id(self) -> str:
        """The command, `@file`."""
        return f"{self.id_prefix}{self.id}"

    @property
    def pattern(self) -> str:
        """A regular expression that matches the command with its argument."""
        argument = f":(?:{ARGUMENT})"
        return self._word + (argument if self.requires_arg else rf"(?:{argument}|(?![\w:]))")

    @property
    def _has_own_pattern(self) -> bool:
        return type(self).pattern is not BaseCommandContextProvider.pattern

    @property
    def _word(self) -> str:
        return rf"(?<![\w@/.\\])(?i:{re.escape(self.command_id)})"

    async def make_context_prompt(self, message: HumanChatMessage) -> str:
        """What the commands in `message.prompt` add to what the model reads, "" without any.

        A persona's words have none. Raises `ContextProviderException` for one without the argument it takes.
        """
        if isinstance(message, AskedByPersona):
            return ""
        check_arguments(self, message.prompt)
        commands = find_commands(self, message.prompt)
        return await self._make_context_prompt(message, commands) if commands else ""

    def _chosen_model(self) -> Any:
        """The LangChain model that is asked: of a persona, its own; None where there is none.

        Unless it is given, the default handler's, made if need be.
        """
        if (given := current_inclusions().model) is not None:
            return given
        handler = (self.chat_handlers or {}).get("default")
        try:
            with asking():
                handler.get_llm_chain()  # type: ignore[union-attr]  # whatever fails, it is the same here
        # A provider's code. The one that asks the model tells what is wrong.
        except Exception as e:  # noqa: BLE001
            self.log.debug("The size of the model's window is not known: %r", e)
            return None
        return getattr(handler, "llm", None)

    def replace_prompt(self, prompt: str) -> str:
        """`prompt` with each command as the model is to read it."""

        @cache
        def replaced(command: str) -> str:
            return "" if self.remove_from_prompt else self._replace_command(ContextCommand(cmd=command))

        parts, end = [], 0
        for match in matches(self, prompt):
            parts += [prompt[end : match.start()], replaced(match[0])]
            end = match.end()
        text = "".join([*parts, prompt[end:]])
        return text.strip() if parts and self.remove_from_prompt else text

    def _make_arg_option(
        self, arg: str, *, is_complete: bool = True, description: str | None = None
    ) -> ListOptionsEntry:
        """A completion; one that is not complete (a folder) is completed further."""
        escaped = re.sub(r"([\\\s\"'])", r"\\\1", arg)
        return ListOptionsEntry(
            id=self.command_id,
            label=f"{self.command_id}:{escaped}{' ' if is_complete else ''}",
            description=description or self.help,
            only_start=self.only_start,
        )


async def add_context(
    providers: Mapping[str, Any], message: HumanChatMessage, text: str, model: Any = None
) -> tuple[str, str]:
    """`text` as `model` is to read it, and what is attached to `message` and its context commands add.

    Raises `ContextProviderException`, also for what else a provider raises; that names the provider.
    """
    if not isinstance(message, AskedByPersona):
        text = replace_commands(providers, text)
    return text, await context_of(providers, message, model)


async def context_of(
    providers: Mapping[str, Any], message: HumanChatMessage, model: Any = None
) -> ContextText:
    """What is attached to `message` and its context commands add, as far as there is room in `model`.

    Without a LangChain model, in the one that the default handler asks. The first reply that the calling
    task sends next tells in its metadata what that was. Raises `ContextProviderException`, as `add_context`.
    """
    inclusions = begin_inclusions(lambda: _room(providers, message), model)
    read = message
    if isinstance(message, AskedByPersona):
        read = message.model_copy(update={"prompt": ""})  # a provider may look for commands by itself
    # What is typed has the first claim to the room: `@file`, which reads what is attached, comes last.
    ordered = sorted(providers.items(), key=lambda item: item[0] == "file")
    parts = [await _context_of(provider, read, inclusions) for _, provider in ordered]
    if not any(item.command == ATTACHED for item in inclusions.items):
        parts += [inclusions.leave_out(ATTACHED, path_of(each), _UNREAD) for each in message.attachments]
    return ContextText(encodable("\n\n".join(part for part in parts if part)), inclusions.images)


def replace_commands(providers: Mapping[str, Any], text: str) -> str:
    """`text` with its context commands as the model is to read them. Raises as `add_context`."""
    for provider in providers.values():
        try:
            with asking():
                replaced = provider.replace_prompt(text)
            if not isinstance(replaced, str):
                raise TypeError(f"its `replace_prompt` returned {type(replaced).__name__}, not a str")
            text = replaced
        except Exception as e:
            raise _failed(provider, e) from e
    return text


async def _context_of(provider: Any, message: HumanChatMessage, inclusions: Inclusions) -> str:
    known = len(inclusions.items)
    try:
        text = str(await contained(provider.make_context_prompt, message) or "")
    except Exception as e:
        begin_inclusions()  # the message is not answered
        raise _failed(provider, e) from e
    if text and len(inclusions.items) == known:
        name = _name_of(provider)
        return inclusions.include(name, name, text)
    return text


def _room(providers: Mapping[str, Any], message: HumanChatMessage) -> int:
    provider = next((p for p in providers.values() if isinstance(p, BaseCommandContextProvider)), None)
    model = provider._chosen_model() if provider else current_inclusions().model
    return context_room(model, message.body)


def _failed(provider: Any, error: Exception) -> ContextProviderException:
    if isinstance(error, ContextProviderException):
        return error
    return ContextProviderException(
        f"`{_name_of(provider)}` failed: {type(error).__name__}: {message_of(error)}"
    )


def _name_of(provider: Any) -> str:
    try:
        with asking():
            return str(provider.command_id)
    # A plug-in's code.
    except Exception:  # noqa: BLE001
        return type(provider).__name__
