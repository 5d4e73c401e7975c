"""One request at all of its providers, in parallel, and what they have answered so far."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_ai.completions.call import Call
from jupyter_ai.completions.caller import Caller, asking
from jupyter_ai.completions.position import Position

if TYPE_CHECKING:
    from jupyter_ai.completions.models import CompletionError, InlineCompletionRequest
    from jupyter_ai.completions.seats import Seats
    from jupyter_ai.completions.served import ServedProvider
    from jupyter_ai.completions.suggestion import Suggestion

__all__ = ["Flight", "Patience", "Tools"]


Patience = Callable[[Call], float]
"""Seconds that a call is waited for."""


def _ever(call: Call) -> float:
    return float("inf")


@dataclass(frozen=True)
class Tools:
    """What a flight needs of the service."""

    filtered: Callable[[str, InlineCompletionRequest, bool], str]
    new_id: Callable[[], str]
    context: Callable[[InlineCompletionRequest], Awaitable[str]]
    fared: Callable[[Call], None]  # told of each call that has ended, unless it was cancelled
    gave_up: Callable[[Call], None]  # told of each that is cancelled


class Flight:
    """Asks every provider of `asked`; `landed` is called once, when the last call has ended.

    `typing_for` is how long ago, in seconds, the request before this one came: providers whose pause is
    longer are asked after that pause.
    """

    def __init__(
        self,
        request: InlineCompletionRequest,
        caller: Caller,
        asked: Sequence[ServedProvider],
        tools: Tools,
        landed: Callable[[Flight], None],
        seats: Seats,
        *,
        typing_for: float = float("inf"),
    ) -> None:
        self.request = request
        self.caller = caller
        self.position = Position.of(request)
        self.cancelled = False
        self.speculative = False  # nobody has asked for it yet
        self.shown: list[Suggestion] = []  # what a client has of it, in the order in which that stands there
        self.landed = asyncio.Event()
        self._watchers: set[asyncio.Event] = set()
        self._tools = tools
        self._seats = seats
        self._on_landed = landed
        self._context: asyncio.Task[str] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.calls = [self._call(served, typing_for) for served in asked]

    def start(self) -> None:
        """Ask; the tasks belong to the flight."""
        context = copy_context()
        context.run(asking.set, self.caller)
        loop = asyncio.get_running_loop()
        for call in self.calls:
            name = f"ask {call.served.id} for request {self.request.number}"
            task = loop.create_task(call.run(), name=name, context=context.copy())
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        if not self._tasks:
            self._land()

    def cancel(self) -> None:
        """Ask no further: streams are closed. It has landed when they are."""
        if not self.cancelled:
            for call in self.calls:
                if call.asked and not call.ended:
                    self._tools.gave_up(call)
        self.cancelled = True
        for task in self._tasks:
            task.cancel()
        if self._context is not None:
            self._context.cancel()

    def watch(self, news: asyncio.Event) -> None:
        """Set `news` whenever there is any, until `unwatch`."""
        self._watchers.add(news)

    def unwatch(self, news: asyncio.Event) -> None:
        """Leave it alone from now on."""
        self._watchers.discard(news)

    # What is known so far

    @property
    def live(self) -> bool:
        """Whether more may come of it."""
        return not self.cancelled and not self.landed.is_set()

    @property
    def begun(self) -> bool:
        """Whether anybody was asked: before, there is nothing to wait for."""
        return any(call.asked for call in self.calls)

    def unanswered(self) -> list[Call]:
        """Who has said nothing yet."""
        return [call for call in self.calls if not call.answered]

    def offers(self, patience: Patience = _ever) -> Iterator[Suggestion]:
        """The suggestions, without those that yield to another provider's.

        One that has no text yet, and did not fail the last time, has so many seconds of `patience` from when
        the one that yields has answered. What is shown stays.
        """
        for call in self.calls:
            if call.suggestions and self.yields(call, patience) <= 0:
                yield from call.suggestions

    def yields(self, call: Call, patience: Patience) -> float:
        """For how many seconds more, at most, a call's suggestions are held back in favour of others'."""
        if not call.served.options.yield_to or any(each in self.shown for each in call.suggestions):
            return 0.0
        return max((self._precedence(call, other, patience) for other in self.calls), default=0.0)

    def error(self) -> CompletionError | None:
        """Why there is nothing, in the words of the most important provider that failed."""
        return next((call.error for call in self.calls if call.error is not None), None)

    def _precedence(self, call: Call, other: Call, patience: Patience) -> float:
        """For how many seconds `call` yields to `other`, which has a suggestion or may get one."""
        if other is call or not other.served.names.intersection(call.served.options.yield_to):
            return 0.0
        if not other.silent:
            return _ever(other) if any(each.text or not each.done for each in other.suggestions) else 0.0
        if call.answered_at is None or other.served.state != "ready" or other.waits:
            return 0.0
        return call.answered_at + patience(other) - asyncio.get_running_loop().time()

    def _call(self, served: ServedProvider, typing_for: float) -> Call:
        pause = served.options.debounce_ms / 1000
        return Call(
            served,
            self.request,
            delay=pause if typing_for < pause and self.request.trigger == "automatic" else 0.0,
            changed=self._changed,
            fared=self._tools.fared,
            filtered=lambda text, grows: self._tools.filtered(text, self.request, grows),
            new_id=self._tools.new_id,
            context=self._shared_context,
            seats=self._seats,
        )

    async def _shared_context(self) -> str:
        """Built once for all who want it."""
        if self._context is None:
            building = self._build_context()  # begun in the task only, which may be cancelled before
            self._context = asyncio.get_running_loop().create_task(building, name="build a context")
        return await asyncio.shield(self._context)

    async def _build_context(self) -> str:
        return await self._tools.context(self.request)

    def _changed(self) -> None:
        if all(call.ended for call in self.calls):
            self._land()
        for news in self._watchers:
            news.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._land()  # also if some task was cancelled before its first step

    def _land(self) -> None:
        if self.landed.is_set():
            return
        if self._context is not None:
            self._context.cancel()
        self.landed.set()
        self._on_landed(self)
        for news in self._watchers:
            news.set()
