"""The model that completes code, over REST: which one it is, which others there are, and choosing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_ai.server.base import answers
from jupyter_ai.server.config import SettingsHandler
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.plugins import PluginRegistry

__all__ = ["CompletionModelHandler", "CompletionModelsHandler", "CompletionStatusHandler"]

_PATIENCE = 5.0  # seconds to wait for providers that are loading


class CompletionStatusHandler(SettingsHandler):
    """What completes code, or why nothing does."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """Tell it, and of each provider how it fares."""
        await self.manager()
        service = self.host.completions
        await service.providers.ready()
        self.send_json(service.status())


class CompletionModelsHandler(SettingsHandler):
    """The models that can complete code."""

    @web.authenticated
    @authorized
    @answers
    async def get(self) -> None:
        """List those that the policy allows; of one that cannot be asked it is told what it lacks."""
        from jupyter_ai.plugins import MODEL_PROVIDERS

        config = await self.manager()
        plugins = self.host.plugins
        await plugins.ready(MODEL_PROVIDERS, _PATIENCE)
        self.send_json(await run_in_thread(self._answer, config, plugins))

    def _answer(self, config: ConfigManager, plugins: PluginRegistry) -> dict[str, Any]:
        from jupyter_ai.completions.choice import CompletionChoice
        from jupyter_ai.completions.listing import describe_models
        from jupyter_ai.config.sources import COMPLETIONS_MODEL
        from jupyter_ai.models import ListCompletionModelsResponse
        from jupyter_ai.plugins import MODEL_PROVIDERS
        from jupyter_ai.server.provider_entries import list_providers

        choice = CompletionChoice(config)
        providers = list_providers(plugins, MODEL_PROVIDERS, self.log).providers
        source = config.sources.chosen(COMPLETIONS_MODEL)
        is_default = source is None or source.kind in ("default", "built-in")
        return ListCompletionModelsResponse(
            models=describe_models(choice, config.completions, providers, choice.in_use()),
            chosen="" if is_default or source is None else source.value,
            fixed=choice.now().fixed,
        ).model_dump()


class CompletionModelHandler(SettingsHandler):
    """The choice of that model."""

    @web.authenticated
    @authorized
    @answers
    async def post(self) -> None:
        """Choose `id`; it counts for all from the next request on, and what is in flight is cancelled."""
        from jupyter_ai.config.sources import COMPLETIONS_MODEL
        from jupyter_ai.errors import SettingsError
        from jupyter_ai.models import CompletionModelRequest, UpdateConfigRequest

        chosen = self.body(CompletionModelRequest).id.strip()
        update = UpdateConfigRequest(completions_model_provider_id=chosen or None)
        config = await self.manager(update)
        try:
            await run_in_thread(config.update_config, update)
        except SettingsError as error:
            raise type(error)(str(error).replace(f"{COMPLETIONS_MODEL.name}:", "id:", 1)) from error
        self.set_status(204)
        self.finish()
