"""The command line of the modules that kill."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from trials.report import Report

__all__ = ["run"]


def run(kill: Callable[[int, int, Path], Report], name: str, description: str | None, count: int) -> NoReturn:
    """Kill, print the report as JSON, and tell by the exit code whether there are faults."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=description)
    parser.add_argument("--count", type=int, default=count, help="kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory", type=Path, help="where the files go; kept (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.directory or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        report = kill(options.count, options.seed, directory)
    print(report.json())
    sys.exit(1 if report.faults else 0)
