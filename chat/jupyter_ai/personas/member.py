"""Whoever can be addressed in a chat: a persona, or a chat handler that is registered as one."""

from __future__ import annotations

import re
from typing import Any

from jupyter_ai.attachments import ATTACHED_ONLY
from jupyter_ai.chat_handlers.base import BaseChatHandler
from jupyter_ai.engine.frame import encodable
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas.avatars import declared_path
from jupyter_ai.personas.base_persona import BasePersona

__all__ = ["Member"]

_MOST = 100  # characters of a name
# Controls, what turns the direction of a line, what nobody sees, and halves of pairs. Not the joiners: some
# scripts need them, and emoji.
_UNREADABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


class Member:
    """A persona or a handler, and what is to be known of it to address it.

    Raises ValueError or TypeError for what it cannot be called or shown by, and what its code raises.
    """

    def __init__(self, key: str, voice: BasePersona | BaseChatHandler) -> None:
        self.key = key  # its entry point's name
        self.voice = voice
        self.id = _text("id", voice.id)  # as `BasePersona.id`; a handler's own
        self.name = _checked(_text("name", voice.name))
        if isinstance(voice, BasePersona):
            defaults = voice.defaults
            self.description = encodable(_text("description", defaults.description or ""))
            self._commands = {command.removeprefix("/") for command in defaults.slash_commands}
            self.avatar_path = declared_path(voice.avatar_path)
        else:
            self.description = encodable(_text("help", voice.help or ""))
            self._commands = {"*"}
            self.avatar_path = ""

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


def _text(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"its {what} is a {type(value).__name__}, not a str")
    return value


def _checked(name: str) -> str:
    if not name.strip():
        raise ValueError("its name is empty")
    if len(name) > _MOST:
        raise ValueError(f"its name has {len(name):,} characters; {_MOST} are the most")
    if found := _UNREADABLE.search(name):
        raise ValueError(f"its name holds the character U+{ord(found[0]):04X}, which cannot be read")
    return name
