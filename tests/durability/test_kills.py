"""Killed at random points, an engine and a server have kept what their clients had seen.

`scripts/soak kills` does the same thousands of times. The files of a failure stay in the test's `tmp_path`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

SUPPORT = Path(__file__).parents[1] / "support"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a process for each life")


def kill(module: str, count: int, directory: Path) -> dict[str, Any]:
    """In a process of its own: one that forks must not have threads."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--count", str(count), "--directory", str(directory)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(SUPPORT), *filter(None, sys.path)])},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, _ = process.communicate()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with all that it forked, if this test is over time
        process.wait()
    report: dict[str, Any] = json.loads(out)
    return report


def test_a_killed_engine_has_kept_what_was_seen(tmp_path: Path) -> None:
    """Two hundred times: whole messages, streams but for the last 500 ms, what the model remembers."""
    report = kill("trials.engine_kills", 200, tmp_path)

    assert report["faults"] == []
    assert report["kills"] == 200
    assert report["cut"] > 0


def test_a_killed_server_has_kept_what_was_seen(tmp_path: Path) -> None:
    """Twenty times, as seen through WebSockets before and after."""
    report = kill("trials.server_kills", 20, tmp_path)

    assert report["faults"] == []
    assert report["kills"] == 20
    assert report["cut"] > 0
