"""What an inline completion costs a server, beside a bare WebSocket that echoes, and how fast it comes.

    python benchmarks/completions.py [--rounds N] [--requests N] [--quick] [--json FILE]

In each round one editor asks a server with a provider that answers at once, and after each request has a bare
server echo the same frame. The model is behind MockLLM, at the deployment's endpoint, and takes 30 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from lab.clients import Crowd, connect
from lab.completing import (
    MODEL_MS,
    RAPID,
    Bench,
    Round,
    answered_by_model,
    asked,
    found,
    rapid,
    stream_size,
    third,
)
from lab.editor import opened, percentile
from lab.machine import median_of
from lab.orders import order_text
from lab.results import Target, number, print_table, print_targets
from lab.servers import Helper, JupyterServer

_CHATS = 10
_LONG = 100_000  # bytes of a prefix
_SHORT = 2_000

ALONE, BESIDE = "model of 30 ms", "the same while ten chats stream"


def main() -> None:
    """Measure, print, and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=300, help="of each kind in a round")
    parser.add_argument("--quick", action="store_true", help="two rounds of 50 requests")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to FILE")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.requests = 2, 50
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    rounds, facts = asyncio.run(_measure(arguments.rounds, arguments.requests))
    _report(rounds, facts)
    if arguments.json is not None:
        kept = [{"seconds": each.seconds, "cpu": each.cpu} for each in rounds]
        arguments.json.write_text(json.dumps({"rounds": kept, "facts": facts}, indent=1))


async def _measure(count: int, requests: int) -> tuple[list[Round], list[dict[str, Any]]]:
    rounds: list[Round] = []
    facts: list[dict[str, Any]] = []
    async with AsyncExitStack() as stack:
        mock = await stack.enter_async_context(Helper("mock"))
        echo = await stack.enter_async_context(Helper("echo"))
        options = [
            f"--AiExtension.completions_base_url={mock.greeting['url']}",
            "--AiExtension.completions_endpoint_models=mock",
        ]
        server = stack.enter_context(JupyterServer(model="benchmark:benchmark", options=options))
        server.wait()
        ours = await stack.enter_async_context(opened(server.completion_url))
        bare = await stack.enter_async_context(opened(f"ws://127.0.0.1:{echo.greeting['port']}/echo"))
        bench = Bench(ours, bare, server.cpu.seconds, echo.cpu.seconds)
        await asked(Round(), bench, 50, _SHORT)  # everything is imported and made now
        gc.disable()
        for index in range(count):
            print(f"round {index + 1} of {count}", file=sys.stderr, flush=True)
            gc.collect()
            rounds.append(await _round(bench, mock, server, requests))
            facts.append({"stream": await stream_size(ours), "rapid": await rapid(ours, mock)})
    return rounds, facts


async def _round(bench: Bench, mock: Helper, server: JupyterServer, requests: int) -> Round:
    round = Round()
    await asked(round, bench, requests, _SHORT)
    await asked(round, bench, requests, _LONG)
    await found(round, bench, requests, _LONG)
    await third(round, bench.ours, requests // 10)
    await answered_by_model(round, bench.ours, mock, requests // 3, ALONE)
    async with _streaming(server):
        await answered_by_model(round, bench.ours, mock, requests // 3, BESIDE)
    return round


@asynccontextmanager
async def _streaming(server: JupyterServer) -> AsyncIterator[None]:
    """Ten answers of 50 chunks a second meanwhile."""
    crowd: Crowd = await connect(server.chat_url, 1)
    prompts = [f"/benchmark {order_text(2000, 50)}"] * _CHATS
    task = asyncio.get_running_loop().create_task(crowd.ask(prompts))
    try:
        await asyncio.sleep(0.5)
        yield
    finally:
        task.cancel()
        crowd.close()


# The report


def _report(rounds: list[Round], facts: list[dict[str, Any]]) -> None:
    rows = [
        (what, *(number(_median(rounds, what, share), 2) for share in (0.5, 0.95, 0.99)), _cpu(rounds, what))
        for what in rounds[0].seconds
    ]
    print_table(("median of the rounds", "p50 ms", "p95 ms", "p99 ms", "CPU µs"), rows)
    print()
    for fact in facts:
        seen = fact["rapid"]
        print(
            f"{RAPID} rapid requests: {seen['requests']} came to the model, {seen['hung_up']} hung up there, "
            f"{seen['answered']} were answered; {seen['shown']} were shown something, {seen['seconds']:.2f} s"
        )
    print()
    print_targets(_targets(rounds, facts))


def _targets(rounds: list[Round], facts: list[dict[str, Any]]) -> list[Target]:
    asked = ("asked, 2 kB", "asked, 100 kB", "asked, 1,000 cached")
    known = ("typed as suggested, 100 kB", "cached, 100 kB")
    limits = [*((what, 2, 5) for what in asked), *((what, 1, 5) for what in known)]
    sizes = median_of(fact["stream"] / 1e6 for fact in facts)
    most = max(fact["rapid"]["requests"] - fact["rapid"]["hung_up"] for fact in facts)
    ratio = median_of(
        percentile(each.seconds[BESIDE], 0.5) / percentile(each.seconds[ALONE], 0.5) for each in rounds
    )
    return [
        *(
            Target(f"{what}, over an echo, p{share * 100:.0f}", _over(rounds, what, share), limit, " ms")
            for what, median, slowest in limits
            for share, limit in ((0.5, median), (0.99, slowest))
        ),
        Target("third beside one that hangs and one that raises", _third(rounds), 5, " ms"),
        Target("5,000 chunks, 24 kB", sizes, 1, " MB"),
        Target(f"of {RAPID} rapid requests, not hung up", most, 2),
        Target(f"{ALONE}, p50", _median(rounds, ALONE, 0.5), MODEL_MS + 20, " ms"),
        Target(f"{ALONE}, p95", _median(rounds, ALONE, 0.95), 100, " ms"),
        Target("while ten chats stream, to that, p50", ratio, 1.1),
    ]


def _median(rounds: list[Round], what: str, share: float) -> float:
    return median_of(percentile(each.seconds[what], share) for each in rounds)


def _over(rounds: list[Round], what: str, share: float) -> float:
    return median_of(
        percentile(each.seconds[what], share) - percentile(each.seconds[f"{what}: echo"], share)
        for each in rounds
    )


def _third(rounds: list[Round]) -> float:
    return median_of(
        percentile(each.seconds["third, three"], 0.5) - percentile(each.seconds["third, alone"], 0.5)
        for each in rounds
    )


def _cpu(rounds: list[Round], what: str) -> str:
    used = median_of(each.cpu[what] for each in rounds)
    return number(used * 1e6, 0) if used else "-"


if __name__ == "__main__":
    main()
