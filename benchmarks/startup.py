"""What the extension costs a server that starts, and how soon it answers a person.

    python benchmarks/startup.py [--quick] [--json FILE] [--peer-python PATH]

Servers with and without the extension are started in turn, each in a home of its own. What each row means is
in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from lab.clients import connect
from lab.machine import median_of, resident_mb
from lab.results import Target, number, print_table, print_targets
from lab.servers import JupyterServer, StartFailed

OURS, BARE, PEER = "with the extension", "without", "peer"
READY = "process start to an answer, ms"
READY_CPU = "CPU until then, ms"
READY_MB = "memory then, MB"
SETTLED_MB = "memory when left alone, MB"
FIRST = "process start to the first chunk, ms"
FIRST_CPU = "CPU until then and the end of the reply, ms"
REPLIED_MB = "memory after the first reply, MB"
IMPORT = "import jupyter_ai, ms"
IMPORT_EXTENSION = "import jupyter_ai.extension in a server, ms"
ROWS = (
    READY,
    READY_CPU,
    READY_MB,
    SETTLED_MB,
    FIRST,
    FIRST_CPU,
    REPLIED_MB,
    IMPORT,
    IMPORT_EXTENSION,
)
PEER_MODEL = "benchmark:benchmark"  # a peer may have no model of its own that needs no key
SETTLE = 3  # seconds in which a server that is left alone loads what it loads

_TIMED = "import time{before}; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"

Found = dict[str, dict[str, list[float]]]  # values by row and subject


def measure(found: Found, rounds: int, peer_python: str | None) -> None:
    """Take every measure once in each round, one subject after the other."""
    for index in range(rounds + 1):
        _tell(f"round {index} of {rounds}" if index else "once to warm up")
        into: Found = found if index else {}
        _start_and_wait(into, BARE, lambda: JupyterServer(extension=False))
        _start_and_wait(into, OURS, JupyterServer)
        _start_and_ask(into, OURS, JupyterServer)
        _time_imports(into, OURS, sys.executable)
        if peer_python is not None:
            _measure_peer(into, peer_python)


def _measure_peer(found: Found, python: str) -> None:
    try:
        _start_and_wait(found, PEER, lambda: JupyterServer(python, model=PEER_MODEL))
        _start_and_ask(found, PEER, lambda: JupyterServer(python, model=PEER_MODEL))
        _time_imports(found, PEER, python)
    except (OSError, StartFailed, TimeoutError, subprocess.CalledProcessError) as e:
        _tell(f"The peer took no part: {type(e).__name__}: {e}")


def _start_and_wait(found: Found, subject: str, start: Callable[[], JupyterServer]) -> None:
    with start() as server:
        _add(found, READY, subject, server.wait() * 1000)
        _add(found, READY_CPU, subject, server.cpu.seconds() * 1000)
        _add(found, READY_MB, subject, resident_mb(server.pid))
        time.sleep(SETTLE)
        _add(found, SETTLED_MB, subject, resident_mb(server.pid))


def _start_and_ask(found: Found, subject: str, start: Callable[[], JupyterServer]) -> None:
    with start() as server:
        server.wait()
        _add(found, FIRST, subject, asyncio.run(_first_chunk(server)) * 1000)
        _add(found, FIRST_CPU, subject, server.cpu.seconds() * 1000)
        _add(found, REPLIED_MB, subject, resident_mb(server.pid))


async def _first_chunk(server: JupyterServer) -> float:
    """Seconds from the start of the server's process to the first chunk of its answer to the first prompt."""
    crowd = await connect(server.chat_url, 1)
    asked = time.perf_counter() - server.started
    answer = await crowd.ask(["Hello"])
    crowd.close()
    return asked + answer.first


def _time_imports(found: Found, subject: str, python: str) -> None:
    server = "; import jupyter_server.serverapp, jupyter_server.extension.application"
    _add(found, IMPORT, subject, _import_time(python, "jupyter_ai", "") * 1000)
    _add(found, IMPORT_EXTENSION, subject, _import_time(python, "jupyter_ai.extension", server) * 1000)


def _import_time(python: str, module: str, before: str) -> float:
    """Seconds that a new process takes to import a module."""
    program = _TIMED.format(module=module, before=before)
    result = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    return float(result.stdout)


def _add(found: Found, row: str, subject: str, value: float) -> None:
    found.setdefault(row, {}).setdefault(subject, []).append(value)


def targets(found: Found) -> list[Target]:
    """What is to be reached, and what was measured."""
    first = _beyond(found, FIRST, READY)
    return [
        Target("added until the server answers", _beyond(found, READY, READY), 150, " ms"),
        Target("added memory then", _beyond(found, READY_MB, READY_MB), 15, " MB"),
        Target("first chunk after a bare server is ready", first, 1200, " ms"),
        Target("import jupyter_ai", median_of(found[IMPORT][OURS]), 100, " ms"),
    ]


def _beyond(found: Found, row: str, bare_row: str) -> float:
    """The median of what ours took beyond a bare server in the same round."""
    pairs = zip(found[row][OURS], found[bare_row][BARE], strict=True)
    return median_of(ours - bare for ours, bare in pairs)


def report(found: Found) -> None:
    """Print the table and the targets."""
    subjects = [s for s in (BARE, OURS, PEER) if any(s in values for values in found.values())]
    print("Median (least to most).\n")
    print_table(("", *subjects), [(row, *(_cell(found, row, s) for s in subjects)) for row in ROWS])
    print()
    print_targets(targets(found))


def _cell(found: Found, row: str, subject: str) -> str:
    values = found.get(row, {}).get(subject, [])
    if not values:
        return "-"
    return f"{number(median_of(values))} ({number(min(values), 0)} to {number(max(values), 0)})"


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to FILE")
    parser.add_argument(
        "--peer-python", metavar="PATH", help="a Python with another 2.x server, to compare with"
    )
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write the file."""
    arguments = _arguments()
    found: Found = {}
    measure(found, 3 if arguments.quick else 9, arguments.peer_python)
    report(found)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
