"""Makes the engine of a server once the server answers, and keeps what failed on the way."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from jupyter_ai.errors import EngineUnavailable
from jupyter_ai.keys.early import environment_secrets
from jupyter_ai.keys.log_redaction import start_redacting, stop_redacting
from jupyter_ai.keys.names import loaded_key_names, partner_key_names
from jupyter_ai.keys.redaction import Redactor
from jupyter_ai.offers import Offers
from jupyter_ai.plugins import EMBEDDINGS_PROVIDERS, MODEL_PROVIDERS, Plugin, PluginRegistry
from jupyter_ai.plugins.reload import Reloader
from jupyter_ai.server.host_options import HostOptions
from jupyter_ai_magics.policy import Policy
from jupyter_ai_magics.provider_ids import ProviderIds
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.completions.service import CompletionService
    from jupyter_ai.completions.telemetry import Telemetry
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.engine.chat import Chat
    from jupyter_ai.engine.engine import Engine

__all__ = ["Connection", "EngineHost", "HostOptions", "State"]

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]
State = Literal["waiting", "starting", "ready", "failed", "closed"]

_DELAY = 0.1
"""Seconds from the first turn of the event loop until we import anything: whoever waits for the server is
served first. A request for us does not wait."""

_CLOSING = 5.0  # seconds; the engine's own bounds are tighter

# What the first answer would import otherwise, on the event loop and while somebody waits for it. Not every
# version of LangChain has all of its modules.
_NEEDED = (
    "jupyter_ai.engine.engine",
    "jupyter_ai.config_manager",
    "jupyter_ai.chat_handlers.base",
    "jupyter_ai.history",
    "jupyter_ai.personas.local_personas",
    "jupyter_ai.personas.manager",
    "jupyter_ai_magics.base_provider",
    "jupyter_ai_magics.templates",
)
_USEFUL = (
    "langchain_core.language_models",
    "langchain_core.messages",
    "langchain_core.prompts",
    "langchain_core.tracers.context",
    "langchain_core.tracers.langchain",
    "langchain_core.tracers.run_collector",
    "langchain_core.tracers.stdout",
)


class Connection(Protocol):
    """A WebSocket that shows a chat."""

    chat: Chat
    owner: str

    def close(self, code: int | None = None, reason: str | None = None) -> None: ...

    def abort(self) -> None: ...


class Editor(Protocol):
    """A WebSocket over which completions are asked for."""

    def abort(self) -> None: ...


class EngineHost:
    """The one engine of a server. All methods but `find_plugins` belong to the event loop's thread."""

    def __init__(
        self,
        options: HostOptions,
        log: Log,
        settings: dict[str, Any],
        *,
        one_owner: bool = True,
        redactor: Redactor | None = None,
    ) -> None:
        self.options = options
        self.log = log
        self.state: State = "waiting"
        self.problems: dict[str, str] = {}  # by stage of the start-up, in words
        self.engine: Engine | None = None
        self.policy = Policy(
            options.allowed_providers,
            options.blocked_providers,
            options.allowed_models,
            options.blocked_models,
        )
        self.plugins = PluginRegistry(
            log=log,
            allow_builtin_override=options.allow_builtin_override,
            blocked=_blocked_by(self.policy),
            ids=ProviderIds.in_folder(options.data_dir),
        )
        self.connections: set[Connection] = set()
        self.editors: set[Editor] = set()
        self.testing: set[str] = set()  # whose models are being tested
        self.reloader: Reloader | None = None  # once plug-ins were found
        self._settings = settings  # the server's: providers and plug-ins read them
        self._one_owner = one_owner  # everybody is "": their chat may be opened before they come
        self._config_manager: ConfigManager | None = None
        self._completions: CompletionService | None = None
        self._making = Lock()
        self._redactor = redactor  # from before any plug-in is imported until the end
        self._key_names: frozenset[str] = frozenset()
        self._found = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._settled: asyncio.Event | None = None  # set when there is an engine, or when there will be none

    # Start and end

    def start_soon(self) -> None:
        """Begin when the server has had time to answer; called on its running loop."""
        if self.state == "waiting" and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_DELAY, self.start)

    def start(self) -> None:
        """Begin now, unless that was done; returns at once."""
        if self.state != "waiting":
            return
        self.state = "starting"
        self._settled = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._start(), name="start the chat engine")

    async def ready(self) -> Engine:
        """The engine, as soon as there is one. Raises `EngineUnavailable`.

        Cancelling it leaves the start-up alone; it may be called any number of times at once.
        """
        if self.state != "ready":
            self.start()
            if self._settled is not None:
                await self._settled.wait()
        if self.engine is None or self.state != "ready":
            raise EngineUnavailable(self.problems.get("engine", "the server is stopping"))
        return self.engine

    async def aclose(self) -> None:
        """End every connection and the engine, within a few seconds; what cannot end is left behind."""
        self.state = "closed"
        gc.unfreeze()
        if self._timer is not None:
            self._timer.cancel()
        if self._settled is not None:
            self._settled.set()  # the task does not, if it is cancelled before its first step
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=_CLOSING)
        for connection in [*self.connections, *self.editors]:
            connection.abort()  # a client that sees no closing handshake comes back
        if self._completions is not None:
            await self._completions.aclose()
        if "completion_telemetry" in vars(self):
            self.completion_telemetry.close()
        if self.engine is not None:
            await self._close(self.engine)
        if self._redactor is not None:
            stop_redacting(self._redactor)

    # What there is

    @property
    def store_path(self) -> Path:
        """The file of the chats."""
        return _store_path(self.options)

    def find_plugins(self) -> PluginRegistry:
        """The registry, with what is installed found, though not loaded; from any thread."""
        if not self._found:
            self.plugins.discover()
            self.reloader = Reloader(self.plugins)
            self._found = True
        return self.plugins

    @property
    def config_manager(self) -> ConfigManager:
        """Which model answers. It does not wait for providers that are still loading."""
        with self._making:
            if self._config_manager is None:
                from jupyter_ai.server.configuring import make_config_manager

                self._config_manager = make_config_manager(self)
            return self._config_manager

    @property
    def completions(self) -> CompletionService:
        """What completes code, made when it is first asked for. Raises `EngineUnavailable` at the end."""
        if self.state == "closed":
            raise EngineUnavailable("the server is stopping")
        if self._completions is None:
            from jupyter_ai.server.completing import make_service

            self._completions = make_service(self, self._settings)
        return self._completions

    async def renew_completions(self) -> None:
        """Complete with the providers that a reload has brought."""
        if self._completions is not None:
            await self._completions.renew()

    @cached_property
    def completion_telemetry(self) -> Telemetry:
        """What counts and tells how completions fare."""
        from jupyter_ai.completions.telemetry import Telemetry

        telemetry = Telemetry(self._settings.get("event_logger"))
        telemetry.publish()
        return telemetry

    def providers(self, group: str) -> dict[str, Any]:
        """The provider classes of a group that serve now, by their ids; ours are imported on access."""
        from jupyter_ai_magics.lazy_providers import LazyProviders

        def models(id: str) -> Sequence[str] | None:
            plugin = next((p for p in self.plugins.serving(group) if p.id == id), None)
            return plugin.card.models if plugin is not None and plugin.card is not None else None

        plugins = self.plugins
        mapping: Any = LazyProviders(
            lambda: plugins.provider_ids(group), lambda id: plugins.provider(group, id), models
        )
        return mapping  # type: ignore[no-any-return]  # 2.x calls it a dict

    def learn_key_names(self) -> None:
        """Have the keys that loaded providers name be kept out of what is said and logged."""
        self._key_names |= loaded_key_names(self.plugins)

    def default_chat(self) -> Chat | None:
        """The default chat that 2.x's settings keys stand for, once it is open."""
        return self.engine.open_default_chat() if self.engine is not None else None

    def at_work(self) -> bool:
        """Whether anything is being answered."""
        return self.engine is not None and self.engine.at_work()

    def connections_to(self, chat_id: str) -> Iterator[Connection]:
        """Who reads a chat over a WebSocket."""
        return iter([connection for connection in self.connections if connection.chat.id == chat_id])

    # Starting

    async def _start(self) -> None:
        try:
            self.engine = await self._make()
            await self._open_default_chat(self.engine)
            self.state = "ready"
        # Whatever fails here, the server goes on without a chat, and `health` says why.
        except Exception as e:
            self.problems["engine"] = f"{type(e).__name__}: {e}"
            self.log.exception("The chat engine could not be started.")
            self.state = "failed"
        # Whatever ends it: whoever waits is let go.
        finally:
            if self._settled is not None:
                self._settled.set()
        if self.engine is not None:
            await self._settle(self.engine)

    async def _make(self) -> Engine:
        await run_in_thread(self._prepare)
        from jupyter_ai.engine.engine import Engine, EngineOptions
        from jupyter_ai.engine.store import Store

        options = self.options
        self.plugins.start_loading(asyncio.get_running_loop())
        engine = Engine(
            plugins=self.plugins,
            config_manager=self.config_manager,
            store=Store(self.store_path, synchronous=options.store_synchronous, log=self.log),
            log=self.log,
            options=EngineOptions(
                root_dir=options.root_dir,
                preferred_dir=options.preferred_dir,
                model_parameters=options.model_parameters,
                help_message_template=options.help_message_template,
                max_chat_history=options.max_chat_history,
                error_logs_dir=options.error_logs_dir,
                local_personas=options.local_personas,
                allowed_folders=options.allowed_folders,
            ),
        )
        engine.reload_plugins = self._reload_plugins
        try:
            await engine.start()
        except BaseException:
            await self._close(engine)
            raise
        return engine

    async def _reload_plugins(self) -> dict[str, Any]:
        from jupyter_ai.server.plugin_reload import reload_plugins

        return await reload_plugins(self)

    def _prepare(self) -> None:
        """The slow part, on a thread."""
        # The collector would go through all of the server for 0.1 s, while the loop waits.
        gc.freeze()
        for module in _NEEDED:
            import_module(module)
        for module in _USEFUL:
            with suppress(ImportError):
                import_module(module)
        from jupyter_ai_magics.base_provider import BaseProvider

        BaseProvider.server_settings = MappingProxyType(self._settings)
        self.redact()
        self.config_manager.offers = Offers(self.config_manager, self._provider_classes)
        self.find_plugins()
        # Reads the settings, and brings a file of an earlier version up to date.
        self.config_manager.sources.read()

    def redact(self) -> None:
        """Take all secrets out of what is said and logged from now on; at first those of the environment."""
        if self.state == "closed":
            return
        redactor = self._redactor
        if redactor is None:
            redactor = self._redactor = Redactor(environment_secrets)
            start_redacting(redactor)
        manager = self.config_manager
        manager.sources.read()  # it may log and be asked for its secrets then: not while it reads
        self._key_names = partner_key_names()
        redactor.values = lambda: {**manager.secret_values(), **manager.keys.by_value(self._key_names)}
        redactor.refresh()  # here, where a slow keyring keeps nobody waiting

    def _provider_classes(self) -> list[type]:
        """Of language models, as far as they are imported."""
        found = [plugin for plugin in self.plugins.plugins(MODEL_PROVIDERS) if plugin.state == "loaded"]
        return [plugin.obj for plugin in found if plugin.obj is not None]

    async def _open_default_chat(self, engine: Engine) -> None:
        if not self._one_owner:
            return
        try:
            await engine.default_chat()
        # It is opened again when somebody asks for it; they are told what happens then.
        except Exception as e:
            self.problems["default chat"] = f"{type(e).__name__}: {e}"
            self.log.exception("The default chat could not be opened.")

    async def _settle(self, engine: Engine) -> None:
        """What is loaded by now stays: the garbage collector need not go through it again and again.

        That would hold up everybody for 0.1 s, three times in an answer of 20,000 chunks.
        """
        await engine.handlers_ready()
        await asyncio.gather(
            *(self.plugins.ready(group) for group in (MODEL_PROVIDERS, EMBEDDINGS_PROVIDERS))
        )
        self.learn_key_names()
        gc.freeze()

    async def _close(self, engine: Engine) -> None:
        try:
            async with asyncio.timeout(_CLOSING):
                await engine.aclose()
        except TimeoutError:
            self.log.error("The chat engine did not end within %g s; it is left behind.", _CLOSING)
        # The server is stopping, or there is no engine: this is only told.
        except Exception:
            self.log.exception("The chat engine did not end well.")


def _store_path(options: HostOptions) -> Path:
    from jupyter_ai.engine.store import store_path

    if options.store_path:
        return Path(options.store_path).expanduser()
    return store_path(Path(options.data_dir), options.root_dir)


def _blocked_by(policy: Policy) -> Callable[[Plugin], str | None]:
    """Says why a plug-in is blocked, or None."""

    def reason(plugin: Plugin) -> str | None:
        if plugin.group not in (MODEL_PROVIDERS, EMBEDDINGS_PROVIDERS):
            return None
        if plugin.id is not None:
            return policy.provider_reason(plugin.id)
        # Its id is not known yet. By convention an entry point bears it: enough to keep a provider out.
        blocked = plugin.name in (policy.blocked_providers or ())
        return policy.provider_reason(plugin.name) if blocked else None

    return reason
