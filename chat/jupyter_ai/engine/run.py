"""One human message being answered: a task, what it opened, and Stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context, ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from jupyter_ai.models import HumanChatMessage

__all__ = ["STOPPED_TEXT", "STOP_GRACE", "Run", "RunState", "Slot", "Turn", "current_run", "run_in"]

RunState = Literal["running", "done", "stopped", "failed", "interrupted"]

STOP_GRACE = 0.04
"""Seconds that a stopped handler has to clean up before its run ends without it."""

STOPPED_TEXT = "(AI response stopped by user)"
"""The last words of a stream that was stopped; clients of the 2.x series know them."""

_current: ContextVar[Run | None] = ContextVar("jupyter_ai_run", default=None)


def current_run() -> Run | None:
    """The run that the calling code answers for; None outside of a run (a handler built by hand)."""
    return _current.get()


def run_in(context: Context) -> Run | None:
    """The run that the code of `context` answers for."""
    return context.get(_current)


@dataclass(slots=True)
class Turn:
    """One of those who answer in a run has the floor, in the task that took it and in what that starts."""

    name: str
    spoke: bool = False

    def take(self) -> None:
        """What the calling task says from now on is said in this turn."""
        _turn.set(self)


_turn: ContextVar[Turn | None] = ContextVar("jupyter_ai_turn", default=None)


class Slot(Protocol):
    """Something a run holds and gives back at its end; `release` may be called twice."""

    def release(self) -> None: ...


class Run:
    """One answer being made.

    A run is `over` as soon as it ended for all to see. Its task may live on for a moment: a handler that
    swallows cancellation is left to itself, and what it still says is dropped by the chat.
    """

    def __init__(
        self,
        message: HumanChatMessage,
        user: str,
        on_over: Callable[[Run], None],
        give_way: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.id = message.id
        self.message = message
        self.user = user  # who may stop it along with all that is theirs
        self.handler = "default"  # the routing key of the handler that answers
        self.handler_name = ""  # for people: class and command
        self.personas: list[str] = []  # the names of those that answer
        self.followers = 0  # how many of these other personas have addressed
        self.refusals: set[str] = set()  # why they may address no further one; told once
        self.state: RunState = "running"
        self.stopped = False  # Stop was asked for
        self.over = False
        self.abandoned = False  # it is over and its task lives on
        self.warned = False  # it was logged that it streams on
        self.spoke = False  # anything a person can see came of it
        self.heard: set[str] = set()  # the names under which something was said outside of any turn
        self.marked = False  # one of its streams tells that it was stopped or cut
        self.remembers = False  # the handler reads and writes the chat's memory
        self.error: BaseException | None = None
        self.streams: set[str] = set()
        self.pending: set[str] = set()
        self.slots: list[Slot] = []
        self.task: asyncio.Task[None] | None = None
        self.give_way = give_way  # awaited now and then by what would keep the event loop to itself
        self._on_over = on_over
        self._finished = asyncio.Event()
        self._grace: asyncio.TimerHandle | None = None

    def start(self, answer: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin to answer; the caller owns the task returned."""
        self.task = asyncio.get_running_loop().create_task(self._main(answer), name=f"run {self.id}")
        self.task.add_done_callback(lambda task: self._ended(task, answer))
        return self.task

    def stop(self) -> None:
        """End this run within `STOP_GRACE` seconds, whatever its handler does; does nothing twice."""
        if self.over or self.stopped or self.task is None:
            return
        self.stopped = True
        self.task.cancel()
        self._grace = asyncio.get_running_loop().call_later(STOP_GRACE, self._abandon)

    def cut(self) -> None:
        """End this run now: the server stops. Its handler is cancelled and not waited for."""
        if self.task is not None:
            self.task.cancel()
        self._end("interrupted")

    def hear(self, message: Any) -> None:
        """Note that a person sees `message`, which came of this run."""
        self.spoke = True
        if (turn := _turn.get()) is not None:
            turn.spoke = True
        elif (persona := getattr(message, "persona", None)) is not None:
            self.heard.add(persona.name)

    async def wait(self) -> None:
        """Return once the run is over; cancelling this leaves the run alone."""
        await self._finished.wait()

    async def _main(self, answer: Coroutine[Any, Any, None]) -> None:
        _current.set(self)
        try:
            await answer
        except asyncio.CancelledError:
            # Not the error itself: its frames would keep open what the handler was reading from.
            self._end("stopped" if self.stopped else "failed", asyncio.CancelledError())
        # A handler may raise anything, an argument parser's `SystemExit` included: only its own run ends.
        except (Exception, SystemExit, KeyboardInterrupt) as e:  # noqa: BLE001
            self._end("failed", e)
        else:
            self._end("stopped" if self.stopped else "done")

    def _ended(self, task: asyncio.Task[None], answer: Coroutine[Any, Any, None]) -> None:
        """The task has ended: before its first step, or by what is no `Exception`, it could not tell."""
        answer.close()
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        self._end("stopped" if self.stopped else "failed", error)

    def _abandon(self) -> None:
        self.abandoned = True
        if self.task is not None:
            self.task.cancel()
        self._end("stopped")

    def _end(self, state: RunState, error: BaseException | None = None) -> None:
        if self.over:
            return
        self.over = True
        self.state = state
        self.error = error
        if self._grace is not None:
            self._grace.cancel()
        for slot in self.slots:
            slot.release()
        try:
            self._on_over(self)
        finally:
            self._finished.set()
