"""Whoever blocks the event loop is named, in the log and to the chat."""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.engine.run import Run
from jupyter_ai.engine.watchdog import Watchdog

LIMIT = 20  # seconds, for waits that end at once


class Log(logging.Handler):
    """Lets the test block the loop exactly until the warning is there."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []
        self.written = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())
        self.written.set()

    def block(self) -> None:
        assert self.written.wait(LIMIT)


@pytest.fixture
def log() -> Iterator[Log]:
    log, logger = Log(), logging.getLogger("watchdog test")
    logger.addHandler(log)
    logger.propagate = False
    yield log
    logger.removeHandler(log)


class Watched:
    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[Run, float]] = asyncio.Queue()
        self.dog = Watchdog(
            logging.getLogger("watchdog test"),
            lambda run, name, seconds: self.told.put_nowait((run, seconds)),
            limit=0.02,
        )

    def start(self, answer: Callable[[], Coroutine[Any, Any, None]]) -> Run:
        run = Run(SimpleNamespace(id="m"), "user", lambda _: self.dog.leave())  # type: ignore[arg-type]
        run.handler_name = "SleepyHandler (/sleepy)"
        self.dog.enter()
        run.start(answer())
        return run

    async def block(self, log: Log) -> None:
        """Block the loop until a run was blamed: on a busy machine something else may block it first."""
        while self.told.empty():
            log.block()
            log.written.clear()
            await asyncio.sleep(0)


@pytest.fixture
async def watched() -> Any:
    watched = Watched()
    yield watched
    watched.dog.close()


async def test_the_handler_that_blocks_the_loop_is_named_in_the_log_and_to_the_chat(watched, log) -> None:
    async def answer() -> None:
        await watched.block(log)

    run = watched.start(answer)
    told, seconds = await watched.told.get()

    assert told is run
    assert seconds >= 0.02
    assert "SleepyHandler (/sleepy)" in log.texts[-1]
    assert "log.block()" in log.texts[-1], "the log shows where"


async def test_a_handler_that_blocks_in_a_task_of_its_own_is_named_too(watched, log) -> None:
    async def answer() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(watched.block(log))

    run = watched.start(answer)

    assert (await watched.told.get())[0] is run
    assert "SleepyHandler (/sleepy)" in log.texts[-1]


async def test_what_blocks_beside_a_run_is_not_blamed_on_it(watched, log) -> None:
    released = asyncio.Event()
    run = watched.start(released.wait)
    await asyncio.sleep(0)
    log.block()
    released.set()
    await run.wait()

    assert "something that is not a chat handler" in log.texts[0]
    assert watched.told.empty()


async def test_no_thread_runs_before_the_first_run_and_none_after_the_end(watched) -> None:
    async def answer() -> None: ...

    def threads() -> list[threading.Thread]:
        return [t for t in threading.enumerate() if t.name == "jupyter-ai-watchdog"]

    before = threads()
    await watched.start(answer).wait()
    (thread,) = [t for t in threads() if t not in before]
    watched.dog.close()
    await asyncio.to_thread(thread.join, LIMIT)

    assert not thread.is_alive()


class Blocking(BaseChatHandler):
    """Blocks the loop for a second until it is named, and for another one."""

    warned: Log
    id = "block"
    name = "Block"
    help = "Blocks the loop"
    routing_type = SlashCommandRoutingType(slash_id="block")
    uses_llm = False

    async def process_message(self, message: Any) -> None:
        self.warned.block()
        time.sleep(1)  # noqa: ASYNC251 - what is told is how long it was
        self.reply("done", message)


async def test_a_handler_that_blocks_the_loop_for_two_seconds_is_told_in_its_chat(
    make_chat, until, log, monkeypatch
) -> None:
    chat = make_chat(handlers=[Blocking], threads=True)
    monkeypatch.setattr(Blocking, "warned", log, raising=False)
    monkeypatch.setattr(chat.log, "handlers", [*chat.log.handlers, log])
    reply = await chat.send("/block")
    await until(lambda: chat.messages[-1].metadata.get("warning"))

    assert reply.text == "done"
    told = re.match(r"Blocking \(/block\) blocked the whole server for (.+?) s\. ", chat.messages[-1].body)
    assert told is not None
    assert float(told[1]) >= 2
    assert (await chat.send("/help")).state == "done"
