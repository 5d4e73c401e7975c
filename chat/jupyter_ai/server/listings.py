"""Lists over REST: commands and their completions, plug-ins, providers."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.plugins import with_local
from jupyter_ai.server.base import AiHandler, answers
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.plugins import PluginRegistry

__all__ = [
    "AutocompleteOptionsHandler",
    "EmbeddingsModelProviderHandler",
    "ModelProviderHandler",
    "PersonasHandler",
    "PluginsHandler",
    "SlashCommandsInfoHandler",
]

_PATIENCE = 5.0  # seconds to wait for plug-ins that are loading, before the list is told as it is


class SlashCommandsInfoHandler(AiHandler):
    """The slash commands."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """Those that the selected model supports, sorted; none if no model is selected."""
        from jupyter_ai.models import ListSlashCommandsEntry, ListSlashCommandsResponse
        from jupyter_ai.options import plugin_help, supported_commands

        engine = await self.engine()
        await engine.handlers_ready()
        commands = [
            ListSlashCommandsEntry(slash_id=key.removeprefix("/"), description=plugin_help(plugin))
            for key, plugin in supported_commands(engine)
        ]
        self.send(ListSlashCommandsResponse(slash_commands=commands))


class AutocompleteOptionsHandler(AiHandler):
    """Completions of commands and names, in the chat `chat`, or in the default chat."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """All of them; with `partialCommand`, what begins so, or the arguments of that context command."""
        from jupyter_ai.models import ListOptionsResponse
        from jupyter_ai.options import list_options

        options = await list_options(
            await self.chat(), self.get_query_argument("partialCommand", "", strip=False)
        )
        self.send(ListOptionsResponse(options=options))


class PersonasHandler(AiHandler):
    """The personas of the chat `chat`, or of one's own chats."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """Those that can be addressed, local persona files included."""
        from jupyter_ai.models import ListPersonasResponse
        from jupyter_ai.options import list_personas

        await (await self.engine()).commands_ready()
        personas = (await self.chat()).personas
        self.send(ListPersonasResponse(personas=list_personas(personas)))


class PluginsHandler(AiHandler):
    """All plug-ins."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """Each with its state and what is wrong with it; also persona files that may be run for the user."""
        engine = await self.engine()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await engine.handlers_ready()
        found = with_local(engine.plugins.plugins(), engine.local_personas.listed(self.owner))
        self.send_json({"plugins": [plugin.describe() for plugin in found]})


class ModelProviderHandler(AiHandler):
    """The providers of language models."""

    group = "jupyter_ai.model_providers"

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """Those that may be used, as far as they are loaded, and what could be installed, by name."""
        plugins = (await self.engine()).plugins
        await plugins.ready(self.group, _PATIENCE)
        # A plug-in's code may take its time to tell of itself.
        self.finish(await run_in_thread(self._answer, plugins))

    def _answer(self, plugins: PluginRegistry) -> str:
        from jupyter_ai.server.provider_entries import list_providers

        return list_providers(plugins, self.group, self.log).model_dump_json()


class EmbeddingsModelProviderHandler(ModelProviderHandler):
    """The providers of embedding models."""

    group = "jupyter_ai.embeddings_model_providers"
