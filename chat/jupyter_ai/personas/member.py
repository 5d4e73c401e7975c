"""Whoever can be addressed in a chat: a persona, or a chat handler that is registered as one."""

from __future__ import annotations

from typing import Any

from jupyter_ai.attachments import ATTACHED_ONLY
from jupyter_ai.chat_handlers.base import BaseChatHandler
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas.base_persona import BasePersona

__all__ = ["Member"]


class Member:
    """A persona or a handler, and what is to be known of it to address it."""

    def __init__(self, key: str, voice: BasePersona | BaseChatHandler) -> None:
        self.key = key  # its entry point's name
        self.voice = voice
        self.id = voice.id  # as `BasePersona.id`; a handler's own
        if isinstance(voice, BasePersona):
            defaults = voice.defaults
            self.name, self.description = voice.name, defaults.description
            self._commands = {command.removeprefix("/") for command in defaults.slash_commands}
            self.avatar_path = voice.avatar_path
        else:
            self.name, self.description = voice.name, voice.help
            self._commands = {"*"}
            self.avatar_path = ""
        if not self.name.strip():
            raise ValueError("its name is empty")

    def accepts(self, command: str) -> bool:
        """Whether a slash command may be given to it."""
        return "*" in self._commands or command.removeprefix("/") in self._commands

    def addressed_message(self, message: HumanChatMessage, text: str) -> HumanChatMessage:
        """`message` as it is handed over: to a persona without the addresses, with `text` as its prompt.

        A handler reads its arguments after the first word, which is the address.
        """
        if not isinstance(self.voice, BasePersona):
            return message
        if message.attachments and not text:
            text = ATTACHED_ONLY
        rest: Any = message.body.removeprefix(message.prompt) if message.selection else ""
        return message.model_copy(update={"prompt": text, "body": f"{text}{rest}"})
