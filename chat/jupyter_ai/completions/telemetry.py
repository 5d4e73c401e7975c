"""Tells the administrator's event handlers and the metrics of completions; never the code itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_ai.completions.stats import CompletionStats

if TYPE_CHECKING:
    from jupyter_ai.completions.caller import Caller
    from jupyter_ai.completions.listeners import ItemEvent, ItemInfo, Provided

__all__ = ["MODEL_CHOSEN", "PROVIDED", "USED", "Events", "Telemetry"]

PROVIDED = "urn:jupyter-ai:completions:provided:v1"
USED = "urn:jupyter-ai:completions:used:v1"
MODEL_CHOSEN = "urn:jupyter-ai:completions:model-chosen:v1"

_LONGEST = 100  # characters
_SCHEMAS = Path(__file__).parent / "events"


class Events(Protocol):
    """What is used of a `jupyter_events.EventLogger`."""

    handlers: Any

    def register_event_schema(self, schema: Any) -> None: ...

    def emit(self, *, schema_id: str, data: dict[str, Any]) -> Any: ...


class Service(Protocol):
    """What is used of a `CompletionService`."""

    def status(self) -> Mapping[str, Any]: ...

    def observe(self, changed: Callable[[], None]) -> Callable[[], None]: ...


Describe = Callable[[str], tuple[str, str]]
"""The family and the vendor of a model with this id."""


class Telemetry:
    """A `CompletionListener` that counts, and emits events where the administrator set handlers for them.

    Without `EventLogger.handlers` not even the schemas are registered: a browser that subscribes to the
    server's events gets none of these then.
    """

    def __init__(self, events: Events | None, stats: CompletionStats | None = None) -> None:
        self.stats = stats or CompletionStats()
        self._events = events
        self._registered = False
        self._withdraw: Callable[[], None] = lambda: None

    def publish(self) -> None:
        """Have the server's metrics tell the counts, until `close`."""
        from jupyter_ai.completions.metrics import publish

        self._withdraw()
        self._withdraw = publish(self.stats)

    def close(self) -> None:
        """Take the counts out of the metrics."""
        self._withdraw()
        self._withdraw = lambda: None

    def provided(self, done: Provided) -> None:
        """One request was answered."""
        self.stats.provided(done)
        if events := self._wanted():
            events.emit(schema_id=PROVIDED, data=_provided(done))

    def item_event(self, event: ItemEvent, item: ItemInfo, caller: Caller) -> None:
        """Something became of a suggestion."""
        self.stats.item_event(event, item, caller)
        if events := self._wanted():
            events.emit(schema_id=USED, data=_used(event, item))

    def follow(self, service: Service, describe: Describe) -> Callable[[], None]:
        """Tell from now on when another model completes code; returns what ends that."""
        seen = _choice(service)

        def changed() -> None:
            nonlocal seen
            before, seen = seen, _choice(service)
            if seen != before:
                self._chosen(*seen, describe)

        return service.observe(changed)

    def _chosen(self, mode: str, model: str | None, describe: Describe) -> None:
        if events := self._wanted():
            family, vendor = describe(model) if model else (None, None)
            data = {"mode": mode, "model": model, "family": family, "vendor": vendor}
            events.emit(schema_id=MODEL_CHOSEN, data=data)

    def _wanted(self) -> Events | None:
        events = self._events
        if events is None or not events.handlers:
            return None
        if not self._registered:
            for schema in sorted(_SCHEMAS.glob("*.yaml")):
                events.register_event_schema(schema)
            self._registered = True
        return events


def _choice(service: Service) -> tuple[str, str | None]:
    status = service.status()
    return status["mode"], status["model"]


def _provided(done: Provided) -> dict[str, Any]:
    return {
        "source": done.source,
        "trigger": done.trigger,
        "latency_ms": done.latency_ms,
        "language": _short(done.language),
        "distance_from_top": done.distance_from_top,
        "group": done.group,
        "cancelled": done.cancelled,
        "count": done.count,
        "items": [
            {
                "id": item.id,
                "provider": item.provider,
                "model": item.model,
                "characters": item.characters,
                "latency_ms": item.latency_ms,
            }
            for item in done.items
        ],
        "errors": [
            {"provider": failure.provider, "type": failure.type, "status": failure.status}
            for failure in done.failures
            if not failure.off
        ],
        "off": [
            {"provider": failure.provider, "type": failure.type} for failure in done.failures if failure.off
        ],
    }


def _used(event: ItemEvent, item: ItemInfo) -> dict[str, Any]:
    return {
        "event": event.event,
        "item": item.id,
        "provider": item.provider,
        "model": item.model,
        "language": _short(item.language),
        "source": item.source,
        "group": item.group,
        "characters": item.characters,
        "latency_ms": item.latency_ms,
        "distance_from_top": item.distance_from_top,
        "index": event.index,
        "accepted_characters": event.characters,
        "edit_distance": event.edit_distance,
    }


def _short(language: str | None) -> str | None:
    """A client says it: no more of that than a name."""
    return language if language is None else language[:_LONGEST]
