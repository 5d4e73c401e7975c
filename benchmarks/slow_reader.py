"""What a reader that never reads costs a server that streams to ten that do.

    python benchmarks/slow_reader.py [--rounds N] [--megabytes N]

Each round starts one server without such a reader and one with it, and streams the same text. The target is
the median ratio of their CPU times.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from lab.machine import median_of
from lab.results import Target, number, print_table, print_targets

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from trials.servers import Server
from trials.slow_reader import Outcome, flood

MOST = 1.15


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--megabytes", type=int, default=50)
    arguments = parser.parse_args()
    rounds: list[tuple[Outcome, Outcome]] = []
    for index in range(arguments.rounds):
        print(f"round {index + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
        rounds.append((_run(arguments.megabytes, slow=False), _run(arguments.megabytes, slow=True)))
    _report(rounds)


def _run(megabytes: int, *, slow: bool) -> Outcome:
    with Server() as server:
        return asyncio.run(flood(server, megabytes, slow=slow))


def _report(rounds: list[tuple[Outcome, Outcome]]) -> None:
    rows = [
        _row("CPU of the server, s", [(a.cpu, b.cpu) for a, b in rounds], 2),
        _row("memory at first, MB", [(a.memory[0], b.memory[0]) for a, b in rounds]),
        _row("memory before the end, MB", [(a.memory[-2], b.memory[-2]) for a, b in rounds]),
        _row("highest memory, MB", [(max(a.memory), max(b.memory)) for a, b in rounds]),
        _row("sent to the slow one, MB", [(0, (b.slow_got or 0) / 1e6) for _, b in rounds], 1),
    ]
    print_table(("median", "ten readers", "and one that never reads"), rows)
    print()
    ratio = median_of(b.cpu / a.cpu for a, b in rounds)
    print_targets([Target("CPU beside one that never reads, over CPU without it", ratio, MOST)])


def _row(name: str, values: list[tuple[float, float]], digits: int = 0) -> tuple[str, str, str]:
    return (name, *(number(median_of(column), digits) for column in zip(*values, strict=True)))


if __name__ == "__main__":
    main()
