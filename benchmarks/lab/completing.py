"""The loads of `completions.py`: what one editor asks of a server, and the same frames to one that echoes."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab.editor import Editor, request
from lab.servers import Helper

__all__ = ["Bench", "Round", "answered_by_model", "asked", "found", "rapid", "stream_size", "third"]

Clock = Callable[[], float]
"""Tells the processor time of a server up to now."""

_LINE = "value_{0:06} = compute(row, {0:06})\n"
_PLACES = itertools.count()
RAPID = 100
MODEL_MS = 30


@dataclass
class Round:
    """Seconds of each request of a round, by what was asked; and processor time of each, likewise."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    def add(self, what: str, seconds: list[float], cpu: float) -> None:
        """Keep the times of some requests, and the processor time of them all."""
        self.seconds[what] = seconds
        self.cpu[what] = cpu / len(seconds)


def _document(size: int) -> str:
    return "".join(map(_LINE.format, range(size // len(_LINE.format(0)) + 1)))[:size]


def _line() -> str:
    """The beginning of a line that no document has yet."""
    return f"\nplace_{next(_PLACES):06} = "


@dataclass(frozen=True)
class Bench:
    """An editor of ours, an editor of the server that echoes, and the processor times of both servers."""

    ours: Editor
    echo: Editor
    our_clock: Clock
    echo_clock: Clock

    async def compare(
        self, round: Round, what: str, path: str, prefixes: list[str], *, explicit: bool = True
    ) -> None:
        """Ask with each prefix, and have each echoed in its turn."""
        times, floors = [], []
        ours, echo = self.our_clock(), self.echo_clock()
        for prefix in prefixes:
            times.append((await self.ours.ask(path, prefix, explicit=explicit)).first)
            floors.append(await self.echo.echo(prefix))
        round.add(what, times, self.our_clock() - ours)
        round.add(f"{what}: echo", floors, self.echo_clock() - echo)


async def asked(round: Round, bench: Bench, count: int, size: int) -> None:
    """Requests that only a provider can answer, each beside an echo of the same frame."""
    document = _document(size)
    prefixes = [document + _line() for _ in range(count)]
    await bench.compare(round, f"asked, {size // 1000} kB", f"instant/{size}.py", prefixes)


async def found(round: Round, bench: Bench, count: int, size: int) -> None:
    """What is typed as suggested, and cursors of before, with 1,000 of them in the cache."""
    document, path = _document(size), f"instant/found-{size}.py"
    places: list[str] = []
    for _ in range(1000):
        places.append(document + _line())
        text = (await bench.ours.ask(path, places[-1])).text
    typed = [places[-1] + text[: 1 + i % (len(text) - 1)] for i in range(count)]
    await bench.compare(round, f"typed as suggested, {size // 1000} kB", path, typed, explicit=False)
    earlier = [places[-500 + i % 400] for i in range(count)]
    await bench.compare(round, f"cached, {size // 1000} kB", path, earlier, explicit=False)
    await bench.compare(round, "asked, 1,000 cached", path, [document + _line() for _ in range(count)])


async def third(round: Round, ours: Editor, count: int) -> None:
    """A provider of 30 ms alone, and beside one that hangs and one that raises."""
    for folder in ("alone", "three"):
        times = [(await ours.ask(f"{folder}/a.py", _line())).first for _ in range(count)]
        round.add(f"third, {folder}", times, 0.0)


async def stream_size(ours: Editor) -> int:
    """Bytes that a suggestion of 24 kB in 5,000 chunks takes."""
    seen = await ours.ask("long/a.py", "", stream=True)
    if len(seen.text) < 23_900:
        raise ValueError(f"only {len(seen.text)} characters were suggested")
    return seen.size


async def answered_by_model(round: Round, ours: Editor, mock: Helper, count: int, what: str) -> None:
    """From the request until there is text, where a model takes 30 ms."""
    await mock.ask({"text": "compute(row, 1)", "milliseconds": MODEL_MS})
    times = []
    await ours.ask("mock/a.py", _document(2000) + _line(), stream=True)  # it is connected now
    for _ in range(count):
        seen = await ours.ask("mock/a.py", _document(2000) + _line(), stream=True)
        if not seen.text:
            raise ValueError(f"the model suggested nothing: {seen.error}")
        times.append(seen.first)
    round.add(what, times, 0.0)


async def rapid(ours: Editor, mock: Helper) -> dict[str, Any]:
    """A hundred requests in a row, every tenth elsewhere: what came to the model, and who was answered."""
    before = await mock.ask({"text": "compute(row, 1)", "milliseconds": 200})
    frames = [
        request(number, "mock/rapid.py", f"place_{number // 10} = " + "x" * (number % 10))
        for number in range(RAPID)
    ]
    start = time.perf_counter()
    replies = await ours.ask_rapidly(frames)
    seconds = time.perf_counter() - start
    await asyncio.sleep(0.3)
    journal = {what: count - before[what] for what, count in (await mock.ask({})).items()}
    shown = sum(bool(reply["list"]["items"]) for reply in replies)
    return {**journal, "shown": shown, "seconds": seconds}
