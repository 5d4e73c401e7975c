"""A conversation: its log, its memory, its handlers, its runs and its readers."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_ai.engine.answers import Answers
from jupyter_ai.engine.chat_memory import ChatMemory
from jupyter_ai.engine.chat_plugins import ChatPlugins
from jupyter_ai.engine.clearing import check_clear, clear_all, clear_exchange
from jupyter_ai.engine.frame import dump
from jupyter_ai.engine.human_message import human_message, title_of
from jupyter_ai.engine.log import ChatLog
from jupyter_ai.engine.muted import Muted
from jupyter_ai.engine.outlet import Outlet
from jupyter_ai.engine.persona_news import PersonaNews
from jupyter_ai.engine.restore import describe, restore
from jupyter_ai.engine.router import DEFAULT
from jupyter_ai.engine.run import STOPPED_TEXT, Run, current_run
from jupyter_ai.engine.store import ChatContents, ChatRow, RunRow
from jupyter_ai.engine.streams import Streams
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.errors import ChatNotFound, NotYourRun
from jupyter_ai.keys.message_redaction import take_keys_out, without_keys
from jupyter_ai.models import (
    AgentChatMessage,
    AgentStreamChunkMessage,
    AgentStreamMessage,
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
)
from jupyter_ai.plugins import Plugin
from jupyter_ai_magics.failures import contained

if TYPE_CHECKING:
    from jupyter_ai.engine.engine import Engine
    from jupyter_ai.history import BoundedChatHistory
    from jupyter_ai.personas.manager import PersonaManager

__all__ = ["STOPPED_TEXT", "Chat"]


class Chat:
    """One conversation; lives on the loop it was made on.

    Knows nothing of sockets: a WebSocket, a terminal and a test subscribe alike. Handlers reach it as the
    one value of `root_chat_handlers` and call `broadcast_message`, from any thread.
    """

    def __init__(self, engine: Engine, row: ChatRow, contents: ChatContents) -> None:
        self.engine = engine
        self.row = row
        self.outlet = Outlet(engine.epoch, engine.store)
        self.streams = Streams(row.id, engine.store, self.outlet)
        self.log = ChatLog(self.streams.settle)
        self.pending: dict[str, PendingMessage] = {}
        self.runs: dict[str, Run] = {}  # by the id of the human message
        self.message_interrupted: dict[str, asyncio.Event] = {}  # by stream id
        self.plugins = ChatPlugins(self)
        self.handlers = self.plugins.handlers
        self.context_providers = self.plugins.context_providers
        self.root_chat_handlers: dict[str, Any] = {"chat": self}
        self._personas: PersonaManager | None = None
        self._news = PersonaNews(self)
        self._muted = Muted()
        self.closed = False  # deleted, or the server is stopping
        self.closing: set[asyncio.Task[None]] = set()  # what shuts down its personas
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._answers = Answers(self)
        self.remembered = ChatMemory(self, contents.memory)
        restore(self, contents)

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

    def update(
        self, *, title: str | None = None, shared: bool | None = None, persona: str | None = None
    ) -> None:
        """Rename or share the chat, or note who answers what is addressed to nobody."""
        given: dict[str, Any] = {"title": title, "shared": shared, "persona": persona}
        row = replace(self.row, **{name: value for name, value in given.items() if value is not None})
        if row != self.row and not self.closed:
            self.row = row
            self.engine.store.put_chat(row)

    @property
    def memory(self) -> BoundedChatHistory:
        """What the model remembers; built from the store when first needed."""
        return self.remembered.history

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
        message = human_message(request, client)
        if not self.row.title:
            self.update(title=title_of(message.prompt))
        run = self.runs[message.id] = Run(message, user, self._on_over, self.engine.store.give_way)
        self.append(message)
        self.keep_run(run)  # with the message: who sees that after a crash sees what became of it
        self.own(run.start(self._answers.answer(run)), run)
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
        check_clear(self, target, user)
        if target is not None:
            clear_exchange(self, target)
            return
        clear_all(self)
        self.greet()

    def _check_open(self) -> None:
        if self.closed:
            raise ChatNotFound(self.id)

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
        if reply_to in self._muted:
            return
        self.append(
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
        self.streams.flush()
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
        self.streams.end_all({"interrupted": True})  # of a thread or a task that outlived its run
        self.closed = True
        for reader in self.outlet.readers():
            self.unsubscribe(reader)
        tasks = self._tasks.copy()
        for task in tasks:
            task.cancel()
        if self._personas is not None:
            self.closing = self._personas.close()
        return tasks

    # Answering

    def context_ids(self) -> tuple[str, ...]:
        """The ids of the context commands that serve."""
        return self.plugins.context_ids()

    def build(self, plugin: Plugin, arguments: dict[str, Any]) -> Any:
        """An instance of a plug-in's class; None, and a word in the log, where its constructor fails."""
        return self.plugins.build(plugin, arguments)

    def renew(self) -> None:
        """Have handlers, context providers and personas made anew where plug-ins were reloaded.

        A run goes on with those that it has.
        """
        self.plugins.renew()
        if self._personas is not None:
            self._personas.renew()
            self._news.tell()

    async def _greet(self) -> None:
        await self.engine.handlers_ready()
        offers = self.engine.config_manager.offers
        if offers is not None:
            await offers.note()  # so that the help message knows of them
        speaker = self.handlers.get(DEFAULT) or next(iter(self.handlers.values()), None)
        if speaker is not None and not self.log:
            await contained(speaker.send_help_message)

    def mark_remembering(self, human_id: str, budget: int | None = None) -> None:
        """The run that answers this message writes to the memory, and reads about `budget` tokens of it.

        Says in the chat, once, that this leaves out the beginning.
        """
        self.remembered.check(human_id, budget)
        run = self.runs.get(human_id)
        if run is not None and not run.remembers:
            run.remembers = True
            self.keep_run(run)

    # Ending

    def _interrupt(self, run: Run) -> None:
        for id in run.streams:
            event = self.message_interrupted.get(id)
            if event is not None:
                event.set()
        if run.personas and not run.stopped:
            self.personas.stopped(run)
        run.stop()

    def silence(self, human_id: str) -> None:
        """Stop what answers a message; nothing more is said to it."""
        self._muted.add(human_id)
        run = self.runs.get(human_id)
        if run is not None:
            for id in run.streams:
                self.streams.drop(id)
            if run is not current_run():
                self._interrupt(run)

    def _on_over(self, run: Run) -> None:
        for id in list(run.streams):
            self._cut_stream(run, id)
        for id in list(run.pending):
            self._close_pending(id)
        if run.id not in self._muted:
            self._answers.last_words(run)
        self.runs.pop(run.id, None)
        if not run.abandoned:  # else it was kept from remembering what it said: the next start will see to it
            self.keep_run(run)
        if run.state in ("stopped", "interrupted"):
            self._muted.add(run.id, run.handler_name)

    def _cut_stream(self, run: Run, id: str) -> None:
        if run.state == "stopped":
            self.end_stream(id, f"\n\n{STOPPED_TEXT}", {"stopped": True})
        else:
            self.end_stream(id, "", {"interrupted": True})

    # Receiving

    def _receive(self, message: Message) -> None:
        if isinstance(message, AgentStreamChunkMessage):
            self._on_chunk(message)
            return
        run = self.runs.get(getattr(message, "reply_to", "")) or current_run()
        if (name := self._muted.who_says(message, run)) is not None:
            if name:
                self.engine.log.warning("What %s said after Stop is dropped.", name)
            return
        if run is not None and run.id in self.runs and getattr(message, "reply_to", None) == "":
            message = message.model_copy(update={"reply_to": run.id})  # so that clearing clears it as well
        match message:
            case AgentStreamMessage():
                if message.id in self.streams:
                    self.end_stream(message.id, "", {})
                if message.complete:
                    self.append(message)
                else:
                    self.open_stream(message, run)
            case AgentChatMessage() | HumanChatMessage():
                self.append(message)
            case PendingMessage():
                self._open_pending(message, run)
            case ClosePendingMessage():
                self._close_pending(message.id)
            case ClearMessage():
                for target in (None,) if message.targets is None else message.targets:
                    self.clear(target)
            case _:
                raise TypeError(f"{type(message).__name__} cannot be sent; see jupyter_ai.models.Message.")
        if run is None or isinstance(message, PendingMessage | ClosePendingMessage):
            return
        if getattr(message, "body", "-"):
            run.hear(message)

    def append(self, message: ChatMessage) -> None:
        """Add a message to the log, keep it and show it; nothing once the chat is closed."""
        if self.closed:
            return
        take_keys_out(message)
        self.log.add(message)
        json = dump(message)
        ticket = self.engine.store.put_message(self.id, message.id, getattr(message, "reply_to", ""), json)
        self.outlet.send(json, ticket)

    # Streaming

    def open_stream(self, message: AgentStreamMessage, run: Run | None) -> None:
        """Begin a streamed reply; nothing once the chat is closed."""
        if self.closed:
            return
        take_keys_out(message)
        self.log.add(message)
        self.streams.open(message, run)

    def _on_chunk(self, chunk: AgentStreamChunkMessage) -> None:
        if chunk.id not in self.streams:
            run = current_run()
            if run is not None and run.abandoned and not run.warned:
                run.warned = True
                self.engine.log.warning("What %s streamed after Stop is dropped.", run.handler_name)
        elif chunk.stream_complete:
            self.end_stream(chunk.id, chunk.content, chunk.metadata)
        else:
            self.streams.feed(chunk.id, chunk.content)

    def end_stream(self, id: str, text: str, metadata: dict[str, Any]) -> None:
        """Append the last of a streamed reply and end it, if that is open still."""
        self.message_interrupted.pop(id, None)
        self.streams.end(id, text, without_keys(metadata))

    # Pending messages

    def _open_pending(self, message: PendingMessage, run: Run | None) -> None:
        take_keys_out(message)
        self.pending[message.id] = message
        if run is not None:
            run.pending.add(message.id)
        self.publish(message)

    def _close_pending(self, id: str) -> None:
        message = self.pending.pop(id, None)
        if message is None:
            return
        message.closed = True
        run = self.runs.get(message.reply_to) or current_run()
        if run is not None:
            run.pending.discard(id)
        self.publish(ClosePendingMessage(id=id))

    def publish(self, message: Message, ticket: int = 0) -> None:
        """Show what is no part of the log, once the store's `ticket` is durable."""
        self.outlet.send(dump(message), ticket)

    # Keeping

    def keep_run(self, run: Run) -> None:
        """Keep what became of a run, unless its message was cleared."""
        if not self.closed and self.log.find(run.id) is not None:  # the store has forgotten what was cleared
            self.engine.store.put_run(RunRow(self.id, run.id, run.handler, run.state, run.remembers))

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
