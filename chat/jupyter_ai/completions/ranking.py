"""Which suggestions come first, and which are as good as the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_ai.completions.suggestion import Suggestion

__all__ = ["MOST", "Ranking", "likeness"]

MOST = 5
"""Suggestions that are kept."""

_FADING = 0.9  # of what was known, when something more is
_HOPE = 0.3  # the acceptance of whom nobody knows
_PATIENCE = 2.0  # seconds of latency that weigh as much as one acceptance in five


class _Standing:
    """How a provider has fared lately."""

    def __init__(self) -> None:
        self.acceptance = _HOPE
        self.latency: float | None = None  # seconds

    @property
    def score(self) -> float:
        slow = min(self.latency or 0.0, _PATIENCE) / _PATIENCE
        return self.acceptance - 0.2 * slow


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

    def best(self, suggestions: Iterable[Suggestion], text: Callable[[Suggestion], str]) -> list[Suggestion]:
        """The best few, in order, without what is as good as the same as a better one."""
        kept: list[Suggestion] = []
        seen: set[str] = set()
        for suggestion in self.order(suggestions):
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
