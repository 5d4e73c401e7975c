"""The server extension: what an administrator sets, the routes, and the start and end of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from tornado.routing import Rule

from jupyter_ai.auth.owner import knows_identities
from jupyter_ai.chat_handlers.help_message import DEFAULT_HELP_MESSAGE_TEMPLATE
from jupyter_ai.keys.early import configured_secrets, environment_secrets
from jupyter_ai.keys.log_redaction import start_redacting, stop_redacting
from jupyter_ai.keys.redaction import Redactor
from jupyter_ai.server.avatar import AVATAR_PATH as JUPYTERNAUT_AVATAR_PATH
from jupyter_ai.server.base import HOST_KEY
from jupyter_ai.server.host import EngineHost
from jupyter_ai.server.routes import ROUTES, WEBSOCKETS
from jupyter_ai.server.settings import build_settings
from jupyter_ai.server.websocket import UpgradePath
from jupyter_ai.traits import AiTraits

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp
    from traitlets.config import Config

__all__ = [
    "DEFAULT_HELP_MESSAGE_TEMPLATE",
    "JUPYTERNAUT_AVATAR_PATH",
    "JUPYTERNAUT_AVATAR_ROUTE",
    "AiExtension",
]

JUPYTERNAUT_AVATAR_ROUTE = "api/ai/static/jupyternaut.svg"


class AiExtension(AiTraits, ExtensionApp):
    """The chat of a Jupyter Server."""

    name = "jupyter_ai"
    description = "A chat in which every ability is a plug-in"

    host: EngineHost | None = None
    _redactor: Redactor | None = None  # from before the configuration is taken

    def update_config(self, config: Config) -> None:
        """Take a configuration; its secrets are known before it is logged or found wrong."""
        if self._redactor is None:
            self._redactor = Redactor(environment_secrets)
            start_redacting(self._redactor)
        self._redactor.learn(configured_secrets(config))
        super().update_config(config)

    def initialize_settings(self) -> None:
        """Fill the keys that plug-ins read; nothing is imported or opened before the server answers."""
        server = self._server()
        # The web application's own dictionary: ours is only a copy.
        settings = server.web_app.settings
        one_owner = not knows_identities(server.identity_provider)
        self.host = EngineHost(
            self.host_options(server.root_dir, jupyter_data_dir(), _preferred_dir(server)),
            self.log,
            settings,
            one_owner=one_owner,
            redactor=self._redactor,
        )
        io_loop: Any = server.io_loop
        self.settings.update(build_settings(self.host, io_loop.asyncio_loop))
        self.settings[HOST_KEY] = self.host
        io_loop.add_callback(self.host.start_soon)

    def initialize_handlers(self) -> None:
        """Add the routes; requests for a WebSocket go before those for the same paths."""
        web_app: Any = self._server().web_app
        base_url = web_app.settings["base_url"]
        upgrades = [Rule(UpgradePath(url_path_join(base_url, path)), handler) for path, handler in WEBSOCKETS]
        web_app.add_handlers(".*$", upgrades)
        self.handlers.extend(ROUTES)

    async def stop_extension(self) -> None:
        """End what is being answered and write what is left, within a few seconds."""
        if self.host is not None:
            await self.host.aclose()
        if self._redactor is not None:
            stop_redacting(self._redactor)

    def current_activity(self) -> bool | None:
        """Whether something is being answered: a server that is at work is not idle."""
        return self.host is not None and self.host.at_work()

    def _server(self) -> ServerApp:
        if self.serverapp is None:
            raise RuntimeError(
                "AiExtension is not linked to a server: call `_link_jupyter_server_extension`."
            )
        return self.serverapp


def _preferred_dir(server: ServerApp) -> str | None:
    """Where people want to begin, absolute or below the root; None: at the root."""
    preferred = getattr(server.contents_manager, "preferred_dir", "") or server.preferred_dir
    return str(preferred) if preferred else None
