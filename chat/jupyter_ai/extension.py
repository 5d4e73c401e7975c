"""The server extension: what an administrator sets, the routes, and the start and end of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from tornado.routing import Rule
from traitlets import Bool, Dict, Enum, Float, Integer, List, Unicode

from jupyter_ai.auth.owner import knows_identities
from jupyter_ai.chat_handlers.help_message import DEFAULT_HELP_MESSAGE_TEMPLATE
from jupyter_ai.server.avatar import AVATAR_PATH as JUPYTERNAUT_AVATAR_PATH
from jupyter_ai.server.base import HOST_KEY
from jupyter_ai.server.host import EngineHost, HostOptions
from jupyter_ai.server.routes import ROUTES, WEBSOCKETS
from jupyter_ai.server.settings import build_settings
from jupyter_ai.server.websocket import UpgradePath

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = [
    "DEFAULT_HELP_MESSAGE_TEMPLATE",
    "JUPYTERNAUT_AVATAR_PATH",
    "JUPYTERNAUT_AVATAR_ROUTE",
    "AiExtension",
]

JUPYTERNAUT_AVATAR_ROUTE = "api/ai/static/jupyternaut.svg"


class AiExtension(ExtensionApp):
    """The chat of a Jupyter Server."""

    name = "jupyter_ai"
    description = "A chat in which every ability is a plug-in"

    allowed_providers = List(
        Unicode(), None, allow_none=True, help="Ids of the providers that may be used; None: all."
    ).tag(config=True)
    blocked_providers = List(
        Unicode(), None, allow_none=True, help="Ids of providers that may not be used."
    ).tag(config=True)
    allowed_models = List(
        Unicode(), None, allow_none=True, help="Models (`<provider>:<model>`) that may be used; None: all."
    ).tag(config=True)
    blocked_models = List(
        Unicode(), None, allow_none=True, help="Models (`<provider>:<model>`) that may not be used."
    ).tag(config=True)
    model_parameters = Dict(
        key_trait=Unicode(),
        value_trait=Dict(),
        help="Keyword arguments for models, by `<provider>:<model>`; they override what people choose.",
    ).tag(config=True)
    language_model = Unicode(
        None, allow_none=True, help="The language model (`<provider>:<model>`) that nobody can change."
    ).tag(config=True)
    embeddings_model = Unicode(
        None, allow_none=True, help="The embedding model (`<provider>:<model>`) that nobody can change."
    ).tag(config=True)
    completions_model = Unicode(
        None, allow_none=True, help="The completion model (`<provider>:<model>`) that nobody can change."
    ).tag(config=True)
    default_language_model = Unicode(
        None, allow_none=True, help="The language model (`<provider>:<model>`) until one is chosen."
    ).tag(config=True)
    default_embeddings_model = Unicode(
        None, allow_none=True, help="The embedding model (`<provider>:<model>`) until one is chosen."
    ).tag(config=True)
    default_completions_model = Unicode(
        None, allow_none=True, help="The completion model (`<provider>:<model>`) until one is chosen."
    ).tag(config=True)
    default_api_keys = Dict(
        key_trait=Unicode(), value_trait=Unicode(), help="API keys, by the names that providers use."
    ).tag(config=True)
    key_store = Enum(
        ("file", "keyring"),
        "file",
        help="Where people's keys are kept: a file for its owner alone, or the system's keyring.",
    ).tag(config=True)
    network_proxy = Unicode(
        None, allow_none=True, help="The URL of the proxy through which models are reached."
    ).tag(config=True)
    network_ca_bundle = Unicode(
        None, allow_none=True, help="A PEM file of the authorities that sign the certificates of models."
    ).tag(config=True)
    network_timeout = Float(
        None, allow_none=True, help="How many seconds one request to a model may take."
    ).tag(config=True)
    network_headers = Dict(
        key_trait=Unicode(), value_trait=Unicode(), help="Headers to be sent with each request to a model."
    ).tag(config=True)
    default_max_chat_history = Integer(
        2, min=1, allow_none=True, help="How many exchanges a model remembers; None: all."
    ).tag(config=True)
    help_message_template = Unicode(
        DEFAULT_HELP_MESSAGE_TEMPLATE,
        help="What greets a chat: a template with `{persona_name}`, `{slash_commands_list}` and "
        "`{context_commands_list}`.",
    ).tag(config=True)
    error_logs_dir = Unicode(
        None, allow_none=True, help="Where tracebacks of failed answers are written; None: into the chat."
    ).tag(config=True)
    enable_dask_dashboard = Bool(False, help="Whether Dask serves its dashboard.").tag(config=True)
    allow_builtin_override = Bool(
        True, help="Whether a plug-in replaces the built-in one that has the same entry point name."
    ).tag(config=True)
    chat_store_path = Unicode(
        help="The file of the chats; by default one for each root directory, in Jupyter's data directory."
    ).tag(config=True)
    chat_store_synchronous = Enum(
        ("NORMAL", "FULL"),
        "NORMAL",
        help="NORMAL survives a crash of the server; FULL also a power cut, and is slower.",
    ).tag(config=True)
    max_frame_bytes = Integer(1 << 20, min=1024, help="The largest frame taken from a client.").tag(
        config=True
    )
    max_outbox_bytes = Integer(
        4 << 20,
        min=1024,
        help="How many bytes may wait for a slow client before its connection is cut; it comes back.",
    ).tag(config=True)

    host: EngineHost | None = None

    def initialize_settings(self) -> None:
        """Fill the keys that plug-ins read; nothing is imported or opened before the server answers."""
        server = self._server()
        # The web application's own dictionary: ours is only a copy.
        settings = server.web_app.settings
        one_owner = not knows_identities(server.identity_provider)
        self.host = EngineHost(self._options(server), self.log, settings, one_owner=one_owner)
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

    def current_activity(self) -> bool | None:
        """Whether something is being answered: a server that is at work is not idle."""
        return self.host is not None and self.host.at_work()

    def _server(self) -> ServerApp:
        if self.serverapp is None:
            raise RuntimeError(
                "AiExtension is not linked to a server: call `_link_jupyter_server_extension`."
            )
        return self.serverapp

    def _options(self, server: ServerApp) -> HostOptions:
        return HostOptions(
            root_dir=server.root_dir,
            preferred_dir=_preferred_dir(server),
            data_dir=jupyter_data_dir(),
            store_path=self.chat_store_path,
            store_synchronous="FULL" if self.chat_store_synchronous == "FULL" else "NORMAL",
            allow_builtin_override=self.allow_builtin_override,
            allowed_providers=self.allowed_providers,
            blocked_providers=self.blocked_providers,
            allowed_models=self.allowed_models,
            blocked_models=self.blocked_models,
            defaults=self._defaults(),
            fixed=self._fixed(),
            key_store="keyring" if self.key_store == "keyring" else "file",
            network_proxy=self.network_proxy,
            network_ca_bundle=self.network_ca_bundle,
            network_timeout=self.network_timeout,
            network_headers=self.network_headers,
            model_parameters=self.model_parameters,
            max_chat_history=self.default_max_chat_history,
            help_message_template=self.help_message_template,
            error_logs_dir=self.error_logs_dir,
            max_frame_bytes=self.max_frame_bytes,
            max_outbox_bytes=self.max_outbox_bytes,
        )

    def _fixed(self) -> dict[str, Any]:
        return {
            "model_provider_id": self.language_model,
            "embeddings_provider_id": self.embeddings_model,
            "completions_model_provider_id": self.completions_model,
        }

    def _defaults(self) -> dict[str, Any]:
        return {
            "model_provider_id": self.default_language_model,
            "embeddings_provider_id": self.default_embeddings_model,
            "completions_model_provider_id": self.default_completions_model,
            "api_keys": self.default_api_keys,
            "fields": {},
            "embeddings_fields": {},
            "completions_fields": {},
        }


def _preferred_dir(server: ServerApp) -> str | None:
    """Where people want to begin, absolute or below the root; None: at the root."""
    preferred = getattr(server.contents_manager, "preferred_dir", "") or server.preferred_dir
    return str(preferred) if preferred else None
