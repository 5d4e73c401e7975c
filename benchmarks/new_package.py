"""How long it takes from `jupyter ai new` to green tests, and what the test of a handler takes.

    python benchmarks/new_package.py [--rounds N] [--json FILE]

Each round makes a package, installs it into an environment of its own, without downloads, and runs its
tests; then the tests of its handler once more beside one that does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from lab.machine import median_of
from lab.results import Target, number, print_table, print_targets

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from new_packages import Environment

_REFERENCE = "async def test_nothing() -> None: ...\n"


def first_minutes(environment: Environment, home: Path) -> tuple[Path, dict[str, float]]:
    """A package made and tested as its README says; the seconds of each step."""
    package, seconds = home / "my-plugin", {}
    steps = {
        "jupyter ai new": lambda: environment.jupyter_ai("new", "my-plugin", "--no-input", cwd=home),
        "pip install -e .": lambda: environment.install("-e", ".", cwd=package),
        "pytest": lambda: environment.test(package),
    }
    for name, step in steps.items():
        begun = time.monotonic()
        step()
        seconds[name] = time.monotonic() - begun
    return package, seconds


def milliseconds_of_tests(environment: Environment, package: Path) -> dict[str, float]:
    """The processor time of each test of the handler, and of one that does nothing."""
    (package / "tests/test_reference.py").write_text(_REFERENCE)
    environment.variables["PYTHONPATH"] = str(Path(__file__).parent / "lab")
    files = ["tests/test_chat_handler.py", "tests/test_reference.py"]
    environment.test(package, "-p", "test_times", "--junitxml=times.xml", *files)
    cases = ElementTree.parse(package / "times.xml").iter("testcase")
    return {case.attrib["name"]: _milliseconds(case) for case in cases}


def _milliseconds(case: ElementTree.Element) -> float:
    found = case.find(".//property[@name='seconds']")
    assert found is not None  # the plug-in adds it
    return float(found.attrib["value"]) * 1000


def main() -> int:
    """Measure, print, and say by the exit code whether the targets hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}", flush=True)
    steps: list[dict[str, float]] = []
    tests: list[dict[str, float]] = []
    for index in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            environment = Environment(Path(folder))
            package, seconds = first_minutes(environment, Path(folder))
            steps.append(seconds)
            tests.append(milliseconds_of_tests(environment, package))
        print(f"round {index + 1} of {arguments.rounds}", flush=True)
    return report(steps, tests, arguments.json)


def report(steps: list[dict[str, float]], tests: list[dict[str, float]], file: Path | None) -> int:
    """Print the medians; 0 if the targets hold."""
    whole = median_of(sum(round.values()) for round in steps)
    lines = {name: median_of(round[name] for round in steps) for name in steps[0]}
    print_table(["step", "seconds"], [[name, number(value)] for name, value in lines.items()])
    medians = {name: median_of(round[name] for round in tests) for name in tests[0]}
    print_table(["test", "ms of the processor"], [[name, number(ms)] for name, ms in medians.items()])
    # The first test of a process imports what all need.
    handlers = [ms for name, ms in list(medians.items())[1:] if name != "test_nothing"]
    targets = [
        Target("from nothing to green tests", whole, 60, "s"),
        Target("test of a handler, median but the first", median_of(handlers), 10, "ms"),
    ]
    print_targets(targets)
    if file is not None:
        file.write_text(json.dumps({"steps": steps, "tests": tests}, indent=1))
    return int(any(target.verdict == "MISSED" for target in targets))


if __name__ == "__main__":
    sys.exit(main())
