"""The settings and the keys over REST."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import AiHandler, answers
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.models import UpdateConfigRequest

__all__ = ["ApiKeysHandler", "GlobalConfigHandler", "SettingsHandler"]

_PATIENCE = 5.0  # seconds to wait for providers that are loading


class SettingsHandler(AiHandler):
    """A route that is about the settings."""

    async def manager(self, update: UpdateConfigRequest | None = None) -> ConfigManager:
        """The settings, as soon as the providers are in whose models are chosen, or named in `update`.

        After some seconds without those that are still loading.
        """
        engine = await self.engine()
        await engine.handlers_ready()
        named = set(_providers(engine.config_manager, update))
        await asyncio.gather(*(engine.plugins.ready(group, _PATIENCE, id=id) for group, id in named))
        return engine.config_manager


class GlobalConfigHandler(SettingsHandler):
    """The settings."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """Describe them: of keys, only the names."""
        config = await self.manager()
        self.send(await run_in_thread(config.get_config))

    @web.authenticated
    @authorized
    @answers
    async def post(self) -> None:
        """Change what is in the body, all of it or nothing; 409 if it was changed since `last_read`."""
        from jupyter_ai.models import UpdateConfigRequest

        update = self.body(UpdateConfigRequest)
        config = await self.manager(update)
        await run_in_thread(config.update_config, update)
        self.set_status(204)
        self.finish()


class ApiKeysHandler(SettingsHandler):
    """The user's keys."""

    @web.authenticated
    @authorized
    @answers
    async def delete(self, name: str) -> None:
        """Forget one, unless a selected model needs it."""
        config = await self.manager()
        await run_in_thread(config.delete_api_key, name)
        self.set_status(204)
        self.finish()


def _providers(config: ConfigManager, update: UpdateConfigRequest | None) -> Iterator[tuple[str, str]]:
    """The providers, each with its group, of the models that are chosen or named."""
    from jupyter_ai.config.completions import is_of_endpoint
    from jupyter_ai.config.sources import EMBEDDINGS_MODEL, MODEL_SETTINGS, resolved
    from jupyter_ai.plugins import EMBEDDINGS_PROVIDERS, MODEL_PROVIDERS

    for setting in MODEL_SETTINGS:
        source = config.sources.chosen(setting)
        named = [source.value if source else None, getattr(update, setting.name, None)]
        named += getattr(update, setting.fields, None) or {}
        for gid in filter(None, map(resolved, named)):
            if ":" not in gid or is_of_endpoint(gid):
                continue  # it names no provider
            group = EMBEDDINGS_PROVIDERS if setting is EMBEDDINGS_MODEL else MODEL_PROVIDERS
            yield group, gid.partition(":")[0]
