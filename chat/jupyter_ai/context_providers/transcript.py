"""`@chat`: what was said in this chat before, also what the model does not remember."""

from __future__ import annotations

from itertools import takewhile

from jupyter_ai.context_providers.base import (
    BaseCommandContextProvider,
    ContextCommand,
    ContextProviderException,
)
from jupyter_ai.context_providers.inclusions import current_inclusions
from jupyter_ai.context_providers.text import fenced
from jupyter_ai.memory_budget import estimate_tokens
from jupyter_ai.models import AgentStreamChunkMessage, HumanChatMessage

__all__ = ["ChatContextProvider"]

_MOST = 200  # messages


class ChatContextProvider(BaseCommandContextProvider):
    """Adds the latest messages of the chat, as many as there is room for; `@chat:10` ten at most."""

    id = "chat"
    help = "What was said in this chat before; @chat:10 for the last ten messages"

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        command, inclusions = commands[0], current_inclusions()
        wanted = max(map(_number, commands))
        earlier = self._earlier(message)
        said = earlier[-wanted:]
        if not said:
            raise ContextProviderException(f"`{command.cmd}`: nothing was said here before.")
        fitting = _fitting(said, inclusions.room)
        text = self._include(command, "\n\n".join(fitting), name=f"{len(fitting)} messages", kind="chat")
        if (left_out := min(len(earlier), wanted) - len(fitting)) > 0:
            inclusions.leave_out(command.cmd, f"{left_out} earlier messages", kind="chat")
        return f"What was said in this chat before:\n\n{fenced(text)}"

    def _replace_command(self, command: ContextCommand) -> str:
        return "this chat"

    def _earlier(self, message: HumanChatMessage) -> list[str]:
        before = takewhile(lambda each: each.id != message.id, self._chat_history)
        said = [
            each for each in before if not isinstance(each, AgentStreamChunkMessage) and each.body.strip()
        ]
        names = [
            each.client.display_name if isinstance(each, HumanChatMessage) else each.persona.name
            for each in said
        ]
        return [f"{name}:\n{each.body}" for name, each in zip(names, said, strict=True)]


def _number(command: ContextCommand) -> int:
    arg = command.arg
    if arg is None:
        return _MOST
    if not (arg.isascii() and arg.isdigit() and int(arg[:9]) > 0):
        raise ContextProviderException(f"`{command.cmd}`: say how many messages, such as `@chat:10`.")
    return min(int(arg[:9]), _MOST)


def _fitting(said: list[str], room: int) -> list[str]:
    """The latest for which there is room, one at least."""
    used = 0
    for count, text in enumerate(reversed(said)):
        used += estimate_tokens(text) + 1
        if used > room:
            return said[-max(1, count) :]
    return said
