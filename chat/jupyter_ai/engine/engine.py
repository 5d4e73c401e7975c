"""All chats of one server: opening, listing and closing them, and what they share."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_ai.engine.chat import Chat
from jupyter_ai.engine.restore import describe
from jupyter_ai.engine.run import Run
from jupyter_ai.engine.store import ChatContents, ChatRow, Store, StoreError
from jupyter_ai.engine.threads import RunExecutor
from jupyter_ai.engine.watchdog import Watchdog
from jupyter_ai.errors import ChatError, ChatNotFound, ChatUnreadable, NotAllowed, UnknownPersona
from jupyter_ai.models import ChatDescription, Persona
from jupyter_ai.plugins import (
    CHAT_HANDLERS,
    CONTEXT_PROVIDERS,
    MODEL_PROVIDERS,
    PERSONAS,
    PluginRegistry,
)
from jupyter_ai_magics.failures import asking
from jupyter_ai_magics.models.persona import JupyternautPersona
from jupyter_ai_magics.threads import run_in_thread

if TYPE_CHECKING:
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.personas.local_personas import LocalPersonas, LocalPolicy

__all__ = ["Engine", "EngineOptions"]

_CLOSING = 0.1
"""Seconds that cancelled handlers have to end when the server stops."""

_PREPARING = 30.0  # seconds that an answer waits for the import of its model's provider

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


@dataclass(slots=True)
class EngineOptions:
    """What an administrator or a test decides."""

    root_dir: str = "."
    preferred_dir: str | None = None
    model_parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    help_message_template: str = ""
    max_chat_history: int | None = 2  # exchanges that a model sees; None: all
    error_logs_dir: str | None = None
    greet: bool = True  # send the help message to an empty chat
    threads: bool = True  # synchronous work of runs on daemon threads, and the watchdog
    local_personas: LocalPolicy = "ask"  # whether persona files in `.jupyter/personas` are run
    allowed_folders: Path | None = None  # where it is kept which folders were allowed; None: in memory


class Engine:
    """The chats of one server. Make it and use it on one event loop; `start` it first, `aclose` it last."""

    def __init__(
        self,
        *,
        plugins: PluginRegistry,
        config_manager: ConfigManager,
        store: Store,
        log: Log | None = None,
        options: EngineOptions | None = None,
    ) -> None:
        self.plugins = plugins
        self.config_manager = config_manager
        self.store = store
        self.log: Log = log or logging.getLogger("jupyter_ai")
        self.options = options or EngineOptions()
        self.epoch = uuid.uuid4().hex[:12]  # another for each start: `seq` begins anew
        self.dask_client_future = _DaskClient()
        self.reload_plugins: Callable[[], Awaitable[dict[str, Any]]] | None = None  # told as REST tells it
        self._rows: dict[str, ChatRow] = {}
        self._chats: dict[str, Chat] = {}
        self._newest: dict[str, float] = {}  # when the newest message was stored, by chat, at the start
        self._opening = asyncio.Lock()
        self._late: set[str] = set()  # plug-in groups, and models, that were not loaded in time
        self._watchdog = Watchdog(self.log, self._on_blocked) if self.options.threads else None

    async def start(self) -> None:
        """Open the store and read the list of chats. An unusable disk is told, not raised."""
        if self.options.threads:
            asyncio.get_running_loop().set_default_executor(RunExecutor())
        self.store.on_problem = self._on_problem
        await self.store.open()
        await self.local_personas.begin()
        try:
            self._rows = {row.id: row for row in await self.store.chats()}
            self._newest = await self.store.newest()
        except StoreError as e:
            self.log.error("The list of chats cannot be read, new ones can be made: %s", e)

    async def aclose(self) -> None:
        """End all runs and write what is left. Bounded: waits for no hung handler, model or disk."""
        if self._watchdog is not None:
            self._watchdog.close()
        tasks = {task for chat in self._chats.values() for task in chat.cut()}
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSING)
        if closing := {task for chat in self._chats.values() for task in chat.closing}:
            await asyncio.wait(closing)  # each is bounded
        self.local_personas.close()
        await self.store.aclose()

    # Chats

    def chats(self, owner: str = "") -> list[ChatDescription]:
        """The chats that `owner` may see: their own, and those that others share."""
        return [self._describe(row) for row in self._current_rows() if _may_see(row, owner)]

    async def default_chat(self, owner: str = "") -> Chat:
        """The chat that `owner` always has."""
        for row in self._current_rows():
            if row.is_default and row.owner == owner:
                return await self._open(row)
        return await self._create(owner, title="Chat", is_default=True)

    async def create_chat(self, owner: str = "", title: str = "") -> Chat:
        """A new chat; without a title its first prompt becomes one."""
        return await self._create(owner, title=title, is_default=False)

    async def chat(self, id: str, owner: str = "") -> Chat:
        """The chat with this id. Raises `ChatNotFound` also where it is not for `owner` to see."""
        row = self._row(id)
        if row is None or not _may_see(row, owner):
            raise ChatNotFound(id)
        return await self._open(row)

    async def update_chat(
        self,
        id: str,
        owner: str = "",
        *,
        title: str | None = None,
        shared: bool | None = None,
        persona: str | None = None,
    ) -> ChatDescription:
        """Rename or share a chat of one's own, or let `persona` answer what is addressed to nobody.

        "" is the default. Whoever sees a chat may choose that, as by addressing somebody in it. Changes
        nothing where it raises `ChatNotFound`, `NotAllowed`, `UnknownPersona`.
        """
        chat = await self.chat(id, owner)
        if title is not None or shared is not None:
            _check_owner(chat.row, owner)
        member = chat.personas.find(persona) if persona else None
        if persona and member is None:
            raise UnknownPersona(persona)
        chat.update(title=title, shared=shared)
        if persona is not None:
            chat.personas.sticky = member.name if member is not None else None
        return chat.describe()

    async def delete_chat(self, id: str, owner: str = "") -> None:
        """Delete a chat of one's own with all that was said.

        Raises `ChatNotFound`, `NotAllowed`, and `ChatError` for the default chat.
        """
        chat = await self.chat(id, owner)
        _check_owner(chat.row, owner)
        if chat.row.is_default:
            raise ChatError("The default chat cannot be deleted. Clear it, or delete another chat.")
        self._chats.pop(id, None)
        self._rows.pop(id, None)
        chat.cut()
        self.store.delete_chat(id)

    def open_default_chat(self, owner: str | None = None) -> Chat | None:
        """The default chat of `owner` if it is open already; of None, that which was opened first."""
        chats = (chat for chat in self._chats.values() if chat.row.is_default)
        return next((chat for chat in chats if owner in (None, chat.row.owner)), None)

    def at_work(self) -> bool:
        """Whether anything is being answered."""
        return any(chat.runs for chat in self._chats.values())

    # What chats use

    async def commands_ready(self) -> None:
        """Return when it is known who answers, after 30 s at most."""
        await self._loaded(CHAT_HANDLERS, PERSONAS)
        await self._local_personas_ready()

    async def handlers_ready(self) -> None:
        """Return when all that an answer may need is loaded, after 30 s at most.

        Of providers that is the selected model's.
        """
        await self._loaded(CHAT_HANDLERS, PERSONAS, CONTEXT_PROVIDERS)
        await self._local_personas_ready()
        await self._model_ready()

    @cached_property
    def root_dir(self) -> Path:
        """The server's root, links resolved."""
        return Path(self.options.root_dir).expanduser().resolve()

    @cached_property
    def chat_dir(self) -> Path:
        """The directory that chats are about: the preferred one, or the root."""
        from jupyter_ai.chat_handlers.base import get_preferred_dir

        preferred = get_preferred_dir(str(self.root_dir), self.options.preferred_dir)
        return Path(preferred) if preferred else self.root_dir

    @cached_property
    def local_personas(self) -> LocalPersonas:
        """Those of the files in the nearest `.jupyter/personas`."""
        from jupyter_ai.personas.allowed_folders import AllowedFolders
        from jupyter_ai.personas.local_personas import LocalPersonas

        return LocalPersonas(
            self.chat_dir,
            self.root_dir,
            self.options.local_personas,
            AllowedFolders(self.options.allowed_folders),
            log=self.log,
            on_change=self.renew_plugins,
            threads=self.options.threads,
        )

    async def _local_personas_ready(self) -> None:
        local = self.local_personas
        if not await local.ready():
            return
        for name, problem in local.files.problems.items():
            for chat in [chat for chat in self._chats.values() if local.allows(chat.row.owner)]:
                chat.say(f"Persona file `{name}` cannot be used: {problem}", metadata={"warning": True})

    async def _model_ready(self) -> None:
        """Import the provider of the selected model on a thread, if that was not done."""
        config, gid = self.config_manager, str(self.config_manager.lm_gid)
        if config.prepared or gid in self._late:
            return
        if not await self.plugins.ready(MODEL_PROVIDERS, id=gid.partition(":")[0]):
            self._late.add(gid)
            return
        try:
            await self._prepare(gid)
        # A provider's code. Whoever asks for the model is told then.
        except Exception as e:  # noqa: BLE001
            self.log.warning("The provider of %s cannot be prepared: %r", gid, e)

    async def _prepare(self, gid: str) -> None:
        if not self.options.threads:
            self.config_manager.prepare()
            return
        try:
            async with asyncio.timeout(_PREPARING):
                await run_in_thread(self.config_manager.prepare)
        except TimeoutError:
            self.log.warning("The provider of %s is not imported after %g s.", gid, _PREPARING)
            self._late.add(gid)

    async def _loaded(self, *groups: str) -> None:
        # What was late once is not waited for again: one import that hangs would hold up every message.
        missing = [g for g in groups if not self.plugins.loaded(g) and g not in self._late]
        if missing:
            ready = await asyncio.gather(*(self.plugins.ready(group) for group in missing))
            self._late.update(group for group, in_time in zip(missing, ready, strict=True) if not in_time)

    def renew_plugins(self) -> None:
        """Answer with what was reloaded from the next message on; what is being answered goes on as it is."""
        self._late.clear()
        for chat in self._chats.values():
            chat.renew()

    def memory_length(self) -> int | None:
        """How many exchanges a model is shown now; None: all."""
        chosen = self.config_manager.max_chat_history
        return self.options.max_chat_history if chosen is None else chosen

    def persona(self) -> Persona:
        """Who speaks where no handler does."""
        try:
            with asking():
                return self.config_manager.persona
        # A provider's code; what is said must not fail with it.
        except Exception as e:  # noqa: BLE001
            self.log.warning("The persona of the selected model is not to be had: %r", e)
            return JupyternautPersona

    def handler_arguments(self, chat: Chat) -> dict[str, Any]:
        """The keyword arguments of `BaseChatHandler`, for one chat."""
        return {
            "log": self.log,
            "config_manager": self.config_manager,
            "root_chat_handlers": chat.root_chat_handlers,
            "model_parameters": self.options.model_parameters,
            "chat_history": chat.log,
            "llm_chat_memory": chat.memory,
            "root_dir": self.options.root_dir,
            "preferred_dir": self.options.preferred_dir,
            "dask_client_future": self.dask_client_future,
            "help_message_template": self.options.help_message_template,
            "chat_handlers": chat.handlers,
            "context_providers": chat.context_providers,
            "message_interrupted": chat.message_interrupted,
            "log_dir": self.options.error_logs_dir,
        }

    def watchdog_enter(self) -> None:
        """A run begins."""
        if self._watchdog is not None:
            self._watchdog.enter()

    def watchdog_leave(self) -> None:
        """A run's task ended."""
        if self._watchdog is not None:
            self._watchdog.leave()

    def _on_blocked(self, run: Run, name: str, seconds: float) -> None:
        for chat in self._chats.values():
            if chat.log.find(run.id) is run.message:
                chat.say(
                    f"{name} blocked the whole server for {seconds:.1f} s. "
                    "Its author should `await` what takes long, or run it in a thread.",
                    run.id,
                    {"warning": True},
                )

    def _on_problem(self, problem: str | None) -> None:
        text = problem or "What is said here is being saved again."
        for chat in self._chats.values():
            chat.say(text, metadata={"warning": True})

    # Rows and chats

    def _row(self, id: str) -> ChatRow | None:
        chat = self._chats.get(id)
        return chat.row if chat is not None else self._rows.get(id)

    def _describe(self, row: ChatRow) -> ChatDescription:
        chat = self._chats.get(row.id)
        return chat.describe() if chat is not None else describe(row, self._newest.get(row.id))

    def _current_rows(self) -> list[ChatRow]:
        rows = [row for id in self._rows if (row := self._row(id)) is not None]
        return sorted(rows, key=lambda row: row.created)

    async def _create(self, owner: str, *, title: str, is_default: bool) -> Chat:
        row = ChatRow(
            id=uuid.uuid4().hex,
            owner=owner,
            title=title,
            created=time.time(),
            shared=False,
            is_default=is_default,
        )
        self._rows[row.id] = row
        self.store.put_chat(row)
        return await self._open(row)

    async def _open(self, row: ChatRow) -> Chat:
        chat = self._chats.get(row.id)
        if chat is not None:
            return chat
        async with self._opening:
            chat = self._chats.get(row.id)
            if row.id not in self._rows:
                raise ChatNotFound(row.id)
            if chat is None:
                contents = await self._load(row)
                chat = self._chats[row.id] = Chat(self, row, contents)
                self._welcome(chat)
        return chat

    async def _load(self, row: ChatRow) -> ChatContents:
        try:
            return await self.store.load(row.id)
        except StoreError as e:
            raise ChatUnreadable(row.title, str(e)) from e

    def _welcome(self, chat: Chat) -> None:
        for text in (self.store.problem, self.store.notice):
            if text is not None:
                chat.say(text, metadata={"warning": True})
        if not chat.log:
            chat.greet()


class _DaskClient:
    """Awaiting it makes a Dask client, once; until then Dask is not imported.

    Raises ImportError with the extra to install.
    """

    def __init__(self) -> None:
        self._client: Any = None

    def __await__(self) -> Generator[Any, None, Any]:
        return self._get().__await__()

    async def _get(self) -> Any:
        if self._client is None:
            try:
                import distributed
            except ImportError as e:
                raise ImportError('Dask is not installed: pip install "jupyter_ai[dask]"') from e
            client: Any = distributed.Client  # an extra; some of its versions ship types, some do not
            self._client = await client(processes=False, asynchronous=True)
        return self._client


def _may_see(row: ChatRow, owner: str) -> bool:
    return row.owner == owner or row.shared


def _check_owner(row: ChatRow, owner: str) -> None:
    if row.owner != owner:
        raise NotAllowed(f"Chat {row.title!r} belongs to {row.owner!r}; only they can change or delete it.")
