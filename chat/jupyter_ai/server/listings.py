"""Lists over REST: commands and their completions, plug-ins, providers; and the settings."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import AiHandler, answers
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.engine.engine import Engine
    from jupyter_ai.models import ListOptionsEntry, ListProvidersEntry
    from jupyter_ai.plugins import Plugin

__all__ = [
    "AutocompleteOptionsHandler",
    "EmbeddingsModelProviderHandler",
    "GlobalConfigHandler",
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
        """Those that may be used, by name; what cannot be described is in the list of plug-ins only."""
        from jupyter_ai.models import ListProvidersResponse

        plugins = (await self.engine()).plugins
        await plugins.ready(self.group)
        found = [self._entry(cls) for cls in plugins.classes(self.group).values()]
        entries = sorted((entry for entry in found if entry is not None), key=lambda entry: entry.name)
        self.send(ListProvidersResponse(providers=entries))

    def _entry(self, cls: Any) -> ListProvidersEntry | None:
        try:
            return provider_entry(cls)
        # A plug-in's class: what it says of itself may be anything.
        except Exception:
            self.log.warning("Provider %r cannot be described.", getattr(cls, "id", cls), exc_info=True)
            return None


class EmbeddingsModelProviderHandler(ModelProviderHandler):
    """The providers of embedding models."""

    group = "jupyter_ai.embeddings_model_providers"


class GlobalConfigHandler(AiHandler):
    """The settings."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """Describe them: of keys, only the names."""
        from jupyter_ai.models import DescribeConfigResponse

        engine = await self.engine()
        await engine.handlers_ready()
        config, defaults = engine.config_manager, self.host.options.defaults
        self.send(
            DescribeConfigResponse(
                model_provider_id=config.lm_gid,
                embeddings_provider_id=config.em_gid,
                completions_model_provider_id=defaults.get("completions_model_provider_id"),
                send_with_shift_enter=False,
                fields={},
                embeddings_fields={},
                completions_fields={},
                api_keys=key_names(config.lm_provider, config.em_provider, stored=defaults["api_keys"]),
                last_read=int(time.time()),
            )
        )

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Not yet: say how settings are made."""
        self.set_status(501)
        self.send_json({"message": "Settings cannot be changed here yet; use the traits of AiExtension."})


def supported_commands(engine: Engine) -> list[tuple[str, Plugin]]:
    """The slash commands (with the slash) that the selected model supports, sorted."""
    provider = engine.config_manager.lm_provider
    if provider is None:
        return []
    unsupported = getattr(provider, "unsupported_slash_commands", ())
    handlers = engine.plugins.handlers()
    return [(k, handlers[k]) for k in sorted(handlers) if k.startswith("/") and k not in unsupported]


def plugin_help(plugin: Plugin) -> str:
    """What a plug-in says it does."""
    return str(getattr(plugin.obj, "help", ""))


def key_names(*providers: Any, stored: Iterable[str] = ()) -> list[str]:
    """The names of the keys that are there: the administrator's, and of `providers`, the environment's."""
    from jupyter_ai_magics.auth import key_params

    wanted = {name for p in providers if p is not None for name in key_params(p.auth_strategy)}
    return sorted({*stored, *(name for name in wanted if os.environ.get(name))})


def provider_entry(cls: Any) -> ListProvidersEntry:
    """A provider as the list of providers shows it."""
    from jupyter_ai.models import ListProvidersEntry

    return ListProvidersEntry(
        id=cls.id,
        name=cls.name,
        model_id_label=getattr(cls, "model_id_label", None),
        models=cls.models,
        help=cls.help,
        auth_strategy=cls.auth_strategy,
        registry=cls.registry,
        fields=cls.fields,
        chat_models=cls.chat_models() if _is_for_chat(cls) else [],
        completion_models=cls.completion_models() if hasattr(cls, "completion_models") else [],
    )


def _is_for_chat(cls: type) -> bool:
    from langchain_core.language_models import BaseChatModel

    return issubclass(cls, BaseChatModel)


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
