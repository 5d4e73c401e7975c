"""Which model completes in the mode `auto`: what a selector is told, and the one that is built in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from jupyter_ai.completions.caller import Caller

__all__ = ["Candidate", "FastestSelector", "ModelSelector", "Situation", "ab_group", "grouping"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may be asked now, and how it has done so far on this server."""

    id: str  # `<provider>:<model>`; `endpoint:default` leaves the choice of the model to the endpoint
    latency_ms: float | None = None  # until its first words, the last answers counting most; None: unknown
    failure_rate: float = 0.0  # from 0 to 1, likewise
    asked: int = 0  # times, cancelled ones included
    in_flight: int = 0  # requests that it is answering
    queued: int = 0  # requests that wait for it, as it answers one at a time

    @property
    def expected_ms(self) -> float | None:
        """What its latency comes to, with its failures and its load; None while nothing is known."""
        if self.latency_ms is None:
            return None if self.failure_rate == 0 else float("inf")
        waiting = 1 + self.queued + 0.25 * self.in_flight
        return self.latency_ms * waiting / max(0.05, 1 - self.failure_rate)


@dataclass(frozen=True, slots=True)
class Situation:
    """Who asks for what, and what else is going on."""

    user: str = ""
    tier: str = ""  # what the deployment says of the user; "" where it says nothing
    group: str = ""  # of the experiment `AiExtension.completions_experiment`; "" where there is none
    language: str = ""
    explicit: bool = False  # the user asked for it, and waits
    in_flight: int = 0  # requests to any model


class ModelSelector(Protocol):
    """Set as `AiExtension.completion_selector_class`; one serves a server, on its event loop."""

    def select(self, candidates: Sequence[Candidate], situation: Situation) -> Sequence[str]:
        """The ids of the models to ask, one after the other until one answers; returns at once.

        Models that must pause, lack their key or are not allowed are not among the candidates, and ids that
        are not among them are passed over.
        """


class FastestSelector:
    """The fastest model first, and now and then the one that was asked least, to know how it does now.

    A model of which nothing is known comes before all others.
    """

    def __init__(self, explore_every: int = 20) -> None:
        self.explore_every = explore_every
        self._selections = 0

    def select(self, candidates: Sequence[Candidate], situation: Situation) -> Sequence[str]:
        """The ids by expected latency. A person who waits is not made to try others."""
        self._selections += 1
        ranked = sorted(candidates, key=lambda candidate: candidate.expected_ms or 0.0)
        if self._selections % self.explore_every == 0 and not situation.explicit:
            ranked.sort(key=lambda candidate: candidate.asked)
        return [candidate.id for candidate in ranked]


def ab_group(user: str, experiment: str, groups: Sequence[str] = ("A", "B")) -> str:
    """The group of a user in an experiment: always the same, and all groups alike in size."""
    digest = sha256(f"{experiment}\0{user}".encode(errors="replace")).digest()
    return groups[int.from_bytes(digest[:8]) % len(groups)]


def grouping(experiment: str) -> Callable[[Caller], str]:
    """What tells the group of a caller; it is always "" where there is no experiment."""
    return lambda caller: ab_group(caller.user, experiment) if experiment else ""
