"""`@notebook`: the notebook that the person has open, as it was saved last."""

from __future__ import annotations

from jupyter_ai.context_providers.base import (
    BaseCommandContextProvider,
    ContextCommand,
    ContextProviderException,
)
from jupyter_ai.context_providers.file import FILE_CONTEXT_TEMPLATE
from jupyter_ai.context_providers.reading import Reference, read_file
from jupyter_ai.context_providers.text import fenced
from jupyter_ai.errors import FileRefused
from jupyter_ai.models import HumanChatMessage, ListOptionsEntry
from jupyter_ai_magics.threads import run_in_thread

__all__ = ["NotebookContextProvider"]

_OUTPUTS = "outputs"


class NotebookContextProvider(BaseCommandContextProvider):
    """Adds the cells of the notebook that the client names; `@notebook:outputs` with their outputs."""

    id = "notebook"
    help = "The open notebook, as it was saved last"

    def get_arg_options(self, arg_prefix: str) -> list[ListOptionsEntry]:
        """`outputs`."""
        return [self._make_arg_option(_OUTPUTS)] if _OUTPUTS.startswith(arg_prefix) else []

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        command = commands[0]
        if unknown := [each.cmd for each in commands if each.arg not in (None, _OUTPUTS)]:
            raise ContextProviderException(f"`{unknown[0]}`: say `@notebook` or `@notebook:{_OUTPUTS}`.")
        path = (message.notebook or "").removeprefix("RTC:")  # as JupyterLab calls what is edited together
        if not path.endswith(".ipynb"):
            raise ContextProviderException(
                f"`{command.cmd}`: the chat was not told of an open notebook. Open one beside the chat, or "
                "name its file: `@file:analysis.ipynb`."
            )
        reference = Reference(path, outputs=any(each.arg == _OUTPUTS for each in commands))
        try:
            shown = await run_in_thread(read_file, reference, self.root_dir)
        except FileRefused as error:
            raise ContextProviderException(f"`{command.cmd}`: {error}") from None
        text = self._include(command, shown.text, name=path, kind=shown.kind)
        return FILE_CONTEXT_TEMPLATE.format(filepath=f"`{path}`", content=fenced(text))

    def _replace_command(self, command: ContextCommand) -> str:
        return "the notebook"
