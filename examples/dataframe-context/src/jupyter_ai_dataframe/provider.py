"""The context command: what a kernel knows of a DataFrame, added to the prompt."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_ai.context_providers import (
    BaseCommandContextProvider,
    ContextCommand,
    ContextProviderException,
)
from jupyter_ai.models import HumanChatMessage, ListOptionsEntry
from jupyter_ai_dataframe.kernels import describe, names
from jupyter_ai_magics import BaseProvider

__all__ = ["DataFrameContextProvider"]


class DataFrameContextProvider(BaseCommandContextProvider):
    """`@df:name` adds the size, types, first rows and statistics of a DataFrame, never all of it."""

    id = "df"
    help = "Adds a DataFrame of a running kernel: its types, first rows and statistics"
    requires_arg = True

    def get_arg_options(self, arg_prefix: str) -> list[ListOptionsEntry]:
        """The DataFrames of all kernels; none without a server."""
        kernels = _kernels()
        found = names(kernels) if kernels is not None else []
        return [self._make_arg_option(name) for name in found if name.startswith(arg_prefix)]

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        return "\n\n".join([await self._describe(command.arg or "") for command in commands])

    async def _describe(self, name: str) -> str:
        kernels = _kernels()
        if kernels is None:
            raise ContextProviderException("`@df` needs a server: only there are kernels.")
        found = await asyncio.to_thread(describe, kernels, name)
        if found is None:
            raise ContextProviderException(f"No kernel that is idle has a DataFrame `{name}`.")
        return f"The DataFrame {name}: {found}"


def _kernels() -> Any:
    """The server's kernel manager, or None."""
    return (BaseProvider.server_settings or {}).get("kernel_manager")
