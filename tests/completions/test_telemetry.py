"""What is told of completions: to the administrator's handlers, to the metrics; and what never is."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import Any

import pytest
from jupyter_events import EventLogger
from prometheus_client import CollectorRegistry, generate_latest

from jupyter_ai.completions.caller import Caller
from jupyter_ai.completions.choice import described
from jupyter_ai.completions.listeners import ItemEvent, ItemInfo, Provided, ProviderFailure
from jupyter_ai.completions.metrics import publish
from jupyter_ai.completions.telemetry import MODEL_CHOSEN, PROVIDED, USED, Telemetry

CALLER = Caller("connection", "somebody")
ITEM = ItemInfo("i1", "model", "acme:m", "python", 12, "providers", 30.5, 400, "b")
DONE = Provided(
    CALLER,
    "providers",
    31.0,
    "python",
    400,
    "automatic",
    items=(ITEM,),
    failures=(ProviderFailure("slow", "TimeoutError", 504), ProviderFailure("model", "no-model", off=True)),
    group="b",
)


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def telemetry(out: io.StringIO) -> Telemetry:
    """With a handler that the administrator set."""
    events = EventLogger()
    events.handlers = []
    events.register_handler(logging.StreamHandler(out))
    return Telemetry(events)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_answered_request_is_an_event(telemetry: Telemetry, out: io.StringIO) -> None:
    telemetry.provided(DONE)
    [told] = lines(out)

    assert told["__schema__"] == PROVIDED
    assert (told["source"], told["latency_ms"], told["count"], told["group"]) == ("providers", 31.0, 1, "b")
    assert told["items"] == [
        {"id": "i1", "provider": "model", "model": "acme:m", "characters": 12, "latency_ms": 30.5}
    ]
    assert told["errors"] == [{"provider": "slow", "type": "TimeoutError", "status": 504}]
    assert told["off"] == [{"provider": "model", "type": "no-model"}]


@pytest.mark.parametrize(
    "event",
    [
        ItemEvent("shown", "i1"),
        ItemEvent("accepted", "i1", index=0),
        ItemEvent("accepted-partly", "i1", index=2, characters=5),
        ItemEvent("rejected", "i1"),
        ItemEvent("ignored", "i1"),
        ItemEvent("edited", "i1", edit_distance=3),
    ],
    ids=lambda event: event.event,
)
def test_what_became_of_a_suggestion_is_an_event(
    telemetry: Telemetry, out: io.StringIO, event: ItemEvent
) -> None:
    telemetry.item_event(event, ITEM, CALLER)
    [told] = lines(out)

    assert told["__schema__"] == USED
    assert (told["event"], told["item"], told["model"]) == (event.event, "i1", "acme:m")
    assert (told["index"], told["accepted_characters"]) == (event.index, event.characters)
    assert told["edit_distance"] == event.edit_distance


class Chosen:
    """A service whose model a test chooses."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {"mode": "none", "model": None, "name": ""}
        self.changed: Any = None

    def status(self) -> dict[str, Any]:
        return self.told

    def observe(self, changed: Any) -> Any:
        self.changed = changed
        return lambda: None

    def choose(self, mode: str, model: str | None, name: str = "") -> None:
        self.told = {"mode": mode, "model": model, "name": name}
        self.changed()


def test_another_model_is_an_event(telemetry: Telemetry, out: io.StringIO) -> None:
    service = Chosen()
    telemetry.follow(service, described)
    service.choose("model", "acme:m")
    service.choose("model", "acme:m", name="only this has changed")
    service.choose("none", None)
    first, second = lines(out)

    assert first["__schema__"] == MODEL_CHOSEN
    assert (first["mode"], first["model"], first["family"], first["vendor"]) == (
        "model",
        "acme:m",
        "m",
        "acme",
    )
    assert (second["mode"], second["model"]) == ("none", None)


async def test_without_a_handler_nothing_is_told_to_who_listens_in_a_browser() -> None:
    events, heard = EventLogger(), []

    async def listener(**told: Any) -> None:
        heard.append(told)

    events.add_listener(schema_id=PROVIDED, listener=listener)
    telemetry = Telemetry(events)
    telemetry.provided(DONE)
    await events.gather_listeners()
    await asyncio.sleep(0)

    assert heard == []
    assert events.schemas.schema_ids == []
    assert telemetry.stats.report()["requests"] == 1


def metrics(telemetry: Telemetry) -> set[str]:
    registry = CollectorRegistry()
    publish(telemetry.stats, registry)
    return {line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")}


def test_metrics_tell_percentiles_error_rates_and_acceptance() -> None:
    telemetry = Telemetry(None)
    telemetry.provided(DONE)
    for event in ("shown", "accepted"):
        telemetry.item_event(ItemEvent(event, "i1"), ITEM, CALLER)

    assert metrics(telemetry) >= {
        'jupyter_ai_completion_requests_total{source="providers"} 1.0',
        'jupyter_ai_completion_latency_seconds{quantile="0.99",source="providers"} 0.031',
        'jupyter_ai_completion_error_rate{language="python"} 1.0',
        'jupyter_ai_completion_errors_total{provider="slow",status="504",type="TimeoutError"} 1.0',
        'jupyter_ai_completion_acceptance_rate{model="acme:m"} 1.0',
        'jupyter_ai_completion_events_total{event="shown",model="acme:m"} 1.0',
    }


def test_a_second_server_in_the_process_publishes_nothing() -> None:
    registry = CollectorRegistry()
    undo = publish(Telemetry(None).stats, registry)
    publish(Telemetry(None).stats, registry)()
    undo()
    publish(Telemetry(None).stats, registry)

    assert b"jupyter_ai_completion_superseded_total 0.0" in generate_latest(registry)
