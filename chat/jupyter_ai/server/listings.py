"""Lists over REST: commands and their completions, plug-ins, providers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.chat_handlers.provider_use import unsupported_commands
from jupyter_ai.server.base import AiHandler, answers
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.engine.engine import Engine
    from jupyter_ai.models import ListOptionsEntry
    from jupyter_ai.plugins import Plugin, PluginRegistry

__all__ = [
    "AutocompleteOptionsHandler",
    "EmbeddingsModelProviderHandler",
    "ModelProviderHandler",
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

        engine = await self.engine()
        await engine.handlers_ready()
        commands = [
            ListSlashCommandsEntry(slash_id=key.removeprefix("/"), description=plugin_help(plugin))
            for key, plugin in supported_commands(engine)
        ]
        self.send(ListSlashCommandsResponse(slash_commands=commands))


class AutocompleteOptionsHandler(AiHandler):
    """Completions of commands, in the default chat."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """All commands; with `partialCommand`, what begins so, or the arguments of that context command."""
        from jupyter_ai.models import ListOptionsResponse

        engine = await self.engine()
        await engine.handlers_ready()
        providers: dict[str, Any] = dict((await engine.default_chat(self.owner)).context_providers)
        partial = self.get_query_argument("partialCommand", "")
        command, colon, prefix = partial.partition(":")
        provider = next((p for p in providers.values() if colon and p.command_id == command), None)
        if provider is not None:
            self.send(ListOptionsResponse(options=await self._arguments(provider, prefix)))
            return
        options = [*_slash_options(engine), *_context_options(providers.values())]
        self.send(ListOptionsResponse(options=[o for o in options if o.label.startswith(partial)]))

    async def _arguments(self, provider: Any, prefix: str) -> list[ListOptionsEntry]:
        try:
            return list(await run_in_thread(provider.get_arg_options, prefix))
        # A plug-in's code: it may raise anything, and there is nothing to complete then.
        except Exception:
            self.log.warning("%s cannot complete %r.", provider.command_id, prefix, exc_info=True)
            return []


class PluginsHandler(AiHandler):
    """All plug-ins."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """Each with its state, and what is wrong with it."""
        plugins = (await self.engine()).plugins
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await (await self.engine()).handlers_ready()
        self.send_json({"plugins": [plugin.describe() for plugin in plugins.plugins()]})


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


def supported_commands(engine: Engine) -> list[tuple[str, Plugin]]:
    """The slash commands (with the slash) that the selected model supports, sorted."""
    provider = engine.config_manager.lm_provider
    if provider is None:
        return []
    unsupported = unsupported_commands(provider)
    handlers = engine.plugins.handlers()
    return [(k, handlers[k]) for k in sorted(handlers) if k.startswith("/") and k not in unsupported]


def plugin_help(plugin: Plugin) -> str:
    """What a plug-in says it does."""
    return str(getattr(plugin.obj, "help", ""))


def _slash_options(engine: Engine) -> list[ListOptionsEntry]:
    from jupyter_ai.models import ListOptionsEntry

    return [
        ListOptionsEntry(id=key, label=key, description=plugin_help(plugin), only_start=True)
        for key, plugin in supported_commands(engine)
    ]


def _context_options(providers: Iterable[Any]) -> list[ListOptionsEntry]:
    from jupyter_ai.models import ListOptionsEntry

    return [
        ListOptionsEntry(
            id=p.command_id,
            label=f"{p.command_id}:" if p.requires_arg else p.command_id,
            description=p.help,
            only_start=p.only_start,
        )
        for p in sorted(providers, key=lambda p: p.command_id)
    ]
