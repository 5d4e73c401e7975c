"""The thread that writes the chat store, and what sees to it that the thread gets on."""

from __future__ import annotations

import asyncio
import select
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeAlias, TypeVar

from jupyter_ai.engine.store_ledger import DiskLedger, Log, is_delete
from jupyter_ai.engine.store_path import OpenFile, Synchronous, open_file
from jupyter_ai.engine.store_records import Limits, Op, StoreError, weight

__all__ = ["Attendant", "Facts", "Options", "Report", "Writer"]

T = TypeVar("T")

_TURN = 0.005  # seconds: Python's own switch interval
_WAY = 0.0005


@dataclass(frozen=True, slots=True)
class Options:
    """What the store was made with."""

    synchronous: Synchronous
    log: Log
    limits: Limits
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a file once it is open."""

    path: Path | None = None
    journal: str | None = None
    synchronous: str | None = None
    version: int | None = None
    notice: str | None = None


class Report(NamedTuple):
    """The end of a group, as the loop learns it."""

    ticket: int
    problem: str | None
    notice: str | None


class _Write(NamedTuple):
    ticket: int
    op: Op
    size: int


_Step: TypeAlias = list[_Write]
"""What one callback of the loop wrote. It is committed as a whole: a crash never parts the end of a stream
from what is remembered of it and from the end of its run."""


class _Ask(NamedTuple):
    query: Callable[[DiskLedger], Any]
    answer: asyncio.Future[Any] | None


class Writer:
    """The thread that owns the file, and the queue that leads to it.

    They share the queue, which is made for it, and a few numbers, each of which only one of them changes.
    """

    def __init__(self, path: Path, options: Options, reported: Callable[[Report], None]) -> None:
        self.dropped_since: str | None = None  # when a backlog was dropped before it reached the thread
        self.asked = 0  # questions without an answer
        self.turns = 0  # how often the thread has dealt with something
        self.size = 0  # of the file and its log
        self._path = path
        self._options = options
        self._reported = reported
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._opened: asyncio.Future[Facts] = self._loop.create_future()
        self._queue: SimpleQueue[_Step | _Ask | None] = SimpleQueue()
        self._step: _Step = []  # what the present callback of the loop has written so far
        self._closing = False
        self._sent = 0  # bytes that the loop has put in the queue
        self._busy_since = 0.0  # when it put some in while nothing waited
        self._done = 0  # bytes that the thread has dealt with
        self._progress = 0.0  # when it dealt with something
        self._gone: str | None = None  # what is wrong if the file is no longer where it was

    # On the loop

    def start(self) -> asyncio.Future[Facts]:
        """Start the thread; the future is done once the file is open, or cannot be opened."""
        threading.Thread(target=self._run, name="jupyter-ai-store", daemon=True).start()
        return self._opened

    def close(self) -> None:
        """The end of the queue: whatever came before is written first."""
        if not self._closing:
            self._hand_over()
            self._closing = True
            self._queue.put(None)

    def put(self, ticket: int, op: Op) -> None:
        """Queue a write."""
        size = weight(op)
        if self._sent == self._done:
            self._busy_since = self._options.clock()
        self._sent += size
        if not self._step:
            self._loop.call_soon(self._hand_over)
        self._step.append(_Write(ticket, op, size))

    async def ask(self, query: Callable[[DiskLedger], T]) -> T:
        """The answer to a question that is put after all earlier writes."""
        answer: asyncio.Future[T] = self._loop.create_future()
        self._hand_over()
        self._queue.put(_Ask(query, answer))
        self.asked += 1
        try:
            return await answer
        finally:
            self.asked -= 1

    @property
    def backlog(self) -> int:
        """Bytes that the thread has not dealt with."""
        return self._sent - self._done

    def stuck(self) -> bool:
        """Whether writes wait, and the thread has dealt with nothing for too long."""
        idle = self._options.clock() - max(self._busy_since, self._progress)
        return self.backlog > 0 and idle >= self._options.limits.stall

    def drop(self) -> None:
        """Take back what waits, but for deletions and questions; the thread may go on at any moment."""
        if self.dropped_since is None:
            self.dropped_since = time.strftime("%H:%M")
            self._queue.put(_Ask(DiskLedger.lost, None))
        self._hand_over()
        for item in self._take():
            self._queue.put(self._deletions(item) if isinstance(item, list) else item)

    def _deletions(self, step: _Step) -> _Step:
        self._sent -= sum(write.size for write in step if not is_delete(write.op))
        return [write for write in step if is_delete(write.op)]

    def _hand_over(self) -> None:
        if self._step and not self._closing:
            self._queue.put(self._step)
            self._step = []

    def _take(self) -> list[_Step | _Ask | None]:
        taken: list[_Step | _Ask | None] = []
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
        facts = Facts(file.path, file.journal, file.synchronous, file.version, file.notice)
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

    def _serve_batch(self, batch: list[_Step | _Ask | None], ledger: DiskLedger) -> bool:
        """Deal with what was in the queue; False at its end. The writes between two questions are a group."""
        group: _Step = []
        for item in batch:
            if isinstance(item, list):
                group += item
                continue
            self._commit(group, ledger)
            group = []
            if item is None:
                return False
            self._answer(item, ledger)
        self._commit(group, ledger)
        return True

    def _commit(self, group: _Step, ledger: DiskLedger) -> None:
        if not group:
            return
        size = sum([write.size for write in group])
        ledger.write([write.op for write in group], size)
        self._done += size
        self._progress = self._options.clock()
        self.turns += 1
        self._report(group[-1].ticket, ledger)

    def _look(self, file: OpenFile, ledger: DiskLedger) -> None:
        self.size, gone = file.look()
        if gone != self._gone:
            self._gone = gone
            self._report(0, ledger)

    def _report(self, ticket: int, ledger: DiskLedger) -> None:
        self._post(self._reported, Report(ticket, ledger.problem or self._gone, ledger.notice))

    def _answer(self, item: _Ask, ledger: DiskLedger) -> None:
        try:
            found = item.query(ledger)
        # Handed to whoever asked.
        except Exception as error:  # noqa: BLE001
            self._post(_fail, item.answer, error)
        else:
            self._post(_settle, item.answer, found)
        self._progress = self._options.clock()
        self.turns += 1

    def _post(self, callback: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            return  # the loop is closed: nobody is left who wants to know


class Attendant:
    """Sees, while the writer has something to do, that it gets its turns and that its disk answers.

    A loop that is never idle gives up the interpreter lock for moments only: too short for another thread
    to wake up in, yet often enough that the thread's own patience (the switch interval) starts anew each
    time. Under such a loop the writer starves for seconds; so the loop stands still for half a millisecond.
    """

    def __init__(self, writer: Writer, is_waited: Callable[[], bool], on_stuck: Callable[[], None]) -> None:
        self._writer = writer
        self._is_waited = is_waited
        self._on_stuck = on_stuck
        self._timer: asyncio.TimerHandle | None = None
        self._turns = 0  # of the writer, when the timer was set
        self._time = 0.0
        self._worked = 0.0  # the loop's own processor time then

    def start(self) -> None:
        """The writer has something to do."""
        if self._timer is None:
            self._turns = self._writer.turns
            self._time, self._worked = time.monotonic(), time.thread_time()
            self._timer = asyncio.get_running_loop().call_later(_TURN, self._look)

    def stop(self) -> None:
        """It does not matter any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if not self._is_waited():
            return
        if self._writer.stuck():
            self._on_stuck()
            return
        if self._turns == self._writer.turns and self._loop_is_busy():
            _give_way()
        self.start()

    def _loop_is_busy(self) -> bool:
        return time.thread_time() - self._worked > (time.monotonic() - self._time) / 2


def _give_way() -> None:
    if sys.platform == "win32":
        time.sleep(_WAY)
    else:
        select.select((), (), (), _WAY)


def _settle(future: asyncio.Future[Any] | None, result: object) -> None:
    if future is not None and not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any] | None, error: Exception) -> None:
    if future is not None and not future.done():
        future.set_exception(error)
