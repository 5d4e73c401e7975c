"""A conversation: its log, its memory, its handlers, its runs and its readers."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_ai.attachments import ATTACHED_ONLY
from jupyter_ai.engine.addresses import address_of
from jupyter_ai.engine.frame import dump, encodable, plain
from jupyter_ai.engine.lazy import LazyMapping
from jupyter_ai.engine.log import ChatLog
from jupyter_ai.engine.memory import Shortening, exchange_rows, memory_row, recall
from jupyter_ai.engine.outlet import Outlet
from jupyter_ai.engine.persona_news import PersonaNews
from jupyter_ai.engine.restore import cut_reply, describe, ends_visibly, last_answer, parse_message
from jupyter_ai.engine.router import DEFAULT, Addressed, DidYouMean, ForPeople, Handled, route
from jupyter_ai.engine.run import STOPPED_TEXT, Run, current_run
from jupyter_ai.engine.store import ChatContents, ChatRow, MemoryRow, RunRow
from jupyter_ai.engine.streams import Streams
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.errors import ChatNotFound, NotAllowed, NotYourRun, UnknownMessage, message_of
from jupyter_ai.keys.redaction import active, redact, redact_data
from jupyter_ai.models import (
    AgentChatMessage,
    AgentStreamChunkMessage,
    AgentStreamMessage,
    BaseAgentMessage,
    ChatClient,
    ChatDescription,
    ChatMessage,
    ChatRequest,
    ClearMessage,
    ClearRequest,
    ClosePendingMessage,
    HumanChatMessage,
    Message,
    PendingMessage,
    Selection,
)
from jupyter_ai.plugins import CONTEXT_PROVIDERS, Plugin
from jupyter_ai.plugins.blame import place_of_class, place_of_error

if TYPE_CHECKING:
    from jupyter_ai.chat_handlers.base import BaseChatHandler
    from jupyter_ai.engine.engine import Engine
    from jupyter_ai.history import BoundedChatHistory
    from jupyter_ai.personas.manager import PersonaManager

__all__ = ["STOPPED_TEXT", "Chat"]

_MAX_MUTE = 4096  # messages of which it is remembered that nothing more is to be said to them
_TITLE_LENGTH = 60


class Chat:
    """One conversation; lives on the loop it was made on.

    Knows nothing of sockets: a WebSocket, a terminal and a test subscribe alike. Handlers reach it as the
    one value of `root_chat_handlers` and call `broadcast_message`, from any thread.
    """

    def __init__(self, engine: Engine, row: ChatRow, contents: ChatContents) -> None:
        self.engine = engine
        self.row = row
        self.outlet = Outlet(engine.epoch, engine.store)
        self._streams = Streams(row.id, engine.store, self.outlet)
        self.log = ChatLog(self._streams.settle)
        self.pending: dict[str, PendingMessage] = {}
        self.runs: dict[str, Run] = {}  # by the id of the human message
        self.message_interrupted: dict[str, asyncio.Event] = {}  # by stream id
        self.handlers: LazyMapping[BaseChatHandler] = LazyMapping(self._handler_keys, self._build_handler)
        self.context_providers: LazyMapping[Any] = LazyMapping(self.context_ids, self._build_context)
        self.root_chat_handlers: dict[str, Any] = {"chat": self}
        self._personas: PersonaManager | None = None
        self._news = PersonaNews(self)
        self._mute: dict[str, str] = {}  # human messages that were cleared or stopped, and who answered them
        self._closed = False  # deleted, or the server is stopping
        self.closing: set[asyncio.Task[None]] = set()  # what shuts down its personas
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._memory: BoundedChatHistory | None = None
        self._memory_length: int | None = None  # as it was chosen last
        self._stored_memory: list[MemoryRow] = contents.memory
        self._restore(contents)
        self._shortening = Shortening(self.log, self.say)

    # What it is

    @property
    def seq(self) -> int:
        """The number of the last frame."""
        return self.outlet.seq

    @property
    def id(self) -> str:
        """Unique on this server, and part of its URL."""
        return self.row.id

    def describe(self) -> ChatDescription:
        """The chat as the list of chats shows it."""
        described = describe(self.row, self.log.newest)
        described.persona = self.personas.sticky or ""
        return described

    def update(self, *, title: str | None = None, shared: bool | None = None) -> None:
        """Rename or share the chat."""
        row = self.row
        self.row = replace(
            row, title=row.title if title is None else title, shared=row.shared if shared is None else shared
        )
        self.engine.store.put_chat(self.row)

    @property
    def memory(self) -> BoundedChatHistory:
        """What the model remembers; built from the store when first needed."""
        if self._memory is None:
            from jupyter_ai.history import BoundedChatHistory

            self._memory_length = self.engine.memory_length()
            self._memory = BoundedChatHistory(k=self._memory_length)
            if lost := recall(self._stored_memory, self._memory):
                self.engine.log.warning("%d memories of chat %s cannot be read; left out.", lost, self.id)
            self._stored_memory = []
            self._memory.observe(
                lambda human_id, message: self._remember(memory_row(human_id, message)),
                lambda ids: _ignore(self.engine.store.clear_memory(self.id, ids)),
            )
        return self._memory

    @property
    def personas(self) -> PersonaManager:
        """The personas of this chat; none is made before it is needed."""
        if self._personas is None:
            from jupyter_ai.personas.manager import PersonaManager

            self._personas = PersonaManager(self)
        return self._personas

    # What people do

    def submit(self, request: ChatRequest, client: ChatClient, user: str = "") -> Run:
        """Take a person's message and begin to answer it; returns at once.

        Raises `ChatNotFound` once the chat is deleted.
        """
        self._check_open()
        is_blank = request.attachments and not request.prompt.strip()
        prompt = ATTACHED_ONLY if is_blank else request.prompt
        message = HumanChatMessage(
            id=uuid.uuid4().hex,
            time=time.time(),
            body=_body(prompt, request.selection),
            prompt=prompt,
            selection=request.selection,
            notebook=request.notebook,
            attachments=request.attachments,
            client=client,
        )
        self._entitle(prompt)
        run = self.runs[message.id] = Run(message, user, self._on_over, self.engine.store.give_way)
        self._append(message)
        self._put_run(run)  # with the message: who sees that after a crash sees what became of it
        self.own(run.start(self._answer(run)), run)
        return run

    def stop(self, user: str, target: str | None = None) -> int:
        """Stop the runs that `user` started, or the one that answers message `target`; how many there were.

        Raises `NotYourRun` if somebody else started that one.
        """
        if target is None:
            runs = [run for run in self.runs.values() if run.user == user]
        else:
            runs = [run for run in (self.runs.get(target),) if run is not None]
            if any(run.user != user for run in runs):
                raise NotYourRun(target)
        for run in runs:
            self._interrupt(run)
        return len(runs)

    def clear(self, target: str | None = None, user: str | None = None) -> None:
        """Forget everything, or the one exchange that human message `target` began.

        What answers is stopped first and says nothing more. Of a shared chat, a `user` who is not its owner
        may clear exchanges of their own. Raises `UnknownMessage`, `NotAllowed`.
        """
        self._check_clear(target, user)
        if target is not None:
            self._clear_exchange(target)
            return
        for message in self.log:
            if isinstance(message, HumanChatMessage):
                self._silence(message.id)
        self._streams.drop_all()
        if self._personas is not None:
            self._personas.sticky = None
        self.pending.clear()
        self.log.clear()
        ticket = self.engine.store.delete_messages(self.id, None)
        self._forget(None)
        self._publish(ClearMessage(targets=None), ticket)
        self.greet()

    def _check_clear(self, target: str | None, user: str | None) -> None:
        if user is None or user == self.row.owner:
            return
        message = self.log.find(target) if target is not None else None
        if not (isinstance(message, HumanChatMessage) and message.client.username == user):
            raise NotAllowed("Only the owner of this chat can clear what others said in it.")

    def _check_open(self) -> None:
        if self._closed:
            raise ChatNotFound(self.id)

    def _clear_exchange(self, target: str) -> None:
        if not isinstance(self.log.find(target), HumanChatMessage):
            raise UnknownMessage(target)
        self._silence(target)
        gone = [m.id for m in self.log if m.id == target or getattr(m, "reply_to", None) == target]
        for id in gone:
            self._streams.drop(id)
        for pending in [p for p in self.pending.values() if p.reply_to == target]:
            del self.pending[pending.id]
        self.log.remove_exchange(target)
        ticket = self.engine.store.delete_messages(self.id, gone)
        self._forget([target])
        self._publish(ClearMessage(targets=[target]), ticket)

    def greet(self) -> None:
        """Send the help message, once the commands are known."""
        if self.engine.options.greet:
            # In a context of its own: it speaks for no run, not even the one that cleared the chat.
            self.own(self._loop.create_task(self._greet(), context=contextvars.Context()))

    def on_clear_request(self, request: ClearRequest) -> None:
        """`clear`, as handlers written for 2.x call it: for whom they answer."""
        run = current_run()
        self.clear(request.target, run.user if run is not None else None)

    # What handlers do

    def broadcast_message(self, message: Message) -> None:
        """Take a message from a handler; may be called from any thread, returns at once.

        Dropped if what it replies to was cleared or stopped. Raises TypeError for what is no message.
        """
        if threading.get_ident() == self._thread:
            self._receive(message)
            return
        try:
            self._loop.call_soon_threadsafe(self._receive, message)
        except RuntimeError:
            self.engine.log.warning("A reply came after the server had stopped; it is lost.")

    def say(self, text: str, reply_to: str = "", metadata: dict[str, Any] | None = None) -> None:
        """A message of the framework's own; nothing is said to what was cleared."""
        if reply_to in self._mute:
            return
        self._append(
            AgentChatMessage(
                id=uuid.uuid4().hex,
                time=time.time(),
                body=text,
                reply_to=reply_to,
                persona=self.engine.persona(),
                metadata=metadata or {},
            )
        )

    # Who reads

    def subscribe(self, reader: Subscriber, *, epoch: str = "", since: int | None = None) -> None:
        """Send `reader` the connection frame, then what it missed, then all that happens.

        With the `epoch` and last `seq` that it saw (`since`), it gets what it missed if that is still
        held; else the whole history.
        """
        self._check_open()
        self._streams.flush()
        persona = self._news.frame() if reader.personas else None
        self.outlet.attach(reader, self.history_json, epoch, since, persona)

    def tell_persona(self) -> None:
        """Tell readers who have asked for it who answers what is addressed to nobody, if that has changed."""
        self._news.tell()

    def unsubscribe(self, reader: Subscriber) -> None:
        """Send `reader` nothing more."""
        self.outlet.detach(reader)

    def history_json(self) -> str:
        """`{messages, pending_messages}` as JSON."""
        messages = ",".join(dump(message) for message in self.log)
        pending = ",".join(dump(message) for message in self.pending.values())
        return f'{{"messages":[{messages}],"pending_messages":[{pending}]}}'

    def cut(self) -> set[asyncio.Task[None]]:
        """End every run and reader; nothing is taken or stored any more. Returns what was cancelled."""
        for run in list(self.runs.values()):
            run.cut()
        self._streams.end_all({"interrupted": True})  # of a thread or a task that outlived its run
        self._closed = True
        for reader in self.outlet.readers():
            self.unsubscribe(reader)
        tasks = self._tasks.copy()
        for task in tasks:
            task.cancel()
        if self._personas is not None:
            self.closing = self._personas.close()
        return tasks

    # Answering

    async def _answer(self, run: Run) -> None:
        await self.engine.commands_ready()
        if "@" in run.message.prompt:
            await self.engine.handlers_ready()  # context commands are no addresses
        choice = route(
            run.message.prompt, list(self._handler_keys()), self.personas.voices(run.message.prompt)
        )
        match choice:
            case DidYouMean():
                self._refuse(run, f"{choice.text()}{self.personas.local.hint(choice.command)}")
            case ForPeople():
                run.spoke = True  # nobody is to say anything
            case Addressed():
                await self._answer_by_personas(run, choice)
            case Handled(key, addressed) if refusal := self.personas.refusal(addressed, key):
                self._refuse(run, refusal)
            case Handled(key):
                await self._answer_by_handler(run, key)

    async def _answer_by_personas(self, run: Run, choice: Addressed) -> None:
        await self.engine.handlers_ready()
        if choice.explicit:
            self.personas.sticky = choice.names[-1]
        self._begin(run, address_of(choice.names[0]), " and ".join(choice.names))
        await self.personas.answer(run, choice.names, choice.text)

    async def _answer_by_handler(self, run: Run, key: str) -> None:
        handler = self.handlers.get(key)
        if handler is None:
            self._refuse(run, self._unavailable(key))
            return
        if handler.uses_llm:
            await self.engine.handlers_ready()
        self._begin(run, key, f"{type(handler).__name__} ({key})")
        await handler.on_message(run.message)

    def _begin(self, run: Run, key: str, name: str) -> None:
        self._remember_as_chosen()
        run.handler, run.handler_name = key, name
        self._put_run(run)

    def _remember_as_chosen(self) -> None:
        """Take over another length of the memory; one that a plug-in has set stays until then."""
        length = self.engine.memory_length()
        if self._memory is not None and length != self._memory_length:
            self._memory.k = self._memory_length = length

    def _refuse(self, run: Run, text: str) -> None:
        run.spoke = True
        self.say(text, run.id, {"error": {"type": "Refused", "message": text}})

    def _unavailable(self, key: str) -> str:
        plugin = self.engine.plugins.handlers().get(key)
        reason = f": {plugin.trouble}" if plugin is not None and plugin.trouble else ""
        what = "No default chat handler is installed" if key == DEFAULT else f"`{key}` cannot be used"
        return f"{what}{reason}. The server's log tells more, and `jupyter ai plugins` lists every plug-in."

    def _handler_keys(self) -> list[str]:
        return list(self.engine.plugins.handlers())

    def _build_handler(self, key: str) -> BaseChatHandler | None:
        plugin = self.engine.plugins.handlers()[key]
        handler: BaseChatHandler | None = self.build(plugin, self.engine.handler_arguments(self))
        return handler

    def build(self, plugin: Plugin, arguments: dict[str, Any]) -> Any:
        """An instance of a plug-in's class; None, and a word in the log, where its constructor fails."""
        try:
            with self._named(f"The constructor of {plugin}"):
                return plugin.obj(**arguments) if plugin.obj is not None else None
        # A constructor is a plug-in's code: it may raise anything and must hurt nobody else.
        except (Exception, SystemExit, KeyboardInterrupt) as e:
            plugin.trouble = f"{type(e).__name__} in its constructor: {message_of(e)}"
            plugin.traceback = "".join(traceback.format_exception(e))
            plugin.where = place_of_error(e, plugin.target) or place_of_class(plugin.obj, plugin.target)
            self.engine.log.error("Cannot make an instance of %s: %s", plugin, plugin.trouble, exc_info=e)
            return None

    @contextmanager
    def _named(self, name: str) -> Iterator[None]:
        """What runs now is to be blamed under this name if it blocks the event loop."""
        run = current_run()
        before = run.handler_name if run is not None else ""
        self.engine.watchdog_enter()
        try:
            if run is not None:
                run.handler_name = name
            yield
        finally:
            self.engine.watchdog_leave()
            if run is not None:
                run.handler_name = before

    def context_ids(self) -> tuple[str, ...]:
        """The ids of the context commands that serve."""
        return tuple(plugin.id for plugin in self._context_plugins() if plugin.id)

    def _context_plugins(self) -> list[Plugin]:
        return [p for p in self.engine.plugins.plugins(CONTEXT_PROVIDERS) if p.state == "loaded"]

    def renew(self) -> None:
        """Have handlers, context providers and personas made anew where plug-ins were reloaded.

        A run goes on with those that it has.
        """
        handlers = self.engine.plugins.handlers()
        contexts = {plugin.id: plugin for plugin in self._context_plugins()}
        self.handlers.forget(lambda key, value: not _is_made_by(value, handlers.get(key)))
        self.context_providers.forget(lambda key, value: not _is_made_by(value, contexts.get(key)))
        if self._personas is not None:
            self._personas.renew()
            self._news.tell()

    def _build_context(self, key: str) -> Any:
        arguments = self.engine.handler_arguments(self)
        for name in ("root_chat_handlers", "help_message_template", "message_interrupted", "log_dir"):
            del arguments[name]
        return self.build(next(p for p in self._context_plugins() if p.id == key), arguments)

    async def _greet(self) -> None:
        await self.engine.handlers_ready()
        offers = self.engine.config_manager.offers
        if offers is not None:
            await offers.note()  # so that the help message knows of them
        speaker = self.handlers.get(DEFAULT) or next(iter(self.handlers.values()), None)
        if speaker is not None and not self.log:
            speaker.send_help_message()

    def mark_remembering(self, human_id: str, budget: int | None = None) -> None:
        """The run that answers this message writes to the memory, and reads about `budget` tokens of it.

        Says in the chat, once, that this leaves out the beginning.
        """
        self._shortening.check(human_id, self.memory, budget)
        run = self.runs.get(human_id)
        if run is not None and not run.remembers:
            run.remembers = True
            self._put_run(run)

    # Ending

    def _interrupt(self, run: Run) -> None:
        for id in run.streams:
            event = self.message_interrupted.get(id)
            if event is not None:
                event.set()
        if run.personas and not run.stopped:
            self.personas.stopped(run)
        run.stop()

    def _silence(self, human_id: str) -> None:
        self._silenced(human_id, "")
        run = self.runs.get(human_id)
        if run is not None:
            for id in run.streams:
                self._streams.drop(id)
            if run is not current_run():
                self._interrupt(run)

    def _on_over(self, run: Run) -> None:
        for id in list(run.streams):
            self._cut_stream(run, id)
        for id in list(run.pending):
            self._close_pending(id)
        if run.id not in self._mute:
            self._last_words(run)
        self.runs.pop(run.id, None)
        if not run.abandoned:  # else it was kept from remembering what it said: the next start will see to it
            self._put_run(run)
        if run.state in ("stopped", "interrupted"):
            self._silenced(run.id, run.handler_name)

    def _silenced(self, human_id: str, name: str) -> None:
        self._mute[human_id] = name
        if len(self._mute) > _MAX_MUTE:
            del self._mute[next(iter(self._mute))]

    def _cut_stream(self, run: Run, id: str) -> None:
        if run.state == "stopped":
            self._end_stream(id, f"\n\n{STOPPED_TEXT}", {"stopped": True})
        else:
            self._end_stream(id, "", {"interrupted": True})

    def _last_words(self, run: Run) -> None:
        if run.state == "stopped":
            if not run.marked:
                self._whole_stream(run, STOPPED_TEXT, {"stopped": True})
        elif run.state == "interrupted":
            if not run.marked:
                self._append(cut_reply(run.id, self.engine.persona(), begun=run.spoke))
        elif run.state == "failed":
            self.engine.log.error("%s failed: %r", run.handler_name, run.error, exc_info=run.error)
            self.say(_failure(run), run.id, {"error": {"type": type(run.error).__name__}})
        elif not run.spoke:
            self.say(f"{run.handler_name or 'The handler'} ended without a reply.", run.id, {"empty": True})

    def _whole_stream(self, run: Run, text: str, metadata: dict[str, Any]) -> None:
        message = AgentStreamMessage(
            id=uuid.uuid4().hex,
            time=time.time(),
            body="",
            reply_to=run.id,
            persona=self.engine.persona(),
            complete=False,
        )
        self._open_stream(message, run)
        self._end_stream(message.id, text, metadata)

    # Receiving

    def _receive(self, message: Message) -> None:
        if isinstance(message, AgentStreamChunkMessage):
            self._on_chunk(message)
            return
        run = self.runs.get(getattr(message, "reply_to", "")) or current_run()
        if self._is_muted(message, run):
            return
        if run is not None and run.id in self.runs and getattr(message, "reply_to", None) == "":
            message = message.model_copy(update={"reply_to": run.id})  # so that clearing clears it as well
        match message:
            case AgentStreamMessage():
                if message.id in self._streams:
                    self._end_stream(message.id, "", {})
                if message.complete:
                    self._append(message)
                else:
                    self._open_stream(message, run)
            case AgentChatMessage() | HumanChatMessage():
                self._append(message)
            case PendingMessage():
                self._open_pending(message, run)
            case ClosePendingMessage():
                self._close_pending(message.id)
            case ClearMessage():
                for target in (None,) if message.targets is None else message.targets:
                    self.clear(target)
            case _:
                raise TypeError(f"{type(message).__name__} cannot be sent; see jupyter_ai.models.Message.")
        if run is not None and not isinstance(message, PendingMessage | ClosePendingMessage):
            run.spoke |= bool(getattr(message, "body", "-"))

    def _is_muted(self, message: Message, run: Run | None) -> bool:
        if isinstance(message, ClosePendingMessage | ClearMessage):
            return False
        id = getattr(message, "reply_to", "") or (run.id if run is not None else "")
        name = self._mute.get(id)
        if name:
            self.engine.log.warning("%s speaks on after it was stopped; dropped.", name)
        return name is not None

    def _append(self, message: ChatMessage) -> None:
        if self._closed:
            return
        _take_keys_out(message)
        self.log.add(message)
        json = dump(message)
        ticket = self.engine.store.put_message(self.id, message.id, getattr(message, "reply_to", ""), json)
        self.outlet.send(json, ticket)

    # Streaming

    def _open_stream(self, message: AgentStreamMessage, run: Run | None) -> None:
        if self._closed:
            return
        _take_keys_out(message)
        self.log.add(message)
        self._streams.open(message, run)

    def _on_chunk(self, chunk: AgentStreamChunkMessage) -> None:
        if chunk.id not in self._streams:
            run = current_run()
            if run is not None and run.abandoned and not run.warned:
                run.warned = True
                self.engine.log.warning("%s streams on after it was stopped; dropped.", run.handler_name)
        elif chunk.stream_complete:
            self._end_stream(chunk.id, chunk.content, chunk.metadata)
        else:
            self._streams.feed(chunk.id, chunk.content)

    def _end_stream(self, id: str, text: str, metadata: dict[str, Any]) -> None:
        self.message_interrupted.pop(id, None)
        self._streams.end(id, text, _without_keys(metadata))

    # Pending messages

    def _open_pending(self, message: PendingMessage, run: Run | None) -> None:
        _take_keys_out(message)
        self.pending[message.id] = message
        if run is not None:
            run.pending.add(message.id)
        self._publish(message)

    def _close_pending(self, id: str) -> None:
        message = self.pending.pop(id, None)
        if message is None:
            return
        message.closed = True
        run = self.runs.get(message.reply_to) or current_run()
        if run is not None:
            run.pending.discard(id)
        self._publish(ClosePendingMessage(id=id))

    def _publish(self, message: Message, ticket: int = 0) -> None:
        self.outlet.send(dump(message), ticket)

    # Keeping

    def _restore(self, contents: ChatContents) -> None:
        for row in contents.messages:
            message = parse_message(row)
            if message is None:
                self.engine.log.warning("A stored message of chat %s cannot be read; left out.", self.id)
            else:
                self.log.add(message)
        for cut in contents.runs:
            self._restore_cut(cut)

    def _restore_cut(self, run: RunRow) -> None:
        human = self.log.find(run.id)
        replies = [m for m in self.log if getattr(m, "reply_to", None) == run.id]
        if isinstance(human, HumanChatMessage):
            if run.remembers:
                self._remember_cut(human, last_answer(replies))
            if not ends_visibly(replies):
                self._append(cut_reply(run.id, self.engine.persona(), begun=bool(replies)))
        self.engine.store.put_run(replace(run, state="failed"))

    def _remember_cut(self, human: HumanChatMessage, answer: str) -> None:
        if not answer or any(row.human_id == human.id for row in self._stored_memory):
            return
        for row in exchange_rows(human.id, human.body, answer):
            self._stored_memory.append(row)
            self._remember(row)

    def _remember(self, row: MemoryRow) -> None:
        if not self._closed:
            self.engine.store.add_memory(self.id, row)

    def _forget(self, targets: list[str] | None) -> None:
        self._stored_memory = (
            [] if targets is None else [row for row in self._stored_memory if row.human_id not in targets]
        )
        if self._memory is not None:
            self._memory.clear(targets)

    def _put_run(self, run: Run) -> None:
        if not self._closed and self.log.find(run.id) is not None:  # the store has forgotten what was cleared
            self.engine.store.put_run(RunRow(self.id, run.id, run.handler, run.state, run.remembers))

    def _entitle(self, prompt: str) -> None:
        if not self.row.title:
            line = encodable(next(iter(prompt.strip().splitlines()), ""))
            self.update(title=line if len(line) <= _TITLE_LENGTH else f"{line[: _TITLE_LENGTH - 1]}…")

    # Owning tasks

    def own(self, task: asyncio.Task[None], run: Run | None = None) -> None:
        """Keep a task until it ends, and log what it raises; the chat's end cancels it."""
        self._tasks.add(task)
        if run is not None:
            self.engine.watchdog_enter()
        task.add_done_callback(lambda task: self._task_done(task, run))

    def _task_done(self, task: asyncio.Task[None], run: Run | None) -> None:
        self._tasks.discard(task)
        if run is not None:
            self.engine.watchdog_leave()
        if not task.cancelled() and (error := task.exception()) is not None:
            self.engine.log.error("A task of chat %s failed.", self.id, exc_info=error)


def _body(prompt: str, selection: Selection | None) -> str:
    if selection is None or not selection.source:
        return prompt
    fence = "```"
    while fence in selection.source:
        fence += "`"
    return f"{prompt}\n\n{fence}\n{selection.source}\n{fence}"


def _failure(run: Run) -> str:
    name = run.handler_name or "The handler"
    if isinstance(run.error, SystemExit):
        return f"{name} tried to exit the server ({run.error!r}); only its own answer ended."
    if isinstance(run.error, asyncio.CancelledError):
        return f"{name} was cancelled before it had answered."
    if run.error is None:
        return f"{name} failed."
    return f"{name} failed: {type(run.error).__name__}: {message_of(run.error)}"


def _take_keys_out(message: Message) -> None:
    """Take keys out of what a plug-in or we say; what people said stays as it is."""
    if active() and isinstance(message, BaseAgentMessage | PendingMessage):
        message.body = redact(message.body)
    if isinstance(message, BaseAgentMessage):
        message.metadata = _without_keys(message.metadata)


def _without_keys(metadata: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = redact_data(plain(metadata)) if metadata and active() else metadata
    return found


def _is_made_by(instance: object, plugin: Plugin | None) -> bool:
    return plugin is not None and type(instance) is plugin.obj


def _ignore(_: object) -> None:
    return None
