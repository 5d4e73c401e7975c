"""The counts of completions, and that they stay small."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_ai.completions.caller import Caller
from jupyter_ai.completions.listeners import ItemEvent, ItemInfo, Provided, ProviderFailure
from jupyter_ai.completions.stats import CompletionStats, Latest

SOMEBODY = Caller("connection", "")


def item(id: str = "i", **fields: Any) -> ItemInfo:
    values = {"provider": "model", "model": "acme:m", "language": "python", "characters": 9, **fields}
    return ItemInfo(id, **{"source": "providers", "latency_ms": 20.0, "distance_from_top": 3, **values})


def done(latency_ms: float = 10.0, **fields: Any) -> Provided:
    values = {"source": "providers", "language": "python", "distance_from_top": 3, "trigger": "automatic"}
    return Provided(SOMEBODY, latency_ms=latency_ms, **{**values, **fields})


def test_percentiles_are_values_that_came() -> None:
    latest = Latest()
    for value in range(1, 201):
        latest.add(value)

    assert latest.percentiles() == {"p50": 100, "p95": 190, "p99": 198}


def test_nothing_has_no_percentiles() -> None:
    assert Latest().describe() == {"count": 0}


def test_only_the_latest_thousand_are_kept_but_all_are_counted() -> None:
    latest = Latest()
    for value in range(3000):
        latest.add(value)

    assert (latest.count, latest.percentiles()["p50"]) == (3000, 2499)


def test_latencies_are_told_by_where_the_answer_came_from() -> None:
    stats = CompletionStats()
    for latency, source in [(30.0, "providers"), (1.0, "cache"), (3.0, "cache")]:
        stats.provided(done(latency, source=source))
    stats.provided(done(9000.0, cancelled=True))
    report = stats.report()

    assert report["sources"]["cache"] == {"count": 2, "p50": 1.0, "p95": 3.0, "p99": 3.0}
    assert report["latency_ms"]["count"] == 3
    assert (report["requests"], report["cancelled"]) == (4, 1)


def test_errors_are_told_by_language_and_kind() -> None:
    stats = CompletionStats()
    stats.provided(done(failures=(ProviderFailure("model", "RateLimited", 429),)))
    for _ in range(3):
        stats.provided(done())
    report = stats.report()

    assert report["languages"] == {"python": {"requests": 4, "failed": 1, "error_rate": 0.25}}
    assert report["errors"] == [{"provider": "model", "type": "RateLimited", "status": 429, "count": 1}]


def test_who_was_not_asked_has_made_no_error() -> None:
    stats = CompletionStats()
    stats.provided(done(failures=(ProviderFailure("model", "no-model", off=True),)))
    report = stats.report()

    assert (report["languages"]["python"]["failed"], report["errors"]) == (0, [])
    assert report["off"] == [{"provider": "model", "type": "no-model", "count": 1}]


def test_a_suggestion_accepted_word_by_word_is_accepted_once() -> None:
    stats = CompletionStats()
    for id in ("a", "b", "c", "d"):
        stats.item_event(ItemEvent("shown", id), item(id), SOMEBODY)
    for event in ("accepted-partly", "accepted-partly", "accepted"):
        stats.item_event(ItemEvent(event, "a", index=1), item("a"), SOMEBODY)
    stats.item_event(ItemEvent("edited", "a", edit_distance=4), item("a"), SOMEBODY)
    use = stats.report()["models"]["acme:m"]

    assert (use["acceptance_rate"], use["accepted_partly"], use["accepted_at"]) == (0.25, 2, {1: 1})
    assert use["edit_distance"]["p50"] == 4


@pytest.mark.parametrize("field", ["languages", "models", "errors"])
def test_a_flood_of_names_is_counted_together(field: str) -> None:
    stats = CompletionStats()
    for n in range(300):
        failures = (ProviderFailure(f"p{n}", "E"),)
        found = (item(model=f"m{n}"),)
        stats.provided(done(language=f"l{n}", failures=failures, items=found))

    assert len(getattr(stats, field)) == 51


def test_what_was_accepted_is_not_remembered_forever() -> None:
    stats = CompletionStats()
    for n in range(1500):
        stats.item_event(ItemEvent("accepted", str(n)), item(str(n)), SOMEBODY)

    assert len(stats._accepted) == 1000
