"""Asks a running server how completions fare, and tells it in lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jupyter_ai.errors import ChatUnreachable
from jupyter_ai.terminal.places import named_place, running_place

__all__ = ["fetch_stats", "to_lines"]


async def fetch_stats(url: str | None, token: str, tell: Callable[[str], None]) -> dict[str, Any]:
    """What the server at `url`, or the one that `jupyter ai chat` would find, has counted.

    Raises `ChatUnreachable`.
    """
    place = await (named_place(url, token) if url else running_place(Path.cwd(), token, tell))
    if place is None:
        raise ChatUnreachable(
            "No server runs, and nothing is counted where none does. Start one, or name it."
        )
    return {"server": place.url, **await place.fetch("api/ai/completion/stats")}


def to_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """The counts as a person reads them."""
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(told["since"]))
    yield f"{told['server']}, since {since}:"
    yield f"{told['requests']:,} requests, {told['cancelled']:,} of them superseded by a newer one"
    yield f"all answers: {_latency(told['latency_ms'])}"
    for source, latency in told["sources"].items():
        yield f"  from {source}: {_latency(latency)}"
    for name, counts in told["languages"].items():
        rate = _percent(counts["error_rate"])
        yield f"language {name or '(none)'}: {counts['requests']:,} requests, {rate} with an error"
    for name, use in told["models"].items():
        yield f"{name}: {_use(use)}"
    for error in told["errors"]:
        status = f" (HTTP {error['status']})" if error["status"] else ""
        yield f"error of {error['provider']}: {error['type']}{status}, {error['count']:,} times"
    for off in told["off"]:
        yield f"not asked: {off['provider']} ({off['type']}), {off['count']:,} times"


def _latency(latency: Mapping[str, Any]) -> str:
    parts = [f"{name} {latency[name]:,.1f} ms" for name in ("p50", "p95", "p99") if name in latency]
    return ", ".join([f"{latency['count']:,}", *parts])


def _use(use: Mapping[str, Any]) -> str:
    shown = f"{use.get('shown', 0):,} shown, {_percent(use['acceptance_rate'])} accepted"
    kept = use["edit_distance"].get("p50")
    edited = "" if kept is None else f", then edited by {kept:,.0f} characters (p50)"
    return f"{shown}{edited}; first text: {_latency(use['latency_ms'])}"


def _percent(rate: float | None) -> str:
    return "none" if rate is None else f"{rate:.1%}"
