"""What the chat costs a page of JupyterLab: its size, the first chunk, a long answer, memory.

    python benchmarks/chat_page.py [--quick] [--first N] [--long N] [--exchanges N] [--json FILE]

A real server and a real Chromium; the extension must be built (scripts/run does it). What each
figure is, is in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab.machine import median_of
from lab.results import Target, number, print_table, print_targets

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from lab_server import EXTENSION, LabServer
from trials.page import LONGEST_TASK, MOST_TIME, Answer, WatchedPage, lab_with_treatises, watched_page

SIZE, FIRST = 600, 50  # KB, ms
_LONG = 100  # thousand characters
_LATER = 20  # likewise, into a chat that holds the long ones


@dataclass
class Found:
    """What was measured."""

    load: float = 0.0
    first: list[Answer] = field(default_factory=list)
    long: list[Answer] = field(default_factory=list)
    later: list[Answer] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)  # MB
    errors: list[str] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--first", type=int, default=9, help="short answers (default: 9)")
    parser.add_argument("--long", type=int, default=5, help="long answers, in one chat (default: 5)")
    parser.add_argument("--exchanges", type=int, default=200, help="between two looks at the memory")
    parser.add_argument("--quick", action="store_true", help="7 short answers, 1 long one, 20 exchanges")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.first, arguments.long, arguments.exchanges = 7, 1, 20
    if any(EXTENSION.glob("static/*.map")):
        print("This is a development build, whose size says nothing: jlpm build:prod makes the other.")
    found = Found(load=os.getloadavg()[0])
    print(f"load of the machine before: {found.load:.1f}")
    with lab_with_treatises() as server:
        asyncio.run(_measure(server, arguments, found))
    _report(found, arguments.exchanges)
    if arguments.json:
        arguments.json.write_text(json.dumps({"size_kb": _size(), **asdict(found)}, indent=1))


async def _measure(server: LabServer, arguments: argparse.Namespace, found: Found) -> None:
    async with watched_page(server) as page:
        _say("first chunk")
        await page.ask(1)  # what is loaded when it is first used is there now
        found.first += [await page.ask(1) for _ in range(arguments.first)]
        await page.clear()
        await _memory(page, arguments.exchanges, found)
        for index in range(arguments.long):
            _say(f"long answer {index + 1} of {arguments.long}")
            found.long.append(await page.ask(_LONG))
        _say("a shorter one after them")
        found.later.append(await page.ask(_LATER))
        found.errors += page.chat.errors


async def _memory(page: WatchedPage, exchanges: int, found: Found) -> None:
    _say("memory")
    await page.exchange(10)
    await page.clear()
    found.memory["before"] = await page.memory()
    await page.exchange(exchanges)
    found.memory["after"] = await page.memory()
    await page.clear()
    found.memory["cleared"] = await page.memory()


def _report(found: Found, exchanges: int) -> None:
    rows = [
        _row("short answers", found.first),
        _row(f"{_LONG} KB, 200 chunks/s", found.long),
        _row(f"{_LATER} KB after those", found.later),
    ]
    times = ("sending ms", "showing ms", "longest task ms", "streamed s", "shown s", "ratio")
    print_table(("medians", *times, "whole"), rows)
    print()
    before, after, cleared = (found.memory[name] for name in ("before", "after", "cleared"))
    kept, left = ((mb - before) / exchanges * 1000 for mb in (after, cleared))
    print(f"memory, MB: {before:.1f}, {after:.1f} after {exchanges} exchanges, {cleared:.1f} once cleared")
    print(f"an exchange takes {kept:.1f} KB, and leaves {left:.1f} KB once the chat is cleared")
    print()
    for error in found.errors:
        print(f"error in the page: {error}")
    answers = [*found.first, *found.long, *found.later]
    first = median_of(answer.first for answer in found.first)
    ratio = median_of(answer.ratio for answer in found.long)
    task, later = (median_of(a.longest_task for a in each) for each in (found.long, found.later))
    print_targets(
        [
            Target("JavaScript of the extension", _size(), SIZE, " KB"),
            Target("first chunk beyond the WebSocket's time", first, FIRST, " ms"),
            Target("longest task, long answers", task, LONGEST_TASK, " ms"),
            Target("longest task, after long answers", later, LONGEST_TASK, " ms"),
            Target("shown over streamed, long answers", ratio, MOST_TIME),
            Target("answers that are not whole", sum(not answer.is_whole for answer in answers), 0),
            Target("errors in the page", len(found.errors), 0),
        ]
    )


def _row(what: str, answers: list[Answer]) -> tuple[str, ...]:
    return (
        what,
        number(median_of(a.sending for a in answers)),
        number(median_of(a.showing for a in answers)),
        number(median_of(a.longest_task for a in answers), 0),
        number(median_of(a.streamed / 1000 for a in answers), 2),
        number(median_of(a.shown / 1000 for a in answers), 2),
        number(median_of(a.ratio for a in answers), 2),
        f"{sum(a.is_whole for a in answers)} of {len(answers)}",
    )


def _size() -> float:
    """KB of JavaScript in the build."""
    return sum(file.stat().st_size for file in EXTENSION.glob("static/*.js")) / 1000


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
