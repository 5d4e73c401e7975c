"""The chat store: what was said, on disk, without ever holding up the event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from pathlib import Path
from typing import TypeVar

from jupyter_ai.engine.store_ledger import DiskLedger, Log, MemoryLedger, dropped
from jupyter_ai.engine.store_path import Synchronous, store_path
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
)
from jupyter_ai.engine.store_writer import Attendant, Facts, Options, Report, Writer

__all__ = ["ChatContents", "ChatRow", "Limits", "MemoryRow", "RunRow", "Store", "StoreError", "store_path"]

T = TypeVar("T")

OnProblem = Callable[[str | None], None]

_TURN = 0.001  # seconds that a busy event loop leaves to the writer's thread at a time
_TURNS = 5


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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = None if path is None else Path(path).absolute()
        self.problem: str | None = None  # why nothing reaches the disk just now
        self.notice: str | None = None  # what else its user should know
        self.durable = 0  # the highest ticket that is on disk, or that nobody need wait for
        self.last_ticket = 0
        self.on_problem = on_problem
        self._options = Options(synchronous, log or logging.getLogger(__name__), limits or Limits(), clock)
        self._log = self._options.log
        self._memory = MemoryLedger(self._log) if path is None else None
        self._writer: Writer | None = None
        self._facts = Facts()
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []  # a heap by ticket
        self._waited = 0  # makes the entries of the heap unequal
        self._attendant: Attendant | None = None  # of the writer
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
        writer = Writer(self.path, self._options, self._reported)
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
        if self._writer is not None and self._attendant is not None:
            self._writer.close()
            self._attendant.start()
            try:
                await asyncio.wait((self._writer.closed,), timeout=self._options.limits.closing)
            finally:
                self._attendant.stop()
            if not self._writer.closed.done():
                self._log.error("%s does not answer: the last changes of chats may be lost.", self.path)
        self._publish(self.last_ticket)

    # Write

    def put_chat(self, row: ChatRow) -> int:
        """Insert or update a chat."""
        values = row.id, row.owner, row.title, row.created, row.shared, row.is_default, row.persona
        return self._write(PutChat(*values))

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
        if ticket <= self.durable or self._attendant is None:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waited += 1
        heappush(self._waiters, (ticket, self._waited, waiter))
        self._attendant.start()
        await waiter

    async def give_way(self) -> None:
        """Sleep while somebody waits for the disk, a few milliseconds at most.

        The writer's thread gets the interpreter from an event loop that sleeps, but hardly from one that only
        turns: whatever keeps the loop busy awaits this now and then.
        """
        for _ in range(_TURNS):
            if not self._waiters:
                return
            await asyncio.sleep(_TURN)

    # Read

    async def chats(self) -> list[ChatRow]:
        """All chats, the oldest first, after all earlier writes; StoreError if the disk cannot be read.

        Cancelling it harms nobody; it may be called any number of times at once.
        """
        return await self._read(lambda ledger: ledger.chats())

    async def newest(self) -> dict[str, float]:
        """When the newest message of each chat was begun, after all earlier writes; StoreError likewise.

        Cancelling it harms nobody; it may be called any number of times at once.
        """
        return await self._read(lambda ledger: ledger.newest())

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
        if self._writer is None or self._attendant is None:
            raise StoreError("The chat store is not open yet: await its open() first.")
        self.last_ticket += 1
        self._writer.put(self.last_ticket, op)
        self._attendant.start()  # nobody may wait for it, as for a piece of a stream; it is due all the same
        if self._stalled or self._writer.backlog > self._options.limits.backlog:
            self._write_without_disk(self._writer)
        return self.last_ticket

    async def _read(self, query: Callable[[MemoryLedger | DiskLedger], T]) -> T:
        if self._closed:
            raise StoreError("The chat store is closed: nothing can be read from it any more.")
        if self._memory is not None:
            return query(self._memory)
        if self._writer is None or self._attendant is None:
            raise StoreError("The chat store is not open yet: await its open() first.")
        self._attendant.start()
        seconds = self._options.limits.reading
        try:
            async with asyncio.timeout(seconds):
                return await self._writer.ask(query)
        except TimeoutError:
            raise StoreError(
                f"Chats cannot be read from {self.path}: no answer within {seconds:g} s. Check its disk."
            ) from None

    def _go_on_disk(self, writer: Writer, facts: Facts) -> None:
        self._writer, self._facts = writer, facts
        self._attendant = Attendant(writer, self._is_waited, self._stall)
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

    def _reported(self, report: Report) -> None:
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

    def _is_waited(self) -> bool:
        writer = self._writer
        return writer is not None and (
            bool(self._waiters)
            or writer.asked > 0
            or writer.backlog > 0
            or (self._closed and not writer.closed.done())
        )

    def _stall(self) -> None:
        if not self._stalled:
            self._log.error("%s does not answer; the chat goes on without it.", self.path)
        self._stalled = True
        self._publish(self.last_ticket)
        text = (
            f"Chats cannot be saved in {self.path}: its disk has not answered for"
            f" {self._options.limits.stall:g} s. Until it does they are kept in memory."
        )
        since = None if self._writer is None else self._writer.dropped_since
        self._tell(text if since is None else f"{text} {dropped(self._options.limits.backlog, since)}")

    def _write_without_disk(self, writer: Writer) -> None:
        """Called for each write while the disk does not answer, or while very much waits for it."""
        if writer.backlog > self._options.limits.backlog and writer.stuck():
            writer.drop()
            self._stall()
        elif self._stalled:
            self._publish(self.last_ticket)
