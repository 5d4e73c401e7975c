"""What is told of completions as they are provided and used; never the code itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from jupyter_ai.completions.caller import Caller

__all__ = [
    "CompletionListener",
    "EventName",
    "ItemEvent",
    "ItemInfo",
    "Provided",
    "ProviderFailure",
    "Source",
]

Source = Literal["typed", "cache", "joined", "providers"]
"""Where an answer came from: what was suggested last, the cache, a request in flight, or the providers."""

EventName = Literal["shown", "accepted", "accepted-partly", "rejected", "ignored", "edited"]


@dataclass(frozen=True, slots=True)
class ItemInfo:
    """A suggestion, without its text."""

    id: str
    provider: str
    model: str | None
    language: str | None
    characters: int
    source: Source
    latency_ms: float
    """From the request until this suggestion had text."""

    distance_from_top: int
    """Characters before the cursor."""

    group: str = ""
    """The A/B group of who asked; "" where there are none."""


@dataclass(frozen=True, slots=True)
class ProviderFailure:
    """A provider that could not answer."""

    provider: str
    type: str
    """The name of the exception's class, or what `CompletionUnavailable` says."""

    status: int | None = None
    """The HTTP status of what the provider asked."""

    off: bool = False
    """It was not asked at all, as no model is chosen, a key is missing or a pause is kept: no error."""


@dataclass(frozen=True, slots=True)
class Provided:
    """One request, answered to the end, superseded or cancelled."""

    caller: Caller
    source: Source
    latency_ms: float
    """Until there was something to show; where there was nothing, until that was known."""

    language: str | None
    distance_from_top: int
    trigger: str
    items: tuple[ItemInfo, ...] = ()
    failures: tuple[ProviderFailure, ...] = ()
    cancelled: bool = False
    """Superseded by a newer request, or withdrawn, before it was answered to the end."""

    group: str = ""
    count: int = field(init=False)

    def __post_init__(self) -> None:
        """Count the items."""
        object.__setattr__(self, "count", len(self.items))


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """What became of a suggestion, as the client tells it."""

    event: EventName
    item: str
    index: int | None = None
    """Its place among those offered, from 0."""

    characters: int | None = None
    """How many were accepted."""

    edit_distance: int | None = None
    """From what was accepted to what stands there 30 s later."""


class CompletionListener(Protocol):
    """Is told what happens, on the event loop: it must return at once. What it raises is logged."""

    def provided(self, done: Provided) -> None:
        """One request was answered."""

    def item_event(self, event: ItemEvent, item: ItemInfo, caller: Caller) -> None:
        """A client tells what became of a suggestion."""
