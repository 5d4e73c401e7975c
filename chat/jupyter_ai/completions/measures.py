"""How the models that complete code have done so far: latency, failures and load."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jupyter_ai.completions.selector import Candidate

__all__ = ["Attempt", "Measures"]

_WEIGHT = 0.2  # of the newest value in a mean


@dataclass(slots=True)
class _Model:
    latency_ms: float | None = None
    failure_rate: float = 0.0
    asked: int = 0
    in_flight: int = 0
    queued: int = 0


class Attempt:
    """One request to one model."""

    def __init__(self, model: _Model, clock: Callable[[], float]) -> None:
        self._model = model
        self._clock = clock
        self.begun = clock()  # when the model was asked
        self._settled = False

    def answered(self) -> None:
        """Note that the first words are there; later calls count for nothing."""
        if not self._settled:
            taken = 1000 * (self._clock() - self.begun)
            known = self._model.latency_ms
            self._model.latency_ms = taken if known is None else _mean(known, taken)
            self._settle(0.0)

    def failed(self) -> None:
        """Note that it has not answered."""
        self._settle(1.0)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Within, it waits for its turn; the time does not count as the model's."""
        self._model.queued += 1
        try:
            yield
        finally:
            self._model.queued -= 1
            self.begun = self._clock()

    def _settle(self, failure: float) -> None:
        if not self._settled:
            self._settled = True
            self._model.failure_rate = _mean(self._model.failure_rate, failure)


class Measures:
    """Those of one server, since it started."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._models: dict[str, _Model] = {}

    @property
    def in_flight(self) -> int:
        """Requests that any model is answering."""
        return sum(model.in_flight for model in self._models.values())

    def candidate(self, gid: str) -> Candidate:
        """What a selector is told of a model."""
        found = self._models.get(gid, _Model())
        return Candidate(
            gid, found.latency_ms, found.failure_rate, found.asked, found.in_flight, found.queued
        )

    @contextmanager
    def attempt(self, gid: str) -> Iterator[Attempt]:
        """One request, from its beginning to its end; one that is cancelled counts as asked only."""
        model = self._models.setdefault(gid, _Model())
        model.asked += 1
        model.in_flight += 1
        try:
            yield Attempt(model, self._clock)
        finally:
            model.in_flight -= 1


def _mean(known: float, new: float) -> float:
    return (1 - _WEIGHT) * known + _WEIGHT * new
