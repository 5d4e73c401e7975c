"""How often a model is asked while somebody types, and how often there is a suggestion to see.

    python benchmarks/typists.py [--keys N] [--json FILE]

Source files of the standard library are typed key by key, at 60 and 120 words per minute: with a mock model
whose first words take 300 ms and that is right about seven lines in ten; with what a fresh installation
suggests from the document itself; and with both. Time passes by itself: a run takes what the processor needs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from lab.results import Target, number, print_table, print_targets

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from trials.typing_hours import MOST_REQUESTS, Trial, trials

_HEADING = ("words/min", "asked", "requests/key", "keys with one", "of these right", "stale", "ms of CPU/key")


def main() -> int:
    """Measure, print, and say by the exit code whether the targets hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--keys", type=int, default=2_000, help="of each of the four files")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}", flush=True)
    done = list(trials(arguments.keys))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps([asdict(trial) for trial in done], indent=1))
    return report(done)


def report(done: list[Trial]) -> int:
    """Print what was found; 0 if the targets hold."""
    print_table(_HEADING, [_row(trial) for trial in done])
    outcomes = [trial.outcome for trial in done]
    targets = [
        Target("requests at the model for each key", max(o.per_key for o in outcomes), MOST_REQUESTS),
        Target("requests of a document at the model at a time", max(trial.at_once for trial in done), 2),
        Target("texts for a request that a newer one had replaced", sum(o.stale for o in outcomes), 0),
        Target("requests without exactly one reply", sum(o.unanswered for o in outcomes), 0),
    ]
    print_targets(targets)
    return int(any(target.verdict == "MISSED" for target in targets))


def _row(trial: Trial) -> list[str]:
    outcome = trial.outcome
    shares = outcome.per_key, outcome.shown / outcome.keys, outcome.right / max(1, outcome.shown)
    start = [f"{trial.speed:.0f}", trial.providers, *(number(share, 2) for share in shares)]
    return [*start, str(outcome.stale), number(trial.cpu_ms, 2)]


if __name__ == "__main__":
    sys.exit(main())
