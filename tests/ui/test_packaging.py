"""The extension, as JupyterLab finds it and as it was built."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from lab_server import LabServer

import jupyter_ai

UI = Path(__file__).parents[2] / "ui"


def test_jupyterlab_lists_it_as_enabled_and_ok(unstarted_lab: LabServer) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "jupyterlab.labextensions", "list"],
        env=unstarted_lab.environment,
        capture_output=True,
        text=True,
        timeout=50,
    )

    plain = re.sub(r"\x1b\[\d+m", "", listed.stdout + listed.stderr)
    ours = [line.split()[:4] for line in plain.splitlines() if "jupyter-ai-ui" in line]
    assert ours == [["jupyter-ai-ui", f"v{jupyter_ai.__version__}", "enabled", "OK"]]


def test_tests_in_node_pass() -> None:
    done = subprocess.run(["jlpm", "test"], cwd=UI, capture_output=True, text=True, timeout=55)

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
