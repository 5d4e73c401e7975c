"""The end of a process whose plug-ins are being imported."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import atexit, threading
from jupyter_ai.plugins import loading

begun, leaving = threading.Event(), threading.Event()

def work(loading, ours_only):
    for plugin in ("first", "second"):
        with loading.importing_of(plugin):
            begun.set()
            leaving.wait()
            {imports}
            print(plugin)

group = loading.GroupLoading("a group", work, threading.RLock())
{spawn}
begun.wait()
atexit.register(leaving.set)
"""
SPAWN = "group.spawn()"
IN_TURN = "loading.load_in_turn([group])"
LONG = "sum(range(10_000_000))"  # in many slices of time: a daemon thread ends before the second


def _said(imports: str, spawn: str) -> str:
    script = SCRIPT.format(imports=imports, spawn=spawn)
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout


def test_import_under_way_ends_before_the_process_and_no_other_begins() -> None:
    assert _said(LONG, SPAWN) == "first\n"
    assert _said(LONG, IN_TURN) == "first\n"


def test_process_ends_though_an_import_hangs() -> None:
    assert _said("threading.Event().wait()", f"loading._PATIENCE = 0; {SPAWN}") == ""
