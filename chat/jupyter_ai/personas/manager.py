"""The personas of one chat: made when first needed, prepared, asked, stopped and shut down."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_ai.chat_handlers.base import BaseChatHandler
from jupyter_ai.context_providers.base import add_context
from jupyter_ai.engine.addresses import address_of, same_name
from jupyter_ai.engine.lazy import LazyMapping
from jupyter_ai.engine.router import DEFAULT, Voices
from jupyter_ai.engine.run import Turn
from jupyter_ai.engine.together import Together
from jupyter_ai.errors import FileRefused, message_of
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas.avatars import avatar_route, declared_path, read_avatar
from jupyter_ai.personas.base_persona import BasePersona
from jupyter_ai.personas.chain import Chain
from jupyter_ai.personas.lifecycle import Lifecycle
from jupyter_ai.personas.local_access import LocalAccess
from jupyter_ai.personas.member import Member
from jupyter_ai.personas.people import people_of
from jupyter_ai.personas.persona_chat import PersonaChat
from jupyter_ai.plugins import PERSONAS, Plugin
from jupyter_ai_magics.failures import asking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.chat_history import BaseChatMessageHistory

    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.context_providers.base import BaseCommandContextProvider
    from jupyter_ai.engine.chat import Chat
    from jupyter_ai.engine.run import Run

__all__ = ["PersonaManager"]


class PersonaManager:
    """One for each chat, and the `parent` of its personas. It lives on the chat's loop."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._engine = chat.engine
        self.log = chat.engine.log
        self.config_manager: ConfigManager = chat.engine.config_manager
        self.event_loop = asyncio.get_running_loop()
        self.root_chat_handlers = chat.root_chat_handlers
        self.message_interrupted = chat.message_interrupted
        self.local = LocalAccess(chat.engine.local_personas, chat.row.owner)  # persona files
        self._members: LazyMapping[Member] = LazyMapping(self._keys, self._build)  # by entry point name
        self._lifecycle = Lifecycle(chat.own, self.say, self.log)
        self._answers: dict[str, Together] = {}  # by the id of the message that is answered
        self._at_work: dict[str, list[Member]] = {}  # likewise
        self._retired: list[Member] = []  # others have taken their place; they finish what they are at
        self._chain = Chain(self)

    # What personas use

    @property
    def handlers(self) -> Mapping[str, BaseChatHandler]:
        """The chat's handlers by routing key: "default" or "/word"."""
        return self._chat.handlers

    @property
    def context_providers(self) -> Mapping[str, BaseCommandContextProvider]:
        """The chat's context commands, by id."""
        return self._chat.context_providers

    @property
    def personas(self) -> dict[str, BasePersona]:
        """All personas of the chat, by id."""
        found = [member.voice for member in self._members.values()]
        return {voice.id: voice for voice in found if isinstance(voice, BasePersona)}

    @property
    def root_dir(self) -> Path:
        """The server's root, links resolved."""
        return self._engine.root_dir

    @property
    def chat_dir(self) -> Path:
        """The directory that the chat is about."""
        return self._engine.chat_dir

    @property
    def log_dir(self) -> Path | None:
        """Where tracebacks are written, if anywhere."""
        folder = self._engine.options.error_logs_dir
        return Path(folder) if folder else None

    def model_parameters(self, provider: Any, params: Mapping[str, Any]) -> dict[str, Any]:
        """What the administrator set for a model."""
        key = f"{provider.id}:{params.get('model_id', '')}"
        return dict(self._engine.options.model_parameters.get(key, {}))

    def memory_for(self, message: HumanChatMessage, model: Any = None) -> BaseChatMessageHistory:
        """What models remember of the chat, as the exchange of `message` writes to it.

        It shows what fits `model` beside the message; without one, what fits most models.
        """
        from jupyter_ai.history import WrappedBoundedChatHistory
        from jupyter_ai.memory_budget import memory_budget

        budget = memory_budget(model, message.body)
        self._chat.mark_remembering(message.id, budget)
        return WrappedBoundedChatHistory(self._chat.memory, message, budget=budget)

    async def add_context(self, message: HumanChatMessage, text: str, model: Any = None) -> tuple[str, str]:
        """`text` as `model` is to read it, and what is attached to `message` and its context commands add.

        As much as `model`, a LangChain model, has room for; without one, what the chosen model has room for.
        Raises `ContextProviderException`.
        """
        return await add_context(self.context_providers, message, text, model)

    def avatar_route(self, persona: Any) -> str:
        """Where the picture of a persona is, below the server's base URL."""
        member = next((m for m in self._members.built() if m.voice is persona), None)
        if member is None:  # it is being made
            return avatar_route("", declared_path(getattr(persona, "avatar_path", "")))
        return avatar_route(member.key, member.avatar_path)

    def follow(self, persona: BasePersona, text: str) -> None:
        """Let those answer whom `persona` has addressed at the beginning of `text`; from any thread."""
        self._chain.follow(persona, text)

    def say(self, text: str, run: Run) -> None:
        """A warning of the framework's own."""
        self._chat.say(text, run.id, {"warning": True})

    # Who is there

    def members(self) -> list[Member]:
        """All who can be addressed, made now if they were not; of two of one name the first in rank."""
        return list(self._named().values())

    def find(self, name: str) -> Member | None:
        """Who has this name."""
        return self._named().get(same_name(name))

    def avatar(self, key: str) -> tuple[bytes, str]:
        """The picture of the persona of an entry point, and its media type. Blocks. Raises `FileRefused`."""
        member = self._members.get(key)
        if member is None or not member.avatar_path:
            raise FileRefused(f"There is no persona {key!r} with a picture.")
        return read_avatar(member.avatar_path, member.voice)

    @property
    def sticky(self) -> str | None:
        """The name of whom was addressed or chosen last, if they are there; kept with the chat."""
        name = self._chat.row.persona
        return name if name and self.find(name) else None

    @sticky.setter
    def sticky(self, name: str | None) -> None:
        self._chat.update(persona=name or "")
        self._chat.tell_persona()

    def voices(self, prompt: str) -> Voices:
        """Whom `prompt` could address. Personas are made only if it may address one, or one is sticky."""
        needless = "@" not in prompt and DEFAULT in self._engine.plugins.handlers()
        if needless and self.sticky is None:
            return Voices()
        names, people = tuple(member.name for member in self.members()), people_of(self._chat)
        return Voices(names, people.names, self._chat.context_ids(), self.sticky, alone=people.alone)

    async def refresh(self) -> dict[str, Any]:
        """Take in what was changed: packages as `jupyter ai plugins --reload` does, and persona files.

        Returns what `POST api/ai/plugins/reload` does; {} where there is no server. What is wrong with a
        persona is in `local.files` and `troubles`. Raises `ReloadRuns`.
        """
        reload = self._engine.reload_plugins
        told = await reload() if reload is not None else {}
        await self.local.refresh()
        return told

    def troubles(self) -> dict[str, str]:
        """What keeps personas that are loaded from being made, by the name of the entry point or file."""
        self.members()
        return {plugin.name: plugin.trouble for plugin in self._plugins() if plugin.trouble}

    # Answering

    async def answer(self, run: Run, names: tuple[str, ...], text: str) -> None:
        """Let these personas answer, side by side. Cancelling it cancels them all.

        Raises nothing of theirs: each tells its own failure.
        """
        together = self._answers[run.id] = Together(self._chat.own)
        try:
            members = list(filter(None, map(self.find, names)))
            # Not in a task of its own: with the answer of one the run is over, and so they are kept together.
            first = [self._answer(m, run, m.addressed_message(run.message, text)) for m in members[:1]]
            for member in members[1:]:
                self.begin(member, run, member.addressed_message(run.message, text))
            await together.wait(*first)
        finally:
            del self._answers[run.id]
            self._at_work.pop(run.id, None)
            self._dismiss()

    def begin(self, member: Member, run: Run, message: HumanChatMessage) -> None:
        """Let one more persona answer in a run; nothing happens once that is over."""
        together = self._answers.get(run.id)
        if together is not None:
            together.start(self._answer(member, run, message), f"{member.name} answers {run.id}")

    def _answer(self, member: Member, run: Run, message: HumanChatMessage) -> Coroutine[Any, Any, None]:
        run.personas.append(member.name)
        self._at_work.setdefault(run.id, []).append(member)
        return self._answered(member, message, run)

    async def _answered(self, member: Member, message: HumanChatMessage, run: Run) -> None:
        turn = Turn(member.name)
        turn.take()
        await self._lifecycle.answer(member, message, run)
        if not (turn.spoke or run.over or run.stopped or member.name in run.heard):
            run.spoke = True
            self._chat.say(f"{member.name} said nothing.", run.id, {"empty": True})

    def stopped(self, run: Run) -> None:
        """Cancel who answers in `run`, now, and tell them that the user stopped it.

        Had they a turn between Stop and their cancellation, this would hit them while they clean up.
        """
        if (together := self._answers.get(run.id)) is not None:
            together.cancel()
        for member in filter(None, map(self.find, run.personas)):
            self._lifecycle.tell_stopped(member)

    def close(self) -> set[asyncio.Task[None]]:
        """Begin to shut down all personas that were made; each task ends within 2 s."""
        return self._lifecycle.close([*self._retired, *self._members.built()])

    def renew(self) -> None:
        """Have personas made anew where plug-ins were reloaded; old ones are shut down once idle."""
        classes = {plugin.name: plugin.obj for plugin in self._plugins()}

        def is_stale(key: str, member: Member | None) -> bool:
            return member is None or type(member.voice) is not classes.get(key)

        self._retired += [member for member in self._members.built() if is_stale(member.key, member)]
        self._members.forget(is_stale)
        self._dismiss()

    def _dismiss(self) -> None:
        busy = [member for members in self._at_work.values() for member in members]
        idle = [member for member in self._retired if member not in busy]
        self._retired = [member for member in self._retired if member in busy]
        self._lifecycle.close(idle)

    def refusal(self, names: tuple[str, ...], command: str) -> str | None:
        """Why one of those addressed does not take a command (with the slash), or None."""
        for member in filter(None, map(self.find, names)):
            if not member.accepts(command):
                return f"{member.name} does not take `{command}`. Leave out {address_of(member.name)}."
        return None

    # Making them

    def _keys(self) -> Iterator[str]:
        return (plugin.name for plugin in self._plugins())

    def _plugins(self) -> list[Plugin]:
        installed = [p for p in self._engine.plugins.plugins(PERSONAS) if p.state == "loaded"]
        return [*installed, *self.local.plugins]

    def _build(self, key: str) -> Member | None:
        plugin = next(plugin for plugin in self._plugins() if plugin.name == key)
        try:
            with asking():
                voice = self._voice(plugin)
                return Member(key, voice) if voice is not None else None
        # Name and defaults are a plug-in's code, too.
        except Exception as e:
            plugin.trouble = f"{type(e).__name__} in its `defaults`: {message_of(e)}"
            self.log.exception("%s cannot be asked for its name.", plugin)
            return None

    def _voice(self, plugin: Plugin) -> Any:
        if plugin.obj is not None and issubclass(plugin.obj, BaseChatHandler):
            if plugin.slash_id is not None:
                return self._chat.handlers.get(f"/{plugin.slash_id}")
            return self._chat.build(plugin, self._engine.handler_arguments(self._chat))
        chat = PersonaChat(self._chat, lambda name: found.id if (found := self.find(name)) else name)
        arguments = {"parent": self, "config_manager": self.config_manager, "chat": chat, "log": self.log}
        persona = self._chat.build(plugin, arguments)
        if persona is not None:
            chat.belong_to(persona)
        return persona

    def _named(self) -> dict[str, Member]:
        found: dict[str, Member] = {}
        for plugin in sorted(self._plugins(), key=lambda plugin: not plugin.builtin):
            member = self._members.get(plugin.name)
            if member is None:
                continue
            holder = found.setdefault(same_name(member.name), member)
            if holder is not member and not plugin.trouble:
                plugin.trouble = (
                    f"its name {member.name!r} is that of persona `{holder.key}`, which keeps it: "
                    "give one of the two another name, or uninstall it"
                )
                self.log.warning("%s cannot be addressed: %s", plugin, plugin.trouble)
        return found
