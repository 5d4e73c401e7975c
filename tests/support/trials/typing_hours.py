"""Source files of the standard library, typed with completions on, at two speeds."""

from __future__ import annotations

import argparse
import asyncio
import calendar
import inspect
import statistics
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from typists import MockModel, Outcome, document_words, simulate

__all__ = ["MOST_REQUESTS", "Trial", "faults", "trials"]

FILES: tuple[ModuleType, ...] = (textwrap, calendar, statistics, argparse)
SPEEDS = (60, 120)  # words per minute
MOST_REQUESTS = 1 / 3  # at the model, for each key
_AT_ONCE = 2  # requests of one document at the model


@dataclass(frozen=True)
class Trial:
    """What was typed, with which providers, and how it was."""

    speed: float
    providers: str
    """"model", "document" or "both"."""

    outcome: Outcome
    at_once: int
    """The most requests of a document at the model at a time."""

    cpu_ms: float
    """Milliseconds of the processor for each key, the simulation's own included."""


def trials(keys: int) -> Iterator[Trial]:
    """Type so many keys of each file, from its first third on, at each speed, with different providers."""
    for speed in SPEEDS:
        for providers in ("model", "document", "both"):
            began = time.process_time()
            outcome, at_once = asyncio.run(_typed(keys, speed, providers))
            spent = 1000 * (time.process_time() - began) / outcome.keys
            yield Trial(speed, providers, outcome, at_once, spent)


async def _typed(keys: int, speed: float, providers: str) -> tuple[Outcome, int]:
    whole, at_once = Outcome(), 0
    for module in FILES:
        source = inspect.getsource(module)
        start = len(source) // 3
        model = MockModel(source)
        asked = {"model": [model], "document": [document_words()], "both": [model, document_words()]}
        whole += await simulate(source[: start + keys], speed, asked[providers], start=start)
        at_once = max(at_once, model.most)
    return whole, at_once


def faults(trial: Trial) -> Iterator[str]:
    """What must not be."""
    outcome = trial.outcome
    at = f"at {trial.speed} words per minute, {trial.providers}"
    if outcome.per_key > MOST_REQUESTS:
        yield f"{outcome.per_key:.2f} requests at the model for each key {at}"
    if outcome.stale:
        yield f"{outcome.stale} texts came for a request that a newer one had replaced {at}"
    if outcome.unanswered:
        yield f"{outcome.unanswered} requests did not get exactly one reply {at}"
    if trial.at_once > _AT_ONCE:
        yield f"{trial.at_once} requests of a document were at the model at a time {at}"
