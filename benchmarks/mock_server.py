"""How much the mock server streams to many clients at once, beside a bare server that sends the same bytes.

    python benchmarks/mock_server.py [--rounds N] [--streams N] [--tokens N] [--json FILE]

Each server is a process of its own, the clients are raw sockets in this one. Every stream is OpenAI's chat
completions with a frame a token and no pauses. The reference is an ASGI application under the same uvicorn
that sends the same bytes in the same pieces, and looks at nothing. In each round the chat's engine streams
from a model in its own process too: the mock server must not be slower than what it feeds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab.machine import CpuClock, median_of
from lab.results import Target, number, print_table, print_targets
from lab.servers import Helper
from lab.subjects import Case, WithoutServer

_HOST = "127.0.0.1"
_ENGINE_LOAD = Case("model", chunks=1000, streams=8)


@dataclass(frozen=True)
class Sample:
    """One round: all streams through one server."""

    tokens: int
    errors: int
    seconds: float
    cpu: float
    first: float  # seconds to the first byte, the median of the streams

    @property
    def per_second(self) -> float:
        return self.tokens / self.seconds


def main() -> None:
    """Measure and print; with --serve, be one of the servers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--serve", choices=("ours", "bare"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        _serve(arguments.serve, arguments.tokens)
    else:
        _measure(arguments)


def _measure(arguments: argparse.Namespace) -> None:
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    engine: list[float] = []
    samples: dict[str, list[Sample]] = {"ours": [], "bare": []}
    for index in range(arguments.rounds):
        print(f"round {index + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
        for subject, kept in samples.items():
            kept.append(_run(subject, arguments.streams, arguments.tokens))
        engine.append(asyncio.run(_engine_rate()))
    _report(samples, engine, arguments)
    if arguments.json:
        rounds = {subject: [asdict(sample) for sample in each] for subject, each in samples.items()}
        arguments.json.write_text(json.dumps({**rounds, "engine": engine}, indent=1))


async def _engine_rate() -> float:
    """Chunks a second through the chat's engine, from a model that does not wait; readers drop all."""
    async with Helper("alone", "--engine") as helper:
        subject = WithoutServer(helper)
        await subject.measure(_ENGINE_LOAD)  # everything is imported now
        return (await subject.measure(_ENGINE_LOAD)).per_second


def _report(samples: dict[str, list[Sample]], engine: list[float], arguments: argparse.Namespace) -> None:
    rows = [
        (
            subject,
            number(median_of(sample.per_second for sample in each), 0),
            number(median_of(arguments.streams / sample.seconds for sample in each), 0),
            number(median_of(sample.cpu / sample.tokens * 1e6 for sample in each)),
            number(median_of(sample.first * 1000 for sample in each), 0),
            str(sum(sample.errors for sample in each)),
        )
        for subject, each in samples.items()
    ]
    heading = ("median", "tokens/s", "streams/s", "CPU µs/token", "first byte ms", "errors")
    print_table((f"{arguments.streams} streams at once", *heading[1:]), rows)
    print()
    pairs = list(zip(samples["ours"], samples["bare"], strict=True))
    print(f"CPU of a token, ours to bare: {median_of(a.cpu / b.cpu for a, b in pairs):.2f}")
    print(f"tokens a second, ours to bare: {median_of(a.per_second / b.per_second for a, b in pairs):.2f}")
    rates = zip(engine, samples["ours"], strict=True)
    ratio = median_of(chunks / ours.per_second for chunks, ours in rates)
    print(f"chunks a second through the engine: {number(median_of(engine), 0)}")
    print()
    errors = sum(sample.errors for sample in samples["ours"])
    print_targets([Target("the engine's throughput to ours", ratio, 1.0), Target("errors", errors, 0)])


def _run(subject: str, streams: int, tokens: int) -> Sample:
    command = [sys.executable, __file__, "--serve", subject, "--tokens", str(tokens)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            asyncio.run(_all_streams(port, 2, tokens))  # everything is imported and built now
            return asyncio.run(_timed(CpuClock(server.pid), port, streams, tokens))
        finally:
            server.kill()


async def _timed(clock: CpuClock, port: int, streams: int, tokens: int) -> Sample:
    cpu, start = clock.seconds(), time.perf_counter()
    results = await _all_streams(port, streams, tokens)
    seconds, used = time.perf_counter() - start, clock.seconds() - cpu
    right = [first for first, seen in results if seen == tokens]
    return Sample(sum(seen for _, seen in results), streams - len(right), seconds, used, median_of(right))


async def _all_streams(port: int, streams: int, tokens: int) -> list[tuple[float, int]]:
    return await asyncio.gather(*(_stream(port) for _ in range(streams)))


async def _stream(port: int) -> tuple[float, int]:
    """Seconds to the first byte, and how many tokens came."""
    body = _request()
    reader, writer = await asyncio.open_connection(_HOST, port)
    start = time.perf_counter()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {_HOST}\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
    pieces, first = [], 0.0
    while piece := await reader.read(65_536):
        first = first or time.perf_counter() - start
        pieces.append(piece)
    writer.close()
    text = b"".join(pieces)
    return first, text.count(b'"token ') if text.endswith(b"0\r\n\r\n") else 0


def _request() -> bytes:
    return json.dumps(
        {"model": "m", "stream": True, "messages": [{"role": "user", "content": "go"}]}
    ).encode()


def _serve(subject: str, tokens: int) -> None:
    from mockllm.config import parse_responses
    from mockllm.runner import Server, bind
    from mockllm.server import create_app

    answer = "token " * tokens
    ours = create_app(
        parse_responses(json.dumps({"rules": [{"answer": answer}], "settings": {"delay_ms": 0}}))
    )
    listener = bind(_HOST, 0)
    print(listener.getsockname()[1], flush=True)
    app: Any = ours if subject == "ours" else _bare(asyncio.run(_frames(ours)))
    Server(app).run(sockets=[listener])


async def _frames(app: Any) -> list[bytes]:
    """What our server sends, piece by piece, taken from it without a socket."""
    sent: list[bytes] = []
    body = _request()

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return messages.pop() if messages else await asyncio.Event().wait()

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "headers": [],
        "query_string": b"",
    }
    await app(scope, receive, send)
    return [frame for frame in sent if frame]


def _bare(frames: list[bytes]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for frame in frames:
            await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


if __name__ == "__main__":
    main()
