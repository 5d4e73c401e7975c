"""What streaming costs: ours beside a bare tornado broadcast (a) and the runnable's `astream` alone (b).

    python benchmarks/streaming.py [--quick] [--pin] [--json FILE] [--peer-python PATH]

The server runs in a process of its own, the clients in this one. CPU is that of the server's process. What
each row means is in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from lab import subjects
from lab.machine import CpuClock, cores, pin
from lab.results import Results, Target, number, print_table, print_targets
from lab.servers import Helper, JupyterServer, StartFailed
from lab.subjects import Case, Subject, WebSocketSubject, WithoutServer, WrongText

OURS, ENGINE, BROADCAST, NAGLE, ALONE, PEER = "ours", "engine", "(a)", "(a) Nagle", "(b)", "peer"
MODEL = "benchmark:benchmark"
PATHS: tuple[subjects.Path, ...] = get_args(subjects.Path)
REFERENCE = 17.5  # microseconds that (a) costs for each chunk on the machine for which the targets were set
PACE = 50  # chunks a second
FIRST, FIRST_UNPACED, BACK_TO_BACK = "first chunk", "first of 1,000 unpaced", "short request"


@dataclass(frozen=True)
class Plan:
    """Which loads, and how often."""

    rounds: int
    lengths: tuple[int, ...]  # chunks, for one client and one stream
    middle: int  # chunks where the number of clients varies
    each: int  # chunks of each of several streams
    paced_seconds: int
    requests: int  # one after the other, for the latencies

    def unpaced(self, path: subjects.Path) -> list[Case]:
        """As fast as can be: by length, by clients, by streams."""
        return [
            *(Case(path, chunks=chunks) for chunks in self.lengths),
            *(Case(path, chunks=self.middle, clients=clients) for clients in (10, 50)),
            *(Case(path, chunks=self.each, streams=streams) for streams in (8, 32)),
        ]

    def paced(self) -> list[Case]:
        """As models answer."""
        chunks = PACE * self.paced_seconds
        return [Case("prompt|model", chunks=chunks, clients=clients, pace=PACE) for clients in (1, 10, 50)]


WHOLE = Plan(7, (100, 1000, 5000, 20_000), middle=1000, each=1000, paced_seconds=5, requests=100)
QUICK = Plan(3, (100, 1000, 20_000), middle=1000, each=250, paced_seconds=2, requests=30)
TURN = 10  # requests for a latency, until the next subject has its turn


class Bench:
    """Starts what is compared and takes the samples, one subject after the other in each round."""

    def __init__(self, plan: Plan, *, pinned: bool, peer_python: str | None) -> None:
        self._plan = plan
        self._peer_python = peer_python
        self._processes = AsyncExitStack()
        self._subjects: dict[str, Subject] = {}
        self._cores = cores()
        self.results = Results(pinned, load=os.getloadavg()[0])

    async def __aenter__(self) -> Bench:
        await self._start_helpers()
        await self._start_server(OURS, sys.executable)
        if self._peer_python is not None:
            await self._start_server(PEER, self._peer_python)
        if self.results.pinned:
            pin(os.getpid(), self._cores[1:2])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._processes.aclose()
        if self.results.pinned:
            pin(os.getpid(), self._cores)

    async def run(self) -> None:
        """Take all samples."""
        for path in PATHS:
            await self._measure_all([Case(path, chunks=2000)])
        self.results.samples.clear()  # that was to warm up
        for index in range(self._plan.rounds):
            _tell(f"round {index + 1} of {self._plan.rounds}")
            for path in PATHS:
                await self._measure_all(self._plan.unpaced(path))
        _tell("paced")
        await self._measure_all(self._plan.paced())
        _tell("latencies")
        await self._measure_latencies()

    async def _start_helpers(self) -> None:
        for name, options in ((ALONE, ()), (ENGINE, ("--engine",))):
            self._subjects[name] = WithoutServer(await self._helper("alone", *options))
        for name, options in ((BROADCAST, ()), (NAGLE, ("--nagle",))):
            helper = await self._helper("broadcast", *options)
            url = f"ws://127.0.0.1:{helper.greeting['port']}/chat"
            self._subjects[name] = WebSocketSubject(url, CpuClock(helper.pid))

    async def _helper(self, module: str, *options: str) -> Helper:
        helper = await self._processes.enter_async_context(Helper(module, *options))
        self._pin(helper.pid)
        return helper

    async def _start_server(self, name: str, python: str) -> None:
        try:
            server = self._processes.enter_context(JupyterServer(python, model=MODEL))
            server.wait()
        except (OSError, StartFailed) as e:
            self.results.absent[name] = f"its server did not start: {e}"
            return
        self._pin(server.pid)
        self._subjects[name] = WebSocketSubject(server.chat_url, server.cpu)

    def _pin(self, pid: int) -> None:
        if self.results.pinned:
            pin(pid, self._cores[:1])

    async def _measure_all(self, cases: list[Case]) -> None:
        for case in cases:
            for name in list(self._subjects):
                if name != NAGLE:
                    await self._measure(name, case)

    async def _measure(self, name: str, case: Case) -> None:
        try:
            self.results.add(case, name, await self._subjects[name].measure(case))
        except (OSError, TimeoutError, StartFailed, WrongText) as e:
            self._leave_out(name, f"{case}: {type(e).__name__}: {e}")

    def _leave_out(self, name: str, reason: str) -> None:
        self.results.absent[name] = reason
        del self._subjects[name]

    async def _measure_latencies(self) -> None:
        paced, unpaced = Case("prompt|model", chunks=3, pace=PACE), Case("prompt|model", chunks=1000)
        for _ in range(0, self._plan.requests, TURN):
            for name in list(self._subjects):
                try:
                    await self._first_chunks(name, FIRST, paced)
                    await self._first_chunks(name, FIRST_UNPACED, unpaced)
                    await self._requests(name)
                except (OSError, TimeoutError, StartFailed) as e:
                    self._leave_out(name, f"{type(e).__name__}: {e}")

    async def _first_chunks(self, name: str, measure: str, case: Case) -> None:
        subject = self._subjects[name]
        if isinstance(subject, WithoutServer):
            first = [await subject.first_chunk(case) for _ in range(TURN)]
        elif isinstance(subject, WebSocketSubject):
            async with subject.talk() as talk:
                first = [(await talk.ask(case)).first for _ in range(TURN)]
        self.results.add_latency(measure, name, first)

    async def _requests(self, name: str) -> None:
        subject = self._subjects[name]
        if isinstance(subject, WebSocketSubject):
            async with subject.talk() as talk:
                answers = [await talk.ask(Case("prompt|model", chunks=1)) for _ in range(TURN)]
            self.results.add_latency(BACK_TO_BACK, name, [answer.seconds for answer in answers])


def targets(plan: Plan, results: Results) -> list[Target]:
    """What is to be reached, and what was measured."""
    bare, chain = (Case(path, chunks=1000) for path in PATHS)
    reference = results.cpu(chain, BROADCAST)
    scale = reference / REFERENCE
    note = f"scaled: (a) costs {number(reference)} µs here, {REFERENCE} where the targets were set"
    over = results.over(bare, OURS, ALONE)
    whole = results.cpu(chain, OURS)
    return [
        Target("the engine over (b), model", over, 25, " µs"),
        Target("the engine over (b), model", over, 25 * scale, " µs", note),
        Target("the default path in all", whole, 60, " µs"),
        Target("the default path in all", whole, 60 * scale, " µs", note),
        *(_length_target(results, path) for path in PATHS),
        *(_clients_target(plan, results, path) for path in PATHS),
        *(_first_chunk_target(results, measure) for measure in (FIRST, FIRST_UNPACED)),
        _nagle_target(results),
    ]


def _length_target(results: Results, path: subjects.Path) -> Target:
    long, short = Case(path, chunks=20_000), Case(path, chunks=1000)
    note = f"(b) itself: {number(results.ratio(long, short, ALONE), 2)}"
    measured = results.ratio(long, short, OURS)
    return Target(f"a chunk of 20,000 to one of 1,000, {path}", measured, 1.2, note=note)


def _clients_target(plan: Plan, results: Results, path: subjects.Path) -> Target:
    many, one = Case(path, chunks=plan.middle, clients=50), Case(path, chunks=plan.middle)
    note = f"(a): {number(results.ratio(many, one, BROADCAST))}"
    return Target(f"50 clients to one, {path}", results.ratio(many, one, OURS), 3, note=note)


def _first_chunk_target(results: Results, measure: str) -> Target:
    over = results.milliseconds(measure, OURS) - results.milliseconds(measure, ALONE)
    return Target(f"{measure}, over (b)", over, 3, " ms")


def _nagle_target(results: Results) -> Target:
    held_up = results.slowest(BACK_TO_BACK, NAGLE)
    note = f"(a) with Nagle's algorithm: {number(held_up)} ms"
    return Target("short requests back to back, p95", results.slowest(BACK_TO_BACK, OURS), 20, " ms", note)


def report(plan: Plan, results: Results) -> None:
    """Print the tables and the targets."""
    print(f"\n## {'Server and clients on one core each' if results.pinned else 'Not pinned'}\n")
    print(f"Load of the machine before the run: {number(results.load)}.")
    for name, reason in results.absent.items():
        print(f"{name} took no part: {reason}\n")
    _print_loads(results)
    print()
    _print_latencies(results)
    print()
    print_targets(targets(plan, results))


def _print_loads(results: Results) -> None:
    others = [name for name in (ENGINE, BROADCAST, ALONE, PEER) if name not in results.absent]
    if not any(PEER in subjects for subjects in results.samples.values()):
        others = [name for name in others if name != PEER]
    print(
        "Server CPU microseconds for each chunk; chunks a second; frames sent to a client for each chunk.\n"
    )
    heading = ("load", OURS, *others, "ours-(b)", "ours/(a)", "ours/s", "(a)/s", "frames")
    print_table(heading, [_row(results, case, others) for case in results.samples])


def _row(results: Results, case: Case, others: list[str]) -> list[str]:
    ours, bare = results.cpu(case, OURS), results.cpu(case, BROADCAST)
    return [
        str(case),
        number(ours),
        *(number(results.cpu(case, name)) for name in others),
        number(results.over(case, OURS, ALONE)),
        number(ours / bare, 2),
        number(results.rate(case, OURS), 0),
        number(results.rate(case, BROADCAST), 0),
        number(results.frames(case, OURS), 3),
    ]


def _print_latencies(results: Results) -> None:
    names = [
        n
        for n in (OURS, BROADCAST, NAGLE, ENGINE, ALONE, PEER)
        if any(n in v for v in results.latency.values())
    ]
    print("Milliseconds, median and 95th percentile.\n")
    rows = [
        (m, *(f"{number(results.milliseconds(m, n), 2)} / {number(results.slowest(m, n), 2)}" for n in names))
        for m in results.latency
    ]
    print_table(("latency", *names), rows)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller loads")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to FILE")
    parser.add_argument("--pin", action="store_true", help="once more with server and clients on a core each")
    parser.add_argument(
        "--peer-python", metavar="PATH", help="a Python with another 2.x server, to compare with"
    )
    return parser.parse_args()


async def _run(plan: Plan, *, pinned: bool, peer_python: str | None) -> Results:
    async with Bench(plan, pinned=pinned, peer_python=peer_python) as bench:
        await bench.run()
    return bench.results


def main() -> None:
    """Measure, print, and write the file."""
    arguments = _arguments()
    plan = QUICK if arguments.quick else WHOLE
    runs = [False, True] if arguments.pin else [False]
    if arguments.pin and len(cores()) < 2:
        sys.exit("--pin needs two cores on a system that can pin processes (Linux).")
    found = []
    for pinned in runs:
        results = asyncio.run(_run(plan, pinned=pinned, peer_python=arguments.peer_python))
        found.append(results)
        report(plan, results)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps([results.as_json() for results in found], indent=1))


if __name__ == "__main__":
    main()
