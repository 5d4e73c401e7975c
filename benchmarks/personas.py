"""What a chunk costs that a persona streams, beside one that a handler streams.

    python benchmarks/personas.py [--rounds N] [--streams N] [--chunks N] [--json FILE]

One engine in memory with one reader that drops every frame. In each round so many handlers, and as many
personas, stream the same chunks at once: personas addressed by one message, and by a message each.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from lab.machine import median_of
from lab.results import Target, number, print_table, print_targets

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.engine.chat import Chat
from jupyter_ai.engine.engine import Engine, EngineOptions
from jupyter_ai.engine.store import Store
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.models import ChatClient, ChatRequest, HumanChatMessage
from jupyter_ai.personas import BasePersona, PersonaDefaults
from jupyter_ai.plugins import CHAT_HANDLERS, GROUPS, PERSONAS, PluginRegistry

_PERSON = ChatClient(id="0", username="b", initials="B", name="B", display_name="B")
_LIMIT = 1.1

HANDLERS = "handlers, a message each"
TOGETHER = "personas, one message"
APART = "personas, a message each"


class Counting:
    """A runnable that yields so many chunks and lets others have their turn after each."""

    def __init__(self, chunks: int) -> None:
        self._chunks = chunks

    async def astream(self, input: Any, config: Any = None, **_: Any) -> AsyncIterator[str]:
        """The chunks."""
        for _i in range(self._chunks):
            yield "chunk "
            await asyncio.sleep(0)


def handler(index: int, chain: Counting) -> type[BaseChatHandler]:
    """The class of `/h<index>`."""

    class Handler(BaseChatHandler):
        id = name = f"h{index}"
        help = "Streams"
        routing_type = SlashCommandRoutingType(slash_id=f"h{index}")
        uses_llm = False

        async def process_message(self, message: HumanChatMessage) -> None:
            self.llm_chain: Any = chain
            await self.stream_reply("", message)

    return Handler


def persona(index: int, chain: Counting) -> type[BasePersona]:
    """The class of `@p<index>`."""
    streamed: Any = chain

    class Persona(BasePersona):
        @property
        def defaults(self) -> PersonaDefaults:
            return PersonaDefaults(name=f"p{index}")

        async def process_message(self, message: HumanChatMessage) -> None:
            await self.stream_reply("", message, chain=streamed)

    return Persona


class Bench:
    """An engine with so many handlers and as many personas."""

    def __init__(self, streams: int, chunks: int) -> None:
        self._streams = streams
        self._chunks = chunks
        self._engine: Engine | None = None

    async def start(self) -> None:
        """Make the engine."""
        log = logging.getLogger("benchmark")
        plugins = PluginRegistry(log=log, find=lambda _: ())
        chain = Counting(self._chunks)
        for index in range(self._streams):
            plugins.add(CHAT_HANDLERS, f"h{index}", handler(index, chain))
            plugins.add(PERSONAS, f"p{index}", persona(index, chain))
        for group in GROUPS:
            plugins.load(group)
        config = ConfigManager(log=log, lm_providers={}, em_providers={}, defaults={})
        options = EngineOptions(greet=False, threads=False)
        self._engine = Engine(
            plugins=plugins, config_manager=config, store=Store(None), log=log, options=options
        )
        await self._engine.start()

    async def aclose(self) -> None:
        """End the engine."""
        assert self._engine is not None
        await self._engine.aclose()

    async def measure(self, prompts: list[str]) -> float:
        """The CPU microseconds for each chunk where these prompts are answered at once, in a new chat."""
        assert self._engine is not None
        chat = await self._engine.create_chat()
        reader = Subscriber("0", _drop, lambda: None)
        chat.subscribe(reader)
        gc.collect()
        start = time.process_time()
        runs = [chat.submit(ChatRequest(prompt=prompt), _PERSON) for prompt in prompts]
        await asyncio.gather(*(run.wait() for run in runs))
        await reader.drain()
        used = time.process_time() - start
        self._check(chat)
        await self._engine.delete_chat(chat.id)
        return used * 1e6 / (self._streams * self._chunks)

    def _check(self, chat: Chat) -> None:
        whole = [m for m in chat.log if m.type == "agent-stream" and m.body == "chunk " * self._chunks]
        if len(whole) != self._streams:
            raise SystemExit(f"{len(whole)} whole streams of {self._streams}: {list(chat.log)[-1].body}")


async def _drop(frame: bytes) -> None:
    """A reader that looks at nothing."""


async def _run(rounds: int, streams: int, chunks: int) -> list[dict[str, float]]:
    asked = {
        HANDLERS: [f"/h{index}" for index in range(streams)],
        TOGETHER: [" ".join(f"@p{index}" for index in range(streams)) + " go"],
        APART: [f"@p{index} go" for index in range(streams)],
    }
    bench = Bench(streams, chunks)
    await bench.start()
    found: list[dict[str, float]] = []
    for index in range(rounds + 1):  # the first one warms up
        order = sorted(asked, reverse=bool(index % 2))
        found.append({name: await bench.measure(asked[name]) for name in order})
    await bench.aclose()
    return found[1:]


def main() -> None:
    """Measure, print, and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--streams", type=int, default=32)
    parser.add_argument("--chunks", type=int, default=500, help="of each stream")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to FILE")
    arguments = parser.parse_args()
    print(f"Load of the machine before the run: {number(os.getloadavg()[0])}.\n")
    rounds = asyncio.run(_run(arguments.rounds, arguments.streams, arguments.chunks))
    rows = [(name, number(median_of(each[name] for each in rounds))) for name in (HANDLERS, TOGETHER, APART)]
    print_table((f"{arguments.streams} streams at once", "CPU µs a chunk"), rows)
    print()
    print_targets(
        Target(
            f"{name}, to handlers",
            median_of(each[name] / each[HANDLERS] for each in rounds),
            _LIMIT,
        )
        for name in (TOGETHER, APART)
    )
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(rounds, indent=1))


if __name__ == "__main__":
    main()
