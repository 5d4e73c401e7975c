"""What a service knows of one document while somebody types in it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_ai.completions.position import Position, language_of
from jupyter_ai.completions.seats import Seats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_ai.completions.caller import Caller
    from jupyter_ai.completions.flight import Flight
    from jupyter_ai.completions.listeners import Source
    from jupyter_ai.completions.models import InlineCompletionRequest
    from jupyter_ai.completions.suggestion import Suggestion

__all__ = ["Document", "Documents", "Turn"]

_MOST = 256
"""Documents of which the state is kept, beside those in which something is going on."""

_MOMENT = 0.001
"""Seconds that are waited at least: the clock must move on."""


class Turn:
    """One request of a document, until it is answered or a newer one takes its place."""

    def __init__(self, request: InlineCompletionRequest, caller: Caller) -> None:
        self.request = request
        self.caller = caller
        self.position = Position.of(request)
        self.began = asyncio.get_running_loop().time()
        self.superseded = False
        self.answered = False  # to the end
        self.news = asyncio.Event()  # something has changed: a flight, or that
        self.flight: Flight | None = None  # that was asked for it
        self.source: Source = "providers"
        self.shown: dict[str, tuple[Suggestion, str]] = {}  # by id, with the text that was sent last
        self.looked_at = ""  # id of the suggestion that the client shows, until what follows is asked
        self.latency: float | None = None  # seconds until there was something to show

    def supersede(self) -> None:
        """End it: it is answered with nothing more."""
        self.superseded = True
        self.news.set()

    def show(self, suggestion: Suggestion, text: str) -> None:
        """Note what the client is sent."""
        self.shown[suggestion.id] = suggestion, text
        if text and self.latency is None:
            self.latency = asyncio.get_running_loop().time() - self.began

    async def wait(self, seconds: float = float("inf")) -> None:
        """Wait for news, or until so many seconds have passed."""
        if seconds == float("inf"):
            await self.news.wait()
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(seconds, _MOMENT)):
                    await self.news.wait()
        self.news.clear()


class Document:
    """A document of one client, or a cell of it."""

    def __init__(self) -> None:
        self.turn: Turn | None = None  # the newest
        self.flight: Flight | None = None  # the newest that was not cancelled
        self.seats = Seats()
        self._flights: set[Flight] = set()  # that have not landed

    def begin(self, turn: Turn) -> float:
        """Take a newer request; the seconds since the one before it."""
        before, self.turn = self.turn, turn
        if before is None:
            return float("inf")
        before.supersede()
        return turn.began - before.began

    def end(self, turn: Turn) -> None:
        """The request is answered, or withdrawn: then nobody needs what was asked for it."""
        if self.turn is turn and not turn.answered:
            self.cancel()

    def launch(self, flight: Flight) -> None:
        """Keep what is asked now, in place of what was."""
        self.cancel()
        self.flight = flight
        self._flights.add(flight)
        flight.start()

    def land(self, flight: Flight) -> None:
        """It has ended."""
        self._flights.discard(flight)

    def cancel(self) -> None:
        """Ask no further."""
        if self.flight is not None:
            self.flight.cancel()
            self.flight = None

    def reset(self) -> None:
        """End what is going on."""
        if self.turn is not None:
            self.turn.supersede()
        self.cancel()

    @property
    def idle(self) -> bool:
        """Whether nothing is going on."""
        return not self._flights and (self.turn is None or self.turn.answered or self.turn.superseded)

    @property
    def flights(self) -> frozenset[Flight]:
        """What is at the providers."""
        return frozenset(self._flights)


class Documents:
    """The documents of all clients; what was not used for long is forgotten."""

    def __init__(self) -> None:
        self._documents: OrderedDict[tuple[str | None, ...], Document] = OrderedDict()

    def get(self, request: InlineCompletionRequest, caller: Caller) -> Document:
        """The document that a request is about; those without a path are told apart by their language."""
        language = None if request.path else language_of(request)
        key = (caller.client, request.path, request.cell_id, language)
        document = self._documents.get(key)
        if document is None:
            self._make_room()
            document = self._documents[key] = Document()
        self._documents.move_to_end(key)
        return document

    def forget(self, caller: Caller) -> None:
        """End what is going on in a client's documents, and forget them."""
        for key in [key for key in self._documents if key[0] == caller.client]:
            self._documents.pop(key).reset()

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._documents.values()))

    def _make_room(self) -> None:
        if len(self._documents) < _MOST:
            return
        oldest = next((key for key, document in self._documents.items() if document.idle), None)
        if oldest is not None:
            del self._documents[oldest]
