"""Many chats with many clients for a long time: no error, no growth, and how soon each word arrives.

Without a command: one stream of words in every chat of a server, for minutes; the server and the clients have
a process each. With `kills`: engines and servers are killed at random points, and what their clients had seen
must be there. With `install`: the package is built and installed where there is no node. With `page`: long
answers, one after the other, in a page of JupyterLab. With `scaffold`: each package that the
template can make. With `typing`: source files are typed, key by key, with completions on. With `moments`:
the tests, with the odd moments of a busy machine all the time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trials.install import install
from trials.scaffold import scaffold
from trials.servers import Server
from trials.typing_hours import faults, trials
from trials.websocket import WebSocket

__all__ = ["main"]

_ANSWER = 30  # seconds that one answer lasts; the next is asked for at its end
_SETTLED = 60.0  # seconds after which the memory is looked at for the first time
_GROWTH = 1.10
_UNTIMED = (
    "--ignore=tests/ui",
    "--deselect=tests/engine/test_stop.py::test_of_200_stops_of_every_kind_the_99th_percentile_is_below_100_ms",
    "-n4",
)


@dataclass(frozen=True)
class Load:
    """What the server is to bear."""

    chats: int
    clients: int  # of each chat
    rate: float  # words a second in each chat
    seconds: float


@dataclass
class Outcome:
    """What it bore."""

    frames: int = 0
    words: int = 0
    latencies: array[float] = field(default_factory=lambda: array("f"))  # seconds from a word's making
    faults: list[str] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)  # (seconds, MB)
    cpu: float = 0.0  # seconds of the server's
    seconds: float = 0.0


class _Client:
    """One of a chat's clients; it reads the time in every word."""

    def __init__(self, outcome: Outcome) -> None:
        self.ended = asyncio.Event()  # the end of a stream was seen
        self._outcome = outcome
        self._lengths: dict[str, int] = {}  # by stream

    def take(self, frame: bytes) -> None:
        now = time.monotonic()
        told = json.loads(frame)
        self._outcome.frames += 1
        if told["type"] == "error":
            self._outcome.faults.append(f"an error frame: {told['reason']}")
        if told["type"] == "agent-stream-chunk":
            self._read(told["id"], told["offset"], told["content"], now)
            if told["stream_complete"]:
                self._check(told["id"], told["metadata"])

    def known(self) -> int:
        """How much it has of the streams that have not ended."""
        return sum(self._lengths.values())

    def _read(self, stream: str, offset: int, text: str, now: float) -> None:
        if offset != self._lengths.get(stream, 0):
            self._outcome.faults.append(f"a chunk at {offset}, {self._lengths.get(stream)} were known")
        self._lengths[stream] = offset + len(text)
        for word in text.split():
            self._outcome.words += 1
            self._outcome.latencies.append(now - float(word))

    def _check(self, stream: str, metadata: dict[str, object]) -> None:
        del self._lengths[stream]
        if metadata.keys() & {"error", "interrupted", "stopped", "empty"}:
            self._outcome.faults.append(f"a stream ended with {metadata}")
        self.ended.set()


async def soak(server: Server, load: Load) -> Outcome:
    """Let a server bear it."""
    outcome = Outcome()
    chats = [server.request("POST", "/api/ai/chats", "{}")["id"] for _ in range(load.chats)]
    began, cpu = time.monotonic(), server.cpu()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch(server, outcome, began))
        talks = [group.create_task(_talk(server, chat, load, outcome)) for chat in chats]
        await asyncio.wait(talks)
        watching.cancel()
    outcome.seconds, outcome.cpu = time.monotonic() - began, server.cpu() - cpu
    outcome.memory.append((outcome.seconds, server.memory()))
    outcome.faults += [line for line in server.log.splitlines() if _is_error(line)]
    if (code := server.stop()) != 0:
        outcome.faults.append(f"the server ended with code {code}")
    return outcome


async def _talk(server: Server, chat: str, load: Load, outcome: Outcome) -> None:
    """One chat: its clients, and one answer after the other."""
    path = f"/api/ai/chats/{chat}"
    clients = [_Client(outcome) for _ in range(load.clients)]
    sockets = [await WebSocket.connect(server.port, path, server.token, client.take) for client in clients]
    for index, seconds in enumerate(_answers(load.seconds)):
        asker = sockets[index % len(sockets)]
        asker.send({"prompt": f"metronome {max(1, round(seconds * load.rate))} {1000 / load.rate}"})
        try:
            async with asyncio.timeout(2 * seconds + _ANSWER):
                for client in clients:
                    await client.ended.wait()
                    client.ended.clear()
        except TimeoutError:
            known = [client.known() for client in clients]
            outcome.faults.append(f"answer {index} in chat {chat} did not end; its clients know {known}")
            break
    outcome.faults += [f"chat {chat} lost a client" for socket in sockets if socket.closed.done()]
    for socket in sockets:
        socket.close()


def _answers(seconds: float) -> Iterator[float]:
    """How long each answer is to last."""
    while seconds > 0:
        yield min(seconds, _ANSWER)
        seconds -= _ANSWER


async def _watch(server: Server, outcome: Outcome, began: float) -> None:
    while True:
        await asyncio.sleep(1)
        outcome.memory.append((time.monotonic() - began, server.memory()))


def _is_error(line: str) -> bool:
    return line.startswith(("[E ", "[C ", "[W ", "Traceback")) and "AiExtension] Registered" not in line


def _report(load: Load, outcome: Outcome) -> int:
    settled = next((mb for at, mb in outcome.memory if at >= min(_SETTLED, load.seconds / 5)), float("nan"))
    end = outcome.memory[-1][1]
    latency = sorted(outcome.latencies)
    expected = sum(max(1, round(seconds * load.rate)) for seconds in _answers(load.seconds))
    if outcome.words != expected * load.chats * load.clients:
        outcome.faults.append(f"{outcome.words} words came, not {expected * load.chats * load.clients}")
    if not end <= settled * _GROWTH:
        outcome.faults.append(f"the memory grew from {settled:.1f} to {end:.1f} MB")
    print(f"{load.chats} chats, {load.clients} clients each, {load.rate:g} words/s, {outcome.seconds:.1f} s")
    print(f"frames received            {outcome.frames:,}, {outcome.frames / outcome.seconds:,.0f} a second")
    print(f"CPU of the server          {100 * outcome.cpu / outcome.seconds:.1f} % of a core")
    print(f"memory, settled / end      {settled:.1f} / {end:.1f} MB ({100 * (end / settled - 1):+.1f} %)")
    print(f"memory, highest            {max(mb for _, mb in outcome.memory):.1f} MB")
    for name, share in (("median", 0.5), ("99th percentile", 0.99), ("slowest", 1.0)):
        print(
            f"latency, {name:<17} {1000 * latency[min(int(share * len(latency)), len(latency) - 1)]:.2f} ms"
        )
    return _told(outcome.faults)


def _told(faults: Iterable[str]) -> int:
    found = list(faults)
    for fault in found[:50]:
        print(f"FAULT  {fault}")
    print(f"{len(found)} faults" if found else "no fault")
    return 1 if found else 0


def _kill(module: str, count: int, seed: int, directory: Path | None) -> int:
    """Kill in a process of its own, and tell what came of it."""
    kept = ["--directory", str(directory / module)] if directory else []
    done = subprocess.run(
        [sys.executable, "-m", module, "--count", str(count), "--seed", str(seed), *kept],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )
    report = json.loads(done.stdout)
    print(
        f"{module}: {report['kills']:,} kills in {report['seconds']:.0f} s, {report['frames']:,} frames seen,"
        f" {report['cut']:,} streams cut, the oldest lost text {1000 * report['lost']:.0f} ms old"
    )
    return _told(report["faults"])


async def _page(answers: int, kilobytes: int) -> list[str]:
    """Long answers; what is wrong with how they were shown."""
    from trials.page import (
        lab_with_treatises,
        watched_page,
    )  # Playwright, which the other trials can do without

    faults: list[str] = []
    with lab_with_treatises() as server:
        async with watched_page(server) as page:
            for number in range(1, answers + 1):
                answer = await page.ask(kilobytes)
                print(
                    f"answer {number}: first chunk {answer.first:.0f} ms, task {answer.longest_task:.0f} ms,"
                    f" shown in {answer.shown / answer.streamed:.2f} of the stream's time,"
                    f" {await page.memory():.1f} MB",
                    flush=True,
                )
                faults += [f"answer {number}: {fault}" for fault in answer.faults()]
            faults += [f"an error in the page: {error}" for error in page.chat.errors]
    return faults


def _scaffold() -> Iterator[str]:
    for name, fault in scaffold():
        print(f"{name}: {'FAILED' if fault else 'ok'}", flush=True)
        if fault:
            yield f"{name}: {fault}"


def _type(keys: int) -> Iterator[str]:
    for trial in trials(keys):
        outcome = trial.outcome
        shown = outcome.shown / outcome.keys
        print(
            f"{trial.speed} words per minute, {trial.providers}: {outcome.keys} keys, "
            f"{outcome.per_key:.2f} requests and {shown:.2f} suggestions a key",
            flush=True,
        )
        yield from faults(trial)


def _moments(rounds: int, seed: int, options: list[str]) -> Iterator[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "trials.odd_moments", "--timeout=300"]
    for number in range(seed, seed + rounds):
        print(f"seed {number}", flush=True)
        variables = {**os.environ, "ODD_MOMENTS": str(number)}
        done = subprocess.run([*command, *(options or _UNTIMED)], env=variables)
        if done.returncode:
            yield f"seed {number}: pytest ended with code {done.returncode}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chats", type=int, default=50)
    parser.add_argument("--clients", type=int, default=6, help="of each chat (default: 6)")
    parser.add_argument("--rate", type=float, default=20, help="words a second in each chat (default: 20)")
    parser.add_argument("--minutes", type=float, default=5, help="how long (default: 5)")
    commands = parser.add_subparsers(dest="command", title="commands")
    about = "`pip install .` into a clean environment, on a machine without node"
    commands.add_parser("install", help=about, description=about)
    about = "every combination of the template's answers: installed, tested, typed, asked on a server"
    commands.add_parser("scaffold", help=about, description=about)
    about = "source files of the standard library, typed key by key with completions on"
    hours = commands.add_parser("typing", help=about, description=about)
    hours.add_argument("--keys", type=int, default=20_000, help="of each of four files (default: 20000)")
    about = (
        "the tests, with the odd moments of a busy machine all the time; further options go on to pytest"
        " (default: all but the UI's, four at once)"
    )
    moments = commands.add_parser("moments", help=about, description=about)
    moments.add_argument("--rounds", type=int, default=3, help="each with a seed of its own (default: 3)")
    moments.add_argument("--seed", type=int, default=1, help="of the first (default: 1)")
    about = "long answers in one chat of a page, in Chromium; the extension must be built"
    page = commands.add_parser("page", help=about, description=about)
    page.add_argument("--answers", type=int, default=10, help="how many (default: 10)")
    page.add_argument("--kilobytes", type=int, default=100, help="of each (default: 100)")
    kills = commands.add_parser(
        "kills", help="kill engines and servers at random points", description="Kill engines and servers."
    )
    kills.add_argument("--count", type=int, default=2000, help="engines to kill (default: 2000)")
    kills.add_argument("--servers", type=int, help="servers to kill (default: a tenth of that)")
    kills.add_argument("--seed", type=int, default=int(time.time()), help="default: another each time")
    kills.add_argument("--directory", type=Path, help="where the databases go; kept")
    arguments, more = parser.parse_known_args()
    if more and arguments.command != "moments":
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    arguments.more = more
    return arguments


def main() -> int:
    """Soak or kill; 1 if there was a fault."""
    arguments = _arguments()
    if arguments.command == "kills":
        servers = arguments.count // 10 if arguments.servers is None else arguments.servers
        print(f"seed {arguments.seed}", flush=True)
        return _kill("trials.engine_kills", arguments.count, arguments.seed, arguments.directory) | _kill(
            "trials.server_kills", servers, arguments.seed, arguments.directory
        )
    if arguments.command == "install":
        seconds, faults = install()
        print(f"pip install . without node: {seconds:.0f} s")
        return _told(faults)
    if arguments.command == "scaffold":
        return _told(_scaffold())
    if arguments.command == "typing":
        return _told(_type(arguments.keys))
    if arguments.command == "moments":
        return _told(_moments(arguments.rounds, arguments.seed, arguments.more))
    if arguments.command == "page":
        return _told(asyncio.run(_page(arguments.answers, arguments.kilobytes)))
    load = Load(arguments.chats, arguments.clients, arguments.rate, arguments.minutes * 60)
    with Server() as server:
        outcome = asyncio.run(soak(server, load))
    return _report(load, outcome)


if __name__ == "__main__":
    sys.exit(main())
