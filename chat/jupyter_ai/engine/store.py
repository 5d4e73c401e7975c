"""The chat store: what was said, on disk, without ever holding up the event loop."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

from jupyter_ai.engine.store_ledger import DiskLedger, Log, MemoryLedger, dropped, is_delete
from jupyter_ai.engine.store_path import OpenFile, Synchronous, open_file, store_path
from jupyter_ai.engine.store_records import (
    AddMemory,
    AppendPiece,
    ChatContents,
    ChatRow,
    ClearMemory,
    DeleteChat,
    DeleteMessages,
    FinishStream,
    Limits,
    MemoryRow,
    Op,
    PutChat,
    PutMessage,
    PutRun,
    RunRow,
    StoreError,
    weight,
)

__all__ = ["ChatContents", "ChatRow", "Limits", "MemoryRow", "RunRow", "Store", "StoreError", "store_path"]

T = TypeVar("T")

OnProblem = Callable[[str | None], None]
Clock = Callable[[], float]


class Store:
    """Chats in an SQLite file that one thread writes in groups, or, without a path, in memory.

    Writes are synchronous and never wait: each returns a ticket, and `wait(ticket)` returns once it is on
    disk. A disk that fails is told (`problem`, `on_problem`), never raised, and nobody waits for it. All
    methods belong to the event loop's thread. Open it first, close it last.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        synchronous: Synchronous = "NORMAL",
        log: Log | None = None,
        on_problem: OnProblem | None = None,
        limits: Limits | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self.path = None if path is None else Path(path).absolute()
        self.problem: str | None = None  # why nothing reaches the disk just now
        self.notice: str | None = None  # what else its user should know
        self.durable = 0  # the highest ticket that is on disk, or that nobody need wait for
        self.last_ticket = 0
        self.on_problem = on_problem
        self._options = _Options(synchronous, log or logging.getLogger(__name__), limits or Limits(), clock)
        self._log = self._options.log
        self._memory = MemoryLedger(self._log) if path is None else None
        self._writer: _Writer | None = None
        self._facts = _Facts()
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []  # a heap by ticket
        self._waited = 0  # makes the entries of the heap unequal
        self._patience: asyncio.TimerHandle | None = None  # runs while somebody waits
        self._stalled = False  # the disk does not answer: nobody waits until it does
        self._closed = False

    # Open and close

    async def open(self) -> None:
        """Lock, create, migrate and recover the file; if that cannot be, go on in memory and say why.

        To be called once. Cancelling it closes the store.
        """
        if self._closed:
            raise StoreError("The chat store is closed; make a new one.")
        if self.path is None or self._writer is not None:
            return
        writer = _Writer(self.path, self._options, self._reported)
        try:
            async with asyncio.timeout(self._options.limits.opening):
                facts = await writer.start()
        except (TimeoutError, StoreError, RuntimeError) as error:
            writer.close()
            self._go_on_in_memory(error)
        except asyncio.CancelledError:
            self._closed = True
            writer.close()
            raise
        else:
            self._go_on_disk(writer, facts)

    async def aclose(self) -> None:
        """Write what is left and release the file; a disk that does not answer is given up after a while.

        It may be called again, and at the same time. Cancelling it stops the waiting, not the closing.
        """
        self._closed = True
        if self._patience is not None:
            self._patience.cancel()
        if (writer := self._writer) is not None:
            writer.close()
            await asyncio.wait((writer.closed,), timeout=self._options.limits.closing)
            if not writer.closed.done():
                self._log.error("%s does not answer: the last changes of chats may be lost.", self.path)
        self._publish(self.last_ticket)

    # Write

    def put_chat(self, row: ChatRow) -> int:
        """Insert or update a chat."""
        return self._write(PutChat(row.id, row.owner, row.title, row.created, row.shared, row.is_default))

    def delete_chat(self, chat: str) -> int:
        """Delete a chat with all that belongs to it."""
        return self._write(DeleteChat(chat))

    def put_message(self, chat: str, id: str, reply_to: str, json: str, *, open: bool = False) -> int:
        """Append a message, or replace the one with its id in place.

        `open`: it is a stream, and its body is that in `json` followed by pieces, until it is finished.
        """
        return self._write(PutMessage(chat, id, reply_to, json, open))

    def append_piece(self, chat: str, stream: str, text: str) -> int:
        """Append to the body of an open stream; a finished or deleted one takes nothing."""
        return self._write(AppendPiece(text, chat, stream))

    def finish_stream(self, chat: str, stream: str, json: str) -> int:
        """Put the whole message in the place of the stream and its pieces, unless it was deleted."""
        return self._write(FinishStream(json, chat, stream))

    def delete_messages(self, chat: str, ids: Sequence[str] | None) -> int:
        """Delete messages, and what is remembered of them and the runs that they began; None: all."""
        return self._write(DeleteMessages(chat, None if ids is None else tuple(ids)))

    def clear_memory(self, chat: str, ids: Sequence[str] | None) -> int:
        """Forget what is remembered of these human messages, and keep the messages; None: of all."""
        return self._write(ClearMemory(chat, None if ids is None else tuple(ids)))

    def put_run(self, row: RunRow) -> int:
        """Insert or update a run."""
        return self._write(PutRun(row.chat, row.id, row.handler, row.state, row.remembers))

    def add_memory(self, chat: str, row: MemoryRow) -> int:
        """Append to what the model remembers."""
        return self._write(AddMemory(chat, row.human_id, row.json))

    async def wait(self, ticket: int) -> None:
        """Wait until the write with this ticket is on disk, or until nobody need wait for it.

        Cancelling it harms nobody; it may be called any number of times at once.
        """
        if ticket <= self.durable:
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waited += 1
        heappush(self._waiters, (ticket, self._waited, waiter))
        if self._patience is None:
            self._patience = loop.call_later(self._options.limits.stall, self._out_of_patience)
        await waiter

    # Read

    async def chats(self) -> list[ChatRow]:
        """All chats, the oldest first; after all earlier writes. Cancelling it harms nobody."""
        return await self._read(lambda ledger: ledger.chats())

    async def load(self, chat: str) -> ChatContents:
        """What belongs to a chat, after all earlier writes; StoreError if the disk cannot be read.

        Cancelling it harms nobody; it may be called any number of times at once.
        """
        return await self._read(lambda ledger: ledger.load(chat))

    def health(self) -> dict[str, object]:
        """What an administrator wants to know; asks no disk."""
        return {
            "path": None if self.path is None else str(self.path),
            "mode": "memory" if self._memory is not None else "disk",
            "journal_mode": self._facts.journal,
            "synchronous": self._facts.synchronous,
            "schema_version": self._facts.version,
            "size": 0 if self._writer is None else self._writer.size,
            "problem": self.problem,
            "notice": self.notice,
        }

    # Underneath

    def _write(self, op: Op) -> int:
        if self._closed:
            raise StoreError("The chat store is closed: nothing can be written to it any more.")
        if self._memory is not None:
            self._memory.write((op,))
            self.durable = self.last_ticket = self.last_ticket + 1
            return self.durable
        if self._writer is None:
            raise StoreError("The chat store is not open yet: await its open() first.")
        self.last_ticket += 1
        self._writer.put(self.last_ticket, op)
        if self._stalled or self._writer.backlog > self._options.limits.backlog:
            self._write_without_disk(self._writer)
        return self.last_ticket

    async def _read(self, query: Callable[[MemoryLedger | DiskLedger], T]) -> T:
        if self._closed:
            raise StoreError("The chat store is closed: nothing can be read from it any more.")
        if self._memory is not None:
            return query(self._memory)
        if self._writer is None:
            raise StoreError("The chat store is not open yet: await its open() first.")
        return await self._writer.ask(query)

    def _go_on_disk(self, writer: _Writer, facts: _Facts) -> None:
        self._writer, self._facts = writer, facts
        if self._closed:  # meanwhile
            writer.close()
        self.path, self.notice = facts.path, facts.notice

    def _go_on_in_memory(self, error: BaseException) -> None:
        self._memory = MemoryLedger(self._log)
        reason = str(error) or f"no answer within {self._options.limits.opening:g} s"
        path, self.path = self.path, None
        self._tell(
            f"Chats cannot be saved in {path}: {reason}. They are kept in memory only and are gone after a"
            " restart. Make the place usable and restart the server."
        )
        self._log.error("%s", self.problem)

    def _reported(self, report: _Report) -> None:
        """The writer has finished a group."""
        if self._stalled and self._writer is not None:
            self._stalled, self._writer.dropped_since = False, None
        self.notice = report.notice
        self._publish(report.ticket)
        self._tell(report.problem)

    def _publish(self, ticket: int) -> None:
        self.durable = max(self.durable, ticket)
        while self._waiters and self._waiters[0][0] <= self.durable:
            waiter = heappop(self._waiters)[2]
            if not waiter.done():
                waiter.set_result(None)

    def _tell(self, problem: str | None) -> None:
        if problem == self.problem:
            return
        self.problem = problem
        if self.on_problem is None:
            return
        try:
            self.on_problem(problem)
        # A foreign listener; its failure is not the store's.
        except Exception:  # noqa: BLE001
            self._log.exception("The listener to the chat store's problems failed.")

    # A disk that does not answer, neither well nor badly

    def _out_of_patience(self) -> None:
        self._patience = None
        if self._writer is not None and self._writer.stuck():
            self._stall(self._writer)
        elif self._waiters:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(self._options.limits.stall, self._out_of_patience)

    def _stall(self, writer: _Writer) -> None:
        if not self._stalled:
            self._log.error("%s does not answer; the chat goes on without it.", self.path)
        self._stalled = True
        self._publish(self.last_ticket)
        text = (
            f"Chats cannot be saved in {self.path}: its disk has not answered for"
            f" {self._options.limits.stall:g} s. Until it does they are kept in memory."
        )
        since = writer.dropped_since
        self._tell(text if since is None else f"{text} {dropped(self._options.limits.backlog, since)}")

    def _write_without_disk(self, writer: _Writer) -> None:
        """Called for each write while the disk does not answer, or while very much waits for it."""
        if writer.backlog > self._options.limits.backlog and writer.stuck():
            writer.drop()
            self._stall(writer)
        elif self._stalled:
            self._publish(self.last_ticket)


@dataclass(frozen=True, slots=True)
class _Options:
    synchronous: Synchronous
    log: Log
    limits: Limits
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a file once it is open."""

    path: Path | None = None
    journal: str | None = None
    synchronous: str | None = None
    version: int | None = None
    notice: str | None = None


class _Report(NamedTuple):
    """The end of a group, as the loop learns it."""

    ticket: int
    problem: str | None
    notice: str | None


class _Write(NamedTuple):
    ticket: int
    op: Op
    size: int


class _Ask(NamedTuple):
    query: Callable[[DiskLedger], Any]
    answer: asyncio.Future[Any] | None


class _Writer:
    """The thread that owns the file, and the queue that leads to it.

    They share the queue, which is made for it, and a few numbers, each of which only one of them changes.
    """

    def __init__(self, path: Path, options: _Options, reported: Callable[[_Report], None]) -> None:
        self.dropped_since: str | None = None
        self._path = path
        self._options = options
        self._reported = reported
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._opened: asyncio.Future[_Facts] = self._loop.create_future()
        self._queue: SimpleQueue[_Write | _Ask | None] = SimpleQueue()
        self._closing = False
        self._sent = 0  # bytes that the loop has put in the queue
        self._busy_since = 0.0  # when it put some in while nothing waited
        self._done = 0  # bytes that the thread has dealt with
        self._progress = 0.0  # when it dealt with something
        self.size = 0  # of the file and its log
        self._gone: str | None = None  # what is wrong if the file is no longer where it was

    # On the loop

    def start(self) -> asyncio.Future[_Facts]:
        threading.Thread(target=self._run, name="jupyter-ai-store", daemon=True).start()
        return self._opened

    def close(self) -> None:
        """The end of the queue: whatever came before is written first."""
        if not self._closing:
            self._closing = True
            self._queue.put(None)

    def put(self, ticket: int, op: Op) -> None:
        size = weight(op)
        if self._sent == self._done:
            self._busy_since = self._options.clock()
        self._sent += size
        self._queue.put(_Write(ticket, op, size))

    async def ask(self, query: Callable[[DiskLedger], T]) -> T:
        answer: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Ask(query, answer))
        return await answer

    @property
    def backlog(self) -> int:
        return self._sent - self._done

    def stuck(self) -> bool:
        idle = self._options.clock() - max(self._busy_since, self._progress)
        return self.backlog > 0 and idle >= self._options.limits.stall

    def drop(self) -> None:
        """Take back what waits, but for deletions and questions; the thread may go on at any moment."""
        if self.dropped_since is None:
            self.dropped_since = time.strftime("%H:%M")
            self._queue.put(_Ask(DiskLedger.lost, None))
        for item in self._take():
            if isinstance(item, _Write) and not is_delete(item.op):
                self._sent -= item.size
            else:
                self._queue.put(item)

    def _take(self) -> list[_Write | _Ask | None]:
        taken: list[_Write | _Ask | None] = []
        try:
            while True:
                taken.append(self._queue.get_nowait())
        except Empty:
            return taken

    # On the thread

    def _run(self) -> None:
        try:
            if (file := self._open()) is not None:
                self._serve(file)
        except Exception:
            self._options.log.exception("The chat store's thread failed.")
        finally:
            self._post(_settle, self.closed, None)

    def _open(self) -> OpenFile | None:
        options = self._options
        try:
            file = open_file(
                self._path, synchronous=options.synchronous, busy=options.limits.busy, log=options.log
            )
        # Whatever is wrong with the place, the chat goes on without it.
        except Exception as error:  # noqa: BLE001
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            self._post(_fail, self._opened, StoreError(str(reason) or type(error).__name__))
            return None
        self.size, self._gone = file.look()
        facts = _Facts(file.path, file.journal, file.synchronous, file.version, file.notice)
        self._post(_settle, self._opened, facts)
        return file

    def _serve(self, file: OpenFile) -> None:
        options = self._options
        ledger = DiskLedger(
            file.db,
            str(file.path),
            notice=file.notice,
            limits=options.limits,
            clock=options.clock,
            log=options.log,
        )
        try:
            while self._serve_batch([self._queue.get(), *self._take()], ledger):
                # Nobody waits for these.
                ledger.checkpoint()
                self._look(file, ledger)
        finally:
            try:
                ledger.close()
            finally:
                file.lock.release()

    def _serve_batch(self, batch: list[_Write | _Ask | None], ledger: DiskLedger) -> bool:
        """Deal with what was in the queue; False at its end. The writes between two questions are a group."""
        group: list[_Write] = []
        for item in batch:
            if isinstance(item, _Write):
                group.append(item)
                continue
            self._commit(group, ledger)
            group = []
            if item is None:
                return False
            self._answer(item, ledger)
        self._commit(group, ledger)
        return True

    def _commit(self, group: list[_Write], ledger: DiskLedger) -> None:
        if not group:
            return
        size = sum([write.size for write in group])
        ledger.write([write.op for write in group], size)
        self._done += size
        self._progress = self._options.clock()
        self._report(group[-1].ticket, ledger)

    def _look(self, file: OpenFile, ledger: DiskLedger) -> None:
        self.size, gone = file.look()
        if gone != self._gone:
            self._gone = gone
            self._report(0, ledger)

    def _report(self, ticket: int, ledger: DiskLedger) -> None:
        self._post(self._reported, _Report(ticket, ledger.problem or self._gone, ledger.notice))

    def _answer(self, item: _Ask, ledger: DiskLedger) -> None:
        try:
            found = item.query(ledger)
        # Handed to whoever asked.
        except Exception as error:  # noqa: BLE001
            self._post(_fail, item.answer, error)
        else:
            self._post(_settle, item.answer, found)
        self._progress = self._options.clock()

    def _post(self, callback: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            return  # the loop is closed: nobody is left who wants to know


def _settle(future: asyncio.Future[Any] | None, result: object) -> None:
    if future is not None and not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any] | None, error: Exception) -> None:
    if future is not None and not future.done():
        future.set_exception(error)
