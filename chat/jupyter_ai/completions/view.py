"""What one request is shown of a flight: its own, or an older one into whose suggestions was typed."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_ai.completions.answer import Part, empty_reply
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionStreamChunk,
)
from jupyter_ai.completions.ranking import MOST, Ranking, likeness

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from jupyter_ai.completions.call import Call
    from jupyter_ai.completions.documents import Turn
    from jupyter_ai.completions.flight import Flight
    from jupyter_ai.completions.suggestion import Suggestion

__all__ = ["View"]

_YIELDING = 0.2
"""Seconds that a suggestion is held back in a stream, at most, for a provider to which its own yields."""

_GRACE = 0.002
"""Seconds that the first answer waits for others, so that the best of those that come at once is first."""


@dataclass(eq=False, slots=True)
class _Row:
    """A place in the list that a client shows; without a suggestion, it is kept for whoever is slower."""

    token: str
    suggestion: Suggestion | None = None
    sent: str = ""
    open: bool = True

    @property
    def free(self) -> bool:
        """Whether another suggestion may take the place: nothing is shown there, and nothing will be."""
        suggestion = self.suggestion
        return self.open and (suggestion is None or (suggestion.done and not suggestion.text))


class View:
    """Answers `turn` from `flight`, of which `typed` was typed since it was asked."""

    def __init__(self, turn: Turn, flight: Flight, ranking: Ranking, typed: str = "") -> None:
        self._turn = turn
        self._flight = flight
        self._ranking = ranking
        self._typed = typed
        self._rows: list[_Row] = []

    # What it sees

    def text(self, suggestion: Suggestion) -> str:
        """What is left of a suggestion."""
        text = suggestion.text
        return text[len(self._typed) :] if text.startswith(self._typed) else ""

    def fits(self) -> bool:
        """Whether there is a suggestion into which was typed."""
        whole = not self._turn.request.stream
        return any(self.text(each) and (each.done or not whole) for each in self._offers())

    def may_fit(self) -> bool:
        """Whether there may be one soon: nobody has said anything that was not typed."""
        if not (self._flight.live and self._flight.begun):
            return False
        return self._growing or (not self._said and bool(self._flight.unanswered()))

    def due(self) -> float:
        """In how many seconds there should be one, if there may be one; 0: nobody is expected to have one."""
        if not self.may_fit():
            return 0.0
        if any(each.raw and not each.done and self._is_possible(each) for each in self._seen):
            return float("inf")
        due = [self._ranking.due(call.served.id, call.elapsed) for call in self._silent()]
        return max(due, default=0.0)

    def note_in_vain(self, seconds: float) -> None:
        """Note who has said nothing while that was waited for."""
        for call in self._silent():
            self._ranking.awaited(call.served.id, seconds)

    def _silent(self) -> list[Call]:
        return [call for call in self._flight.calls if call.silent and self._is_expected(call)]

    @property
    def _seen(self) -> list[Suggestion]:
        return [suggestion for call in self._flight.calls for suggestion in call.suggestions]

    @property
    def _growing(self) -> bool:
        return any(not each.done and self._is_possible(each) for each in self._seen)

    @property
    def _said(self) -> bool:
        return any(each.text for each in self._seen)

    def candidates(self) -> list[Suggestion]:
        """What may be shown: what has text, and what may get some."""
        return [
            suggestion
            for suggestion in self._offers()
            if self.text(suggestion) or (not suggestion.done and self._is_possible(suggestion))
        ]

    def _offers(self) -> Iterator[Suggestion]:
        return self._flight.offers(self._patience)

    def _patience(self, call: Call) -> float:
        """Seconds for which those that yield to a call are held back."""
        patience = self._ranking.patience(call.served.id)
        return min(patience, _YIELDING) if self._turn.request.stream else patience

    def _held(self) -> float:
        """Seconds until the next of those that are held back may be shown, if nothing happens before."""
        held = (self._flight.yields(call, self._patience) for call in self._flight.calls if call.suggestions)
        return min((seconds for seconds in held if seconds > 0), default=float("inf"))

    def _is_possible(self, suggestion: Suggestion) -> bool:
        return self._typed.startswith(suggestion.text) or suggestion.text.startswith(self._typed)

    # What it answers

    async def parts(self) -> AsyncGenerator[Part, None]:
        """The reply; if the request streams, what follows until everything is done, or it is superseded."""
        with self.watching():
            if not self._turn.request.stream:
                yield await self._whole()
                return
            yield await self._first()
            while any(row.open for row in self._rows):
                for chunk in self._chunks():
                    yield chunk
                if any(row.open for row in self._rows):
                    await self._turn.wait(self._held())

    @contextmanager
    def watching(self) -> Generator[None]:
        """Have the turn told of what happens to the flight."""
        self._flight.watch(self._turn.news)
        try:
            yield
        finally:
            self._flight.unwatch(self._turn.news)

    async def _whole(self) -> InlineCompletionReply:
        await self._until_known()
        if self._turn.superseded:
            return empty_reply(self._turn.request.number)
        done = [suggestion for suggestion in self.candidates() if suggestion.done]
        shown = self._flight.shown = self._best(done)
        return self._reply([self._shown(suggestion, self.text(suggestion)) for suggestion in shown])

    async def _until_known(self) -> None:
        """Until nobody of a higher priority is expected to have something better."""
        since = None
        while not self._over:
            done = [suggestion for suggestion in self.candidates() if suggestion.done]
            best = max((each.served.options.priority for each in done), default=None)
            if best is None:
                await self._turn.wait(self._held())
                continue
            since = self._now() if since is None else since
            left = since + self._awaited(best) - self._now()
            if left <= 0:
                await self._give_grace()
                return
            await self._turn.wait(left)

    def _awaited(self, best: int) -> float:
        """Seconds, from the first answer, that those of a higher priority are waited for."""
        awaited = [
            self._ranking.patience(call.served.id)
            for call in self._flight.calls
            if not call.ended and self._is_expected(call) and call.served.options.priority > best
        ]
        return max(awaited, default=0.0)

    async def _first(self) -> InlineCompletionReply:
        """As soon as there is anything, with room at the end for those who have said nothing yet."""
        while not self._over and not self.candidates():
            await self._turn.wait(self._held())
        await self._give_grace()
        if self._turn.superseded:
            return empty_reply(self._turn.request.number)
        best = self._best(self.candidates())
        slower = len(self._unanswered()) + len(self._held_back()) if best else 0
        places = [*best, *([None] * slower)][:MOST]
        self._rows = [_Row(self._token(index), suggestion) for index, suggestion in enumerate(places)]
        self._keep_order()
        return self._reply([self._opened(row) for row in self._rows])

    def _best(self, suggestions: list[Suggestion]) -> list[Suggestion]:
        return self._ranking.best(suggestions, self.text, self._flight.shown)

    def _keep_order(self) -> None:
        """Have a later turn, and the cache, show what stands here in the same order."""
        self._flight.shown = [row.suggestion for row in self._rows if row.suggestion is not None]

    async def _give_grace(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                while not self._over and self._unanswered():
                    await self._turn.wait()

    @property
    def _over(self) -> bool:
        return self._turn.superseded or not self._flight.live

    def _unanswered(self) -> list[Call]:
        """Who may still answer, and has answered lately."""
        return [call for call in self._flight.unanswered() if self._is_expected(call)]

    @staticmethod
    def _is_expected(call: Call) -> bool:
        return call.served.state == "ready" and not call.waits

    def _held_back(self) -> list[Call]:
        """Who has something that is not shown before others have had their time."""
        return [
            call
            for call in self._flight.calls
            if call.suggestions and self._flight.yields(call, self._patience) > 0
        ]

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _chunks(self) -> Iterator[Part]:
        if not self._turn.superseded:
            self._fill()
        for row in self._rows:
            if row.open and (chunk := self._chunk(row)) is not None:
                yield chunk

    def _fill(self) -> None:
        """Put late suggestions into the places that are free."""
        free = [row for row in self._rows if row.free]
        if not free:
            return
        taken = [row.suggestion for row in self._rows if not row.free]
        likes = {likeness(row.sent) for row in self._rows if row.sent}
        late = [each for each in self.candidates() if each not in taken]
        fresh = [each for each in late if not (each.done and likeness(self.text(each)) in likes)]
        for row, suggestion in zip(free, self._ranking.best(fresh, self.text), strict=False):
            row.suggestion = suggestion
        self._keep_order()

    def _chunk(self, row: _Row) -> Part | None:
        """What is new in a place, if anything is."""
        suggestion = row.suggestion
        if suggestion is None:
            done = self._over or not self._flight.unanswered()
        else:
            done = self._over or suggestion.done
        text = row.sent if suggestion is None or self._turn.superseded else self.text(suggestion)
        if text == row.sent and not done:
            return None
        row.sent, row.open = text, not done
        return InlineCompletionStreamChunk(
            response=self._item(row), reply_to=self._turn.request.number, done=done
        )

    # Items

    def _reply(self, items: list[InlineCompletionItem]) -> InlineCompletionReply:
        return InlineCompletionReply(
            list=InlineCompletionList(items=items),
            reply_to=self._turn.request.number,
            error=None if items else self._flight.error(),
        )

    def _opened(self, row: _Row) -> InlineCompletionItem:
        """A place as the reply tells of it; what is whole already is not heard of again."""
        if row.suggestion is not None:
            row.sent = self.text(row.suggestion)
            row.open = not row.suggestion.done
        if row.suggestion is None or row.open:
            return self._item(row)
        return self._shown(row.suggestion, row.sent)

    def _item(self, row: _Row) -> InlineCompletionItem:
        if row.suggestion is None:
            return InlineCompletionItem(insertText=row.sent, isIncomplete=row.open, token=row.token)
        self._turn.show(row.suggestion, row.sent)
        return row.suggestion.shown(row.sent, row.token, grows=row.open)

    def _shown(self, suggestion: Suggestion, text: str) -> InlineCompletionItem:
        self._turn.show(suggestion, text)
        return suggestion.shown(text)

    def _token(self, place: int) -> str:
        return f"t{self._turn.request.number}s{place}"
