"""How completions fare: times, errors, and what people make of them, in bounded memory."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_ai.completions.caller import Caller
    from jupyter_ai.completions.listeners import ItemEvent, ItemInfo, Provided

__all__ = ["CompletionStats", "Latest", "Share", "Use"]

_KEPT = 1_000  # values of which percentiles are told, and accepted suggestions that are known again
_NAMES = 50  # languages, models or kinds of errors; what comes later is counted together
_LONGEST = 100  # characters of a name
_OTHER = "other"
_PERCENTS = (50, 95, 99)
_ACCEPTED = ("accepted", "accepted-partly")


class Latest:
    """The latest thousand of some numbers, and how many there were, with their sum."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0.0
        self._values: deque[float] = deque(maxlen=_KEPT)

    def add(self, value: float) -> None:
        """Take in one more."""
        self.count += 1
        self.sum += value
        self._values.append(value)

    def percentiles(self) -> dict[str, float]:
        """The smallest value that so many percent do not exceed, of the latest: `p50`, `p95`, `p99`."""
        values = sorted(self._values)
        return {f"p{part}": values[-(-len(values) * part // 100) - 1] for part in _PERCENTS if values}

    def describe(self) -> dict[str, float]:
        """How many, and the percentiles, rounded."""
        return {"count": self.count} | {name: round(value, 3) for name, value in self.percentiles().items()}


@dataclass(slots=True)
class Share:
    """How many of all were of a kind."""

    all: int = 0
    hits: int = 0

    @property
    def rate(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.hits / self.all if self.all else None


@dataclass(slots=True)
class Use:
    """What became of the suggestions of a model, or of all."""

    events: Counter[str] = field(default_factory=Counter)
    accepted_items: int = 0
    """Suggestions accepted, each counted once, however many parts it was accepted in."""

    indices: Counter[int] = field(default_factory=Counter)
    """Which of those offered were accepted, from 0."""

    latency_ms: Latest = field(default_factory=Latest)
    edit_distance: Latest = field(default_factory=Latest)

    @property
    def rate(self) -> float | None:
        """The share of the shown that was accepted; None where none was shown."""
        shown = self.events["shown"]
        return min(1.0, self.accepted_items / shown) if shown else None

    def describe(self) -> dict[str, Any]:
        """As JSON."""
        return {
            **{name.replace("-", "_"): count for name, count in sorted(self.events.items())},
            "acceptance_rate": _rounded(self.rate),
            "accepted_at": dict(sorted(self.indices.items())),
            "latency_ms": self.latency_ms.describe(),
            "edit_distance": self.edit_distance.describe(),
        }


class CompletionStats:
    """A `CompletionListener` that counts, since the server started. Belongs to the event loop.

    Percentiles are of the latest 1,000. The fifty languages, models and kinds of errors that come first have
    a count of their own.
    """

    def __init__(self) -> None:
        self.since = time.time()
        self.cancelled = 0
        self.sources: dict[str, Latest] = {}  # latencies in milliseconds, by where the answer came from
        self.latency_ms = Latest()
        self.languages: dict[str, Share] = {}  # requests, and those in which a provider failed
        self.errors: dict[tuple[str, ...], int] = {}  # by provider, type and status
        self.off: dict[tuple[str, ...], int] = {}  # of those that were not asked at all, by provider and type
        self.models: dict[str, Use] = {}  # by model; by provider where it is no model
        self.use = Use()
        self._accepted: OrderedDict[str, None] = OrderedDict()

    def provided(self, done: Provided) -> None:
        """Count an answered request; one that was superseded has no latency."""
        language = self.languages.setdefault(_name(done.language or "", self.languages), Share())
        language.all += 1
        language.hits += any(not failure.off for failure in done.failures)
        for failure in done.failures:
            kind = failure.provider[:_LONGEST], failure.type[:_LONGEST]
            if failure.off:
                _count(kind, self.off)
            else:
                _count((*kind, str(failure.status or "")), self.errors)
        if done.cancelled:
            self.cancelled += 1
            return
        self.latency_ms.add(done.latency_ms)
        self.sources.setdefault(done.source, Latest()).add(done.latency_ms)
        if done.source == "providers":
            for item in done.items:
                self.use.latency_ms.add(item.latency_ms)
                self._of(item).latency_ms.add(item.latency_ms)

    def item_event(self, event: ItemEvent, item: ItemInfo, caller: Caller) -> None:
        """Count what became of a suggestion."""
        first = event.event in _ACCEPTED and self._accept(item.id)
        for use in (self.use, self._of(item)):
            use.events[event.event] += 1
            use.accepted_items += first
            if first and event.index is not None:
                use.indices[max(0, min(event.index, 9))] += 1
            if event.edit_distance is not None:
                use.edit_distance.add(event.edit_distance)

    def report(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return {
            "since": self.since,
            "requests": sum(share.all for share in self.languages.values()),
            "cancelled": self.cancelled,
            "latency_ms": self.latency_ms.describe(),
            "sources": {name: latest.describe() for name, latest in sorted(self.sources.items())},
            "languages": {
                name: {"requests": share.all, "failed": share.hits, "error_rate": _rounded(share.rate)}
                for name, share in sorted(self.languages.items())
            },
            "errors": [
                {
                    "provider": provider,
                    "type": type,
                    "status": int(status) if status else None,
                    "count": count,
                }
                for (provider, type, status), count in sorted(self.errors.items())
            ],
            "off": [
                {"provider": provider, "type": type, "count": count}
                for (provider, type), count in sorted(self.off.items())
            ],
            "use": self.use.describe(),
            "models": {name: use.describe() for name, use in sorted(self.models.items())},
        }

    def _of(self, item: ItemInfo) -> Use:
        return self.models.setdefault(_name(item.model or item.provider, self.models), Use())

    def _accept(self, item: str) -> bool:
        """Whether it is news that this one was accepted."""
        if item in self._accepted:
            return False
        self._accepted[item] = None
        if len(self._accepted) > _KEPT:
            self._accepted.popitem(last=False)
        return True


def _count(kind: tuple[str, ...], kinds: dict[tuple[str, ...], int]) -> None:
    if kind not in kinds and len(kinds) >= _NAMES:
        kind = (_OTHER, _OTHER, "")[: len(kind)]
    kinds[kind] = kinds.get(kind, 0) + 1


def _name(name: str, known: Collection[str]) -> str:
    """A name, or that for all others: a client says the language, and could say any number of them."""
    name = name[:_LONGEST]
    return name if name in known or len(known) < _NAMES else _OTHER


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)
