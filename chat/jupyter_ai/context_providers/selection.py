"""`@cell`, `@selection` and `@error`: what the client sent along with a message."""

from __future__ import annotations

from typing import ClassVar

from jupyter_ai.context_providers.base import (
    BaseCommandContextProvider,
    ContextCommand,
    ContextProviderException,
)
from jupyter_ai.context_providers.inclusions import current_inclusions
from jupyter_ai.context_providers.text import fenced, without_colours
from jupyter_ai.models import CellWithErrorSelection, HumanChatMessage

__all__ = ["CellContextProvider", "ErrorContextProvider", "SelectionContextProvider"]


class _SelectionContextProvider(BaseCommandContextProvider):
    """Names what was sent along.

    The body of a message ends with it, so that it is added for those alone who ask the model otherwise.
    """

    kinds: ClassVar[tuple[str, ...]]
    name: ClassVar[str]
    missing: ClassVar[str]

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        selection = message.selection
        if selection is None or selection.type not in self.kinds:
            raise ContextProviderException(f"`{commands[0].cmd}`: {self.missing}")
        if selection.source not in message.body:
            return fenced(self._include(commands[0], selection.source, name=self.name, kind="selection"))
        current_inclusions().note(commands[0].cmd, self.name, selection.source, "selection")
        return ""

    def _replace_command(self, command: ContextCommand) -> str:
        return f"{self.name} below"


class CellContextProvider(_SelectionContextProvider):
    """`@cell`: the active cell."""

    id = "cell"
    help = "The active cell, where the chat is beside a notebook"
    kinds = ("cell", "cell-with-error")
    name = "the cell"
    missing = (
        "no cell came with the message. Include the active one with the button beside Send; "
        "a terminal has none."
    )


class SelectionContextProvider(_SelectionContextProvider):
    """`@selection`: the text that is selected."""

    id = "selection"
    help = "The selected text, where the chat is beside an editor"
    kinds = ("text",)
    name = "the selection"
    missing = (
        "no text came with the message. Select some, and include it with the button beside Send; "
        "a terminal has none."
    )


class ErrorContextProvider(BaseCommandContextProvider):
    """`@error`: how the active cell failed; the cell itself is in the body of the message."""

    id = "error"
    help = "The error of the active cell, with its traceback"

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        selection = message.selection
        if not isinstance(selection, CellWithErrorSelection):
            raise ContextProviderException(
                f"`{commands[0].cmd}`: no error came with the message. Include the cell that failed, with "
                "its error, with the button beside Send; a terminal has none."
            )
        error = selection.error
        name = f"{error.name}: {error.value}"
        text = without_colours("\n".join([*error.traceback, *([] if error.traceback else [name])]))
        return (
            f"The cell failed:\n\n{fenced(self._include(commands[0], text, name=error.name, kind='error'))}"
        )

    def _replace_command(self, command: ContextCommand) -> str:
        return "the error"
