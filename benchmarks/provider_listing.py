"""What listing the providers costs, and whether the first list holds up the server.

    python benchmarks/provider_listing.py [--rounds N] [--json FILE]

Each round is a process of its own, with a server whose first request is the list. Beside it stands a trivial
route of the same server.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from lab.machine import median_of
from lab.results import Target, number, print_table, print_targets

_BENCHMARKS = Path(__file__).parent


def main() -> None:
    """Measure, print, and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to FILE")
    arguments = parser.parse_args()
    rounds = [_measure(index) for index in range(arguments.rounds)]
    _report(rounds)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(rounds, indent=1))


def _measure(index: int) -> dict[str, float]:
    print(f"round {index + 1}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as home:
        places = {f"JUPYTER_{kind}_DIR": f"{home}/{kind.lower()}" for kind in ("CONFIG", "DATA", "RUNTIME")}
        environment = {**os.environ, **places, "JUPYTER_NO_CONFIG": "1"}
        file = Path(home) / "times.json"
        command = [sys.executable, "-m", "lab.listing", str(file)]
        subprocess.run(command, cwd=_BENCHMARKS, env=environment, check=True)
        found: dict[str, float] = json.loads(file.read_text())
    return found


def _report(rounds: list[dict[str, float]]) -> None:
    rows = [(name, number(median_of(each[name] for each in rounds))) for name in rounds[0]]
    print_table(("median", "ms"), rows)
    print()
    ratio = median_of(each["list of models"] / each["a trivial route"] for each in rounds)
    print_targets(
        [
            Target("a list once loaded", median_of(each["list of models"] for each in rounds), 50, " ms"),
            Target(
                "longest block of the loop by the first list",
                median_of(each["longest block meanwhile"] for each in rounds),
                100,
                " ms",
            ),
            Target("a list over a trivial route", ratio, 10),
        ]
    )


if __name__ == "__main__":
    main()
