"""Without a server: a runnable's `astream` alone (the floor), or the engine with readers that drop all.

Run as a program it reads orders from standard input, one JSON object a line, and answers each with a line.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

from jupyter_ai_benchmark import BareModelHandler, CountingModel, CountingProvider
from langchain_core.prompts import ChatPromptTemplate

from lab.orders import order_text

__all__ = ["main"]


class Floor:
    """Iterates the runnable and drops what it yields."""

    def __init__(self) -> None:
        model = CountingModel()
        prompt = ChatPromptTemplate.from_messages([("system", "You count."), ("human", "{input}")])
        self._runnables: dict[str, tuple[Any, Callable[[str], Any]]] = {
            "model": (model, lambda text: text),
            "prompt|model": (prompt | model, lambda text: {"input": text}),
        }

    async def prepare(self, clients: int) -> None:
        """Nothing: there is nobody to send to."""

    async def stream(self, path: str, text: str) -> float:
        """Stream one answer; the seconds to its first chunk."""
        runnable, argument = self._runnables[path]
        start, first = time.perf_counter(), 0.0
        async for _ in runnable.astream(argument(text)):
            first = first or time.perf_counter() - start
        return first


class EngineInProcess:
    """A chat of the engine, in memory, whose readers drop every frame."""

    def __init__(self) -> None:
        self._chat: Any = None
        self._readers: list[Any] = []
        self._first = 0.0

    async def prepare(self, clients: int) -> None:
        """Have so many readers in an empty chat."""
        from jupyter_ai.engine.subscriber import Subscriber

        if self._chat is None:
            self._chat = await _chat()
        for reader in self._readers:
            self._chat.unsubscribe(reader)
        self._chat.clear()
        self._readers = [Subscriber(str(i), self._drop, lambda: None) for i in range(clients)]
        for reader in self._readers:
            self._chat.subscribe(reader)

    async def stream(self, path: str, text: str) -> float:
        """Have one prompt answered; the seconds to the first chunk that a reader saw."""
        from jupyter_ai.models import ChatClient, ChatRequest

        person = ChatClient(id="0", username="b", initials="B", name="B", display_name="B")
        start, self._first = time.perf_counter(), 0.0
        prompt = f"/benchmark {text}" if path == "model" else text
        await self._chat.submit(ChatRequest(prompt=prompt), person).wait()
        for reader in self._readers:
            await reader.drain()
        return self._first - start

    async def _drop(self, frame: bytes) -> None:
        if not self._first and b'"agent-stream-chunk"' in frame:
            self._first = time.perf_counter()


async def _chat() -> Any:
    from jupyter_ai.config_manager import ConfigManager
    from jupyter_ai.engine.engine import Engine, EngineOptions
    from jupyter_ai.engine.store import Store

    log = logging.getLogger("benchmark")
    config = ConfigManager(
        log=log,
        lm_providers={"benchmark": CountingProvider},
        em_providers={},
        defaults={"model_provider_id": "benchmark:benchmark"},
    )
    engine = Engine(
        plugins=_plugins(log),
        config_manager=config,
        store=Store(None),
        log=log,
        options=EngineOptions(greet=False, threads=False),
    )
    await engine.start()
    return await engine.default_chat()


def _plugins(log: logging.Logger) -> Any:
    from jupyter_ai.plugins import CHAT_HANDLERS, GROUPS, PluginRegistry, builtin_class

    plugins = PluginRegistry(log=log, find=lambda _: ())
    plugins.add(
        CHAT_HANDLERS,
        "default",
        builtin_class(CHAT_HANDLERS, "default"),
        distribution="jupyter_ai",
        builtin=True,
    )
    plugins.add(CHAT_HANDLERS, "benchmark", BareModelHandler)
    for group in GROUPS:
        plugins.load(group)
    return plugins


async def _measure(subject: Floor | EngineInProcess, order: dict[str, Any]) -> dict[str, float]:
    await subject.prepare(order["clients"])
    text = order_text(order["chunks"], order["pace"])
    start, cpu = time.perf_counter(), time.process_time()
    first = 0.0
    for _ in range(order["repeats"]):
        answers = (subject.stream(order["path"], text) for _ in range(order["streams"]))
        first = min(await asyncio.gather(*answers))
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "first": first}


async def _serve(subject: Floor | EngineInProcess) -> None:
    print(json.dumps({"ready": True}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await _measure(subject, json.loads(line))), flush=True)


def main() -> None:
    """Measure what is ordered until standard input closes."""
    asyncio.run(_serve(EngineInProcess() if "--engine" in sys.argv[1:] else Floor()))


if __name__ == "__main__":
    main()
