"""The settings and the keys over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import AiHandler, answers
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.config_manager import ConfigManager

__all__ = ["ApiKeysHandler", "GlobalConfigHandler"]


class _SettingsHandler(AiHandler):
    async def manager(self) -> ConfigManager:
        """The settings, as soon as it is known which providers there are."""
        from jupyter_ai.plugins import EMBEDDINGS_PROVIDERS

        engine = await self.engine()
        await engine.handlers_ready()
        await engine.plugins.ready(EMBEDDINGS_PROVIDERS)
        return engine.config_manager


class GlobalConfigHandler(_SettingsHandler):
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
        config = await self.manager()
        await run_in_thread(config.update_config, update)
        self.set_status(204)
        self.finish()


class ApiKeysHandler(_SettingsHandler):
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
