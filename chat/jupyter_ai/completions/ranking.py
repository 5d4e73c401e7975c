"""Which suggestions come first, and which are as good as the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_ai.completions.suggestion import Suggestion

__all__ = ["MOST", "Ranking", "likeness"]

MOST = 5
"""Suggestions that are kept."""

_FADING = 0.9  # of what was known, when something more is
_HOPE = 0.3  # the acceptance of whom nobody knows
_SLOWEST = 2.0  # seconds of latency that weigh as much as one acceptance in five

_LEAST = 0.15
_UNKNOWN = 0.5
"""Seconds that a provider is waited for at least, and while nobody knows how fast it is."""

_USUAL = 3
"""How many times its usual latency a provider may take until it is overdue."""

_IN_VAIN = 1.0
"""Seconds that newer requests have waited for it since its last answer, after which they wait no more."""


class _Standing:
    """How a provider has fared lately."""

    def __init__(self) -> None:
        self.acceptance = _HOPE
        self.latency: float | None = None  # seconds
        self.overdue = False  # when it was cancelled last
        self.in_vain = 0.0  # seconds that newer requests have waited since its last answer

    @property
    def score(self) -> float:
        slow = min(self.latency or 0.0, _SLOWEST) / _SLOWEST
        return self.acceptance - 0.2 * slow

    @property
    def patience(self) -> float:
        return _UNKNOWN if self.latency is None else max(_LEAST, _USUAL * self.latency)


class Ranking:
    """Orders suggestions by what their providers say, and by how these have fared lately.

    First what is preselected; then by the priority of the provider, by how often it was accepted and how
    fast it was, what is long ago counting less. Those that have a `sortText` change places among themselves
    to be in its order, also where they are of several providers of the same priority.
    """

    def __init__(self) -> None:
        self._standings: dict[str, _Standing] = {}

    def answered(self, provider: str, seconds: float) -> None:
        """Note how long a provider took."""
        standing = self._standing(provider)
        known = seconds if standing.latency is None else standing.latency
        standing.latency = _FADING * known + (1 - _FADING) * seconds

    def spoke(self, provider: str) -> None:
        """Note that a provider has said something, be it that there is nothing."""
        standing = self._standing(provider)
        standing.overdue, standing.in_vain = False, 0.0

    def cancelled(self, provider: str, seconds: float) -> None:
        """Note that a provider was cancelled before it said anything, after so many seconds."""
        standing = self._standing(provider)
        standing.overdue = standing.overdue or seconds > standing.patience

    def awaited(self, provider: str, seconds: float) -> None:
        """Note that a newer request has waited so long for what a provider would say, and it said nothing."""
        self._standing(provider).in_vain += seconds

    def patience(self, provider: str) -> float:
        """Seconds that are waited for a provider where others have an answer; 0 if it was overdue last."""
        standing = self._standing(provider)
        return 0.0 if standing.overdue else standing.patience

    def due(self, provider: str, elapsed: float) -> float:
        """Seconds in which a provider that was asked `elapsed` ago may answer; 0: not soon."""
        if self._standing(provider).in_vain >= _IN_VAIN:
            return 0.0
        return max(0.0, self.patience(provider) - elapsed)

    def accepted(self, provider: str, accepted: bool) -> None:
        """Note whether a suggestion of a provider was accepted, whole or in part."""
        standing = self._standing(provider)
        standing.acceptance = _FADING * standing.acceptance + (1 - _FADING) * accepted

    def score(self, provider: str) -> float:
        """Higher is better."""
        return self._standing(provider).score

    def order(self, suggestions: Iterable[Suggestion]) -> list[Suggestion]:
        """The best first."""
        ranked = sorted(suggestions, key=self._key)
        return [each for _, equals in groupby(ranked, key=_rank) for each in _in_own_order(list(equals))]

    def best(
        self,
        suggestions: Iterable[Suggestion],
        text: Callable[[Suggestion], str],
        shown: Sequence[Suggestion] = (),
    ) -> list[Suggestion]:
        """The best few, in order, without what is as good as the same as a better one.

        Those that are `shown` already stay in the order in which they are, before all others.
        """
        kept: list[Suggestion] = []
        seen: set[str] = set()
        offered = list(suggestions)
        first = [suggestion for suggestion in shown if suggestion in offered]
        for suggestion in [*first, *self.order(each for each in offered if each not in first)]:
            like = likeness(text(suggestion))
            if len(kept) < MOST and not (suggestion.done and like in seen):
                kept.append(suggestion)
                seen |= {like} if like else set()
        return kept

    def _standing(self, provider: str) -> _Standing:
        return self._standings.setdefault(provider, _Standing())

    def _key(self, suggestion: Suggestion) -> tuple[bool, int, float, str, int]:
        id = suggestion.served.id
        return *_rank(suggestion), -self._standing(id).score, id, suggestion.place


def _rank(suggestion: Suggestion) -> tuple[bool, int]:
    return not suggestion.item.preselect, -suggestion.served.options.priority


def _in_own_order(ranked: list[Suggestion]) -> list[Suggestion]:
    """Those without a `sortText` stay where they are; the others share the other places."""
    sorted_ones = iter(sorted((s for s in ranked if s.item.sortText is not None), key=_sort_text))
    return [s if s.item.sortText is None else next(sorted_ones) for s in ranked]


def _sort_text(suggestion: Suggestion) -> str:
    return suggestion.item.sortText or ""


def likeness(text: str) -> str:
    """The same for texts that differ in white space, or in what stands at their end only."""
    return " ".join(text.split()).rstrip(" ;:,.")
