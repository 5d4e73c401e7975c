"""What is compared: each subject takes the same load and tells what it cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from lab.clients import Answer, Crowd, connect
from lab.machine import CpuClock
from lab.orders import WORD, order_text
from lab.servers import Helper

__all__ = ["Case", "Path", "Sample", "Subject", "Talk", "WebSocketSubject", "WithoutServer", "WrongText"]

Path = Literal["model", "prompt|model"]

_AFTERWARDS = 0.02  # seconds in which a server may finish what it put off; they count as well
_LEAST = 4000  # chunks of a sample: short answers are asked for repeatedly


@dataclass(frozen=True)
class Case:
    """One load."""

    path: Path
    chunks: int = 1000
    clients: int = 1
    streams: int = 1
    pace: int = 0  # chunks a second of each stream; 0: as fast as can be

    @property
    def repeats(self) -> int:
        """How often it is asked for in one sample."""
        return 1 if self.pace else max(1, _LEAST // (self.chunks * self.streams))

    @property
    def total(self) -> int:
        """The chunks of one sample."""
        return self.chunks * self.streams * self.repeats

    @property
    def prompt(self) -> str:
        """What is sent for one stream; the command streams the model without a prompt before it."""
        order = order_text(self.chunks, self.pace)
        return f"/benchmark {order}" if self.path == "model" else order

    def __str__(self) -> str:
        pace = f", {self.pace}/s" if self.pace else ""
        return f"{self.path}: {self.chunks:,} chunks, {self.clients} clients, {self.streams} streams{pace}"


@dataclass(frozen=True)
class Sample:
    """What one load cost."""

    cpu_us: float  # of the server's process, for each chunk
    per_second: float  # chunks
    frames: float = float("nan")  # sent to a client for each chunk


class WrongText(Exception):
    """A client did not get the text that was asked for."""


class Subject(Protocol):
    """Something that can take a load."""

    async def measure(self, case: Case) -> Sample:
        """Take it once."""
        ...


class WebSocketSubject:
    """A server with a chat behind a WebSocket."""

    def __init__(self, url: str, cpu: CpuClock) -> None:
        self._url = url
        self._cpu = cpu

    async def measure(self, case: Case) -> Sample:
        """Take the load once, from clients that connect for it; their connecting is not counted."""
        async with crowd(self._url, case.clients) as clients:
            seconds, frames, cpu = 0.0, 0, self._cpu.seconds()
            for _ in range(case.repeats):
                answer = await clients.ask([case.prompt] * case.streams)
                _check(answer, case)
                seconds, frames = seconds + answer.seconds, frames + answer.frames
            await asyncio.sleep(_AFTERWARDS)
            cpu = self._cpu.seconds() - cpu
        return Sample(cpu / case.total * 1e6, case.total / seconds, frames / case.total)

    @asynccontextmanager
    async def talk(self) -> AsyncIterator[Talk]:
        """One client that sends one prompt after the other."""
        async with crowd(self._url, 1) as clients:
            yield Talk(clients)


class Talk:
    """One client that sends one prompt after the other."""

    def __init__(self, clients: Crowd) -> None:
        self._clients = clients

    async def ask(self, case: Case) -> Answer:
        """Send a prompt and return when it is answered."""
        return await self._clients.ask([case.prompt])


class WithoutServer:
    """A helper that streams in its own process: the runnable alone, or the engine."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    async def measure(self, case: Case) -> Sample:
        """Take the load once."""
        answer = await self._ask(case, case.repeats)
        return Sample(answer["cpu"] / case.total * 1e6, case.total / answer["seconds"])

    async def first_chunk(self, case: Case) -> float:
        """Seconds to the first chunk of one stream."""
        return (await self._ask(case, 1))["first"]

    async def _ask(self, case: Case, repeats: int) -> dict[str, float]:
        return await self._helper.ask(
            {
                "path": case.path,
                "chunks": case.chunks,
                "clients": case.clients,
                "streams": case.streams,
                "pace": case.pace,
                "repeats": repeats,
            }
        )


@asynccontextmanager
async def crowd(url: str, count: int) -> AsyncIterator[Crowd]:
    """So many clients in a chat that has been cleared."""
    clients = await connect(url, count)
    try:
        clients.clear()
        await _quiet()
        yield clients
    finally:
        clients.close()


async def _quiet() -> None:
    """Let the server finish with connecting and clearing."""
    await asyncio.sleep(0.15)


def _check(answer: Answer, case: Case) -> None:
    wanted = case.chunks * case.streams * len(WORD)
    if answer.text_length != wanted:
        raise WrongText(f"{case}: a client got {answer.text_length} characters, not {wanted}")
