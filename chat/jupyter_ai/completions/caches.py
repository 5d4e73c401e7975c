"""The caches of all users: what was suggested at the end of a flight is found for later turns."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from jupyter_ai.completions.cache import Hit, Place, SuggestionCache
from jupyter_ai.completions.ranking import MOST, Ranking

if TYPE_CHECKING:
    from jupyter_ai.completions.caller import Caller
    from jupyter_ai.completions.documents import Turn
    from jupyter_ai.completions.flight import Flight
    from jupyter_ai.completions.models import InlineCompletionRequest
    from jupyter_ai.completions.suggestion import Suggestion

    Filter = Callable[[str, InlineCompletionRequest, bool], str]

__all__ = ["Caches"]

_USERS = 256
"""Whose caches are kept."""


class Caches:
    """One cache for each user; `filter` says what may be shown of what it has not seen yet."""

    def __init__(self, filter: Filter) -> None:
        self._filter = filter
        self._caches: OrderedDict[str, SuggestionCache] = OrderedDict()  # by user, the latest used last

    def find(self, turn: Turn) -> list[tuple[Suggestion, str]]:
        """What is left of suggestions into which was typed; the turn then knows where that came from."""
        explicit = turn.request.trigger == "explicit"  # more of a suggestion may be wanted then
        place = _place(turn)
        hits, latest = self._of(turn.caller).find(place, turn.position, whole=explicit)
        turn.source = "typed" if latest else "cache"
        left = [(hit.suggestion, self._left(hit, turn.request)) for hit in hits]
        return [(suggestion, text) for suggestion, text in left if text][:MOST]

    def keep(self, flight: Flight, ranking: Ranking) -> None:
        """Keep what was suggested to its end."""
        whole = [suggestion for suggestion in flight.offers() if suggestion.whole and suggestion.text]
        if whole:
            best = ranking.best(whole, lambda suggestion: suggestion.text, flight.shown)
            self._of(flight.caller).store(_place(flight), flight.position, best)

    def clear(self) -> None:
        """Forget everything."""
        self._caches.clear()

    def _left(self, hit: Hit, request: InlineCompletionRequest) -> str:
        return self._filter(hit.text, request, False) if hit.raw else hit.text

    def _of(self, caller: Caller) -> SuggestionCache:
        cache = self._caches.setdefault(caller.user, SuggestionCache())
        self._caches.move_to_end(caller.user)
        if len(self._caches) > _USERS:
            self._caches.popitem(last=False)
        return cache


def _place(asked: Turn | Flight) -> Place:
    """Who shares suggestions: a cell or file in one language, for all clients of the user."""
    request = asked.request
    return request.path or asked.caller.client, request.cell_id, asked.position.language
