"""Stop ends a run, whatever its handler and its model do, and within 100 ms."""

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from unittest.mock import Mock

import anyio
import httpx
import pytest
from langchain_core.runnables import RunnableGenerator

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.engine import run as run_module
from jupyter_ai.errors import GenerationInterrupted, NotYourRun
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.testing import HANG, FakeModel, FakeSyncModel

STOPPED = "(AI response stopped by user)"
LIMIT = 10  # seconds, for waits that end at once


def handler(word: str, process_message: Any, **members: Any) -> type[BaseChatHandler]:
    """A handler of `/word`."""
    attributes = {
        "id": word,
        "name": word,
        "help": word,
        "routing_type": SlashCommandRoutingType(slash_id=word),
        "process_message": process_message,
        "create_llm_chain": lambda self, provider, params: setattr(self, "llm_chain", provider(**params)),
        **members,
    }
    return type(f"{word.title()}Handler", (BaseChatHandler,), attributes)


async def stream(self: BaseChatHandler, message: HumanChatMessage) -> str:
    self.get_llm_chain()
    return await self.stream_reply("go", message)


def streaming(runnable: Any, word: str = "go") -> type[BaseChatHandler]:
    """A handler of `/word` that streams `runnable`."""
    return handler(word, stream, create_llm_chain=lambda self, *_: setattr(self, "llm_chain", runnable))


@asynccontextmanager
async def stopped(chat: Any, prompt: str, ready: asyncio.Event | threading.Event) -> AsyncIterator[Any]:
    """Sends `prompt`, stops it when `ready` is set and hands over the future reply."""
    sending = asyncio.create_task(chat.send(prompt))
    async with asyncio.timeout(LIMIT):
        await (ready.wait() if isinstance(ready, asyncio.Event) else asyncio.to_thread(ready.wait, LIMIT))
        await chat.stop()
    yield await sending


def ends(chat: Any) -> list[dict[str, Any]]:
    return [frame for frame in chat.frames if frame.get("stream_complete")]


# What the model does


async def test_a_model_that_yields_every_10_ms(make_chat) -> None:
    fifth = asyncio.Event()

    async def pause() -> None:
        await asyncio.sleep(0.01)

    async def mark() -> None:
        fifth.set()

    model = FakeModel([*["a", pause] * 4, mark, *["b", pause] * 1000])
    chat = make_chat(model=model)
    async with stopped(chat, "hello", fifth) as reply:
        assert reply.text.startswith("aaaa")
        assert reply.text.endswith(f"\n\n{STOPPED}")
        assert (reply.state, reply.metadata["stopped"], model.closed) == ("stopped", True, 1)
        assert len(ends(chat)) == 1


async def test_a_model_that_hangs_between_chunks(make_chat) -> None:
    model = FakeModel(["Hel", "lo", HANG])
    chat = make_chat(model=model)
    async with stopped(chat, "hello", model.hanging) as reply:
        assert reply.text == f"Hello\n\n{STOPPED}"
        assert (reply.state, model.closed, len(ends(chat))) == ("stopped", 1, 1)


async def test_a_model_that_has_not_yielded_yet(make_chat, until) -> None:
    model = FakeModel([HANG])
    chat = make_chat(model=model)
    async with stopped(chat, "hello", model.hanging) as reply:
        await until(lambda: ends(chat))

        assert [frame["type"] for frame in chat.frames[1:]] == [
            "human",
            "pending",
            "close-pending",
            "agent-stream",
            "agent-stream-chunk",
        ]
        assert (reply.text, chat.frames[-1]["content"]) == (STOPPED, STOPPED)


async def test_a_synchronous_model_in_a_thread_and_its_iterator_closes_when_next_returns(make_chat) -> None:
    model = FakeSyncModel(["Hel", HANG])
    chat = make_chat(model=model, threads=True)
    gc.disable()  # nobody collects it: the last reference goes
    try:
        async with stopped(chat, "hello", model.hanging) as reply:
            assert reply.text == f"Hel\n\n{STOPPED}"
            assert not model.closed.is_set()
            model.release.set()
            assert await asyncio.to_thread(model.closed.wait, LIMIT)
    finally:
        gc.enable()


async def test_twenty_hung_synchronous_models_delay_neither_the_next_run_nor_the_shutdown(
    make_chat, until
) -> None:
    async def work(self: Any, message: HumanChatMessage) -> None:
        loop = asyncio.get_running_loop()
        self.reply(await loop.run_in_executor(None, str.upper, "next"), message)

    model = FakeSyncModel([HANG])  # once it is asked, it cannot be closed
    chat = make_chat(model=model, handlers=[handler("work", work, uses_llm=False)], threads=True)
    hung = [asyncio.create_task(chat.send("hello")) for _ in range(20)]
    await until(lambda: len(model.asked) == 20)

    reply = await chat.send("/work")
    assert reply.text == "NEXT"
    async with asyncio.timeout(LIMIT):
        await chat.aclose()

    assert not model.closed.is_set()
    assert {(await sent).state for sent in hung} == {"interrupted"}
    model.release.set()


async def test_an_asynchronous_generator_is_closed_and_its_http_backend_sees_the_disconnect(
    make_chat,
) -> None:
    gone, said = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n")
        assert await reader.read() == b""
        writer.close()
        gone.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def generate(_: Any) -> AsyncIterator[str]:
        url = f"http://127.0.0.1:{port}/"
        async with httpx.AsyncClient(timeout=None) as client, client.stream("GET", url) as response:
            async for text in response.aiter_text():
                yield text
                said.set()

    chat = make_chat(handlers=[streaming(RunnableGenerator(generate))])
    async with server, stopped(chat, "/go", said) as reply, asyncio.timeout(LIMIT):
        await gone.wait()

        assert reply.text == f"Hello\n\n{STOPPED}"


class Source:
    """Has `astream`, and is no LangChain runnable."""

    def __init__(self, generate: Callable[[], AsyncIterator[str]]) -> None:
        self.astream = lambda *_, **__: generate()


async def test_a_generator_that_swallows_the_cancellation_is_interrupted_at_its_next_yield(make_chat) -> None:
    begun, seen = asyncio.Event(), []

    async def generate() -> AsyncIterator[str]:
        yield "a"
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
        try:
            yield "b"
        except GenerationInterrupted:
            seen.append("interrupted")
            raise

    chat = make_chat(handlers=[streaming(Source(generate))])
    async with stopped(chat, "/go", begun) as reply:
        assert seen == ["cancelled", "interrupted"]
        assert (reply.text, reply.state) == (f"ab\n\n{STOPPED}", "stopped")


@pytest.mark.parametrize("at", ["wait", "yield"])
async def test_a_generator_that_hangs_while_it_is_closed_does_not_hold_up_the_end(
    make_chat, until, at: str
) -> None:
    begun, cleaned = asyncio.Event(), []

    async def generate() -> AsyncIterator[str]:
        try:
            yield "a"
            begun.set()
            if at == "wait":
                await asyncio.Event().wait()
            with anyio.CancelScope(shield=True), suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            yield "b"
        finally:
            try:
                await asyncio.Event().wait()
            finally:
                cleaned.append(True)

    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        self.llm_chain = Source(generate)
        await self.stream_reply("go", message)
        await asyncio.Event().wait()

    chat = make_chat(handlers=[handler("go", process_message)])
    async with stopped(chat, "/go", begun) as reply:
        assert reply.text.startswith("a")
        assert (reply.text.endswith(f"\n\n{STOPPED}"), reply.state) == (True, "stopped")
    engine_chat = await chat.open()
    await until(lambda: cleaned and not engine_chat._tasks)


# What the handler does

SCOPES: dict[str, Any] = {}


def scope(around: Any) -> Any:
    SCOPES[around.__name__] = around
    return around


@scope
async def plain(answer: Any) -> None:
    await answer()


@scope
async def anyio_cancel_scope(answer: Any) -> None:
    with anyio.CancelScope():
        await answer()


@scope
async def anyio_move_on_after(answer: Any) -> None:
    with anyio.move_on_after(LIMIT):
        await answer()


@scope
async def anyio_task_group(answer: Any) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(answer)


@scope
async def asyncio_timeout(answer: Any) -> None:
    async with asyncio.timeout(LIMIT):
        await answer()


@scope
async def asyncio_task_group(answer: Any) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(answer())


@scope
async def asyncio_gather(answer: Any) -> None:
    await asyncio.gather(answer(), asyncio.Event().wait())


@scope
async def asyncio_wait_for(answer: Any) -> None:
    await asyncio.wait_for(answer(), LIMIT)


@pytest.mark.parametrize("around", SCOPES.values(), ids=SCOPES)
async def test_stream_reply_within_a_scope(make_chat, around: Any) -> None:
    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        await around(lambda: stream(self, message))

    model = FakeModel(["a", HANG])
    chat = make_chat(model=model, handlers=[handler("go", process_message)])
    async with stopped(chat, "/go", model.hanging) as reply:
        assert (reply.text, reply.state) == (f"a\n\n{STOPPED}", "stopped")
        assert (model.closed, len(ends(chat)), reply.messages[0].complete) == (1, 1, True)
    assert (await chat.send("/help")).state == "done"


@pytest.mark.parametrize("around", SCOPES.values(), ids=SCOPES)
async def test_a_handler_that_awaits_something_else_within_a_scope(
    make_chat, monkeypatch, around: Any
) -> None:
    monkeypatch.setattr(run_module, "STOP_GRACE", LIMIT)  # however slow the machine is
    begun, cleaned = asyncio.Event(), []

    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        with self.pending("working", message):
            try:
                begun.set()
                await around(asyncio.Event().wait)
            finally:
                cleaned.append(True)

    chat = make_chat(handlers=[handler("go", process_message)])
    async with stopped(chat, "/go", begun) as reply:
        assert (reply.text, reply.state, cleaned) == (STOPPED, "stopped", [True])
        assert (reply.pending, (await chat.open()).pending) == (["working"], {})


async def test_what_a_handler_says_while_it_cleans_up_is_heard(make_chat) -> None:
    begun = asyncio.Event()

    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            self.reply("The file is closed.", message)

    chat = make_chat(handlers=[handler("go", process_message)])
    async with stopped(chat, "/go", begun) as reply:
        assert reply.text == f"The file is closed.\n\n{STOPPED}"


async def test_after_stop_a_handler_may_finish_but_a_second_stream_reply_raises_at_once(make_chat) -> None:
    raised = []

    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        assert await stream(self, message) == "a"
        await asyncio.sleep(0)
        try:
            await self.stream_reply("again", message)
        except GenerationInterrupted as e:
            raised.append(e)
            raise

    model = FakeModel(["a", HANG])
    chat = make_chat(model=model, handlers=[handler("go", process_message)])
    async with stopped(chat, "/go", model.hanging) as reply:
        assert (len(raised), len(model.asked)) == (1, 1)
        assert (reply.text, reply.state) == (f"a\n\n{STOPPED}", "stopped")


@pytest.fixture
def stubborn() -> Iterator[Any]:
    """A handler that swallows every cancellation until it is released, and then speaks."""
    released, begun, spoke = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        stream_id = self._start_stream(message)
        self._send_stream_chunk(stream_id, "before")
        begun.set()
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue
        self._send_stream_chunk(stream_id, "late chunk")
        self._send_stream_chunk(stream_id, "late end", complete=True)
        self.start_pending("late pending", message)
        self.reply("late reply", message)
        self.reply("late reply to nobody")
        self._start_stream(message)
        spoke.set()

    made = handler("go", process_message)
    made.released, made.begun, made.spoke = released, begun, spoke  # type: ignore[attr-defined]
    yield made
    released.set()


async def test_a_handler_that_swallows_cancellation_is_abandoned_and_dropped_and_named(
    make_chat, stubborn, caplog
) -> None:
    chat = make_chat(handlers=[stubborn])
    async with stopped(chat, "/go", stubborn.begun) as reply:
        assert (reply.text, reply.state) == (f"before\n\n{STOPPED}", "stopped")
    frames, messages = list(chat.frames), list(chat.messages)
    stubborn.released.set()
    async with asyncio.timeout(LIMIT):
        await stubborn.spoke.wait()

    assert (await chat.send("/help")).state == "done"
    assert chat.messages[: len(messages)] == messages
    assert [m.body for m in chat.messages[len(messages) :]][:1] == ["/help"]
    assert not [frame for frame in chat.frames[len(frames) :] if "late" in str(frame)]
    assert "GoHandler (/go)" in caplog.text


async def test_a_late_reply_from_a_thread_is_dropped_too(make_chat, caplog) -> None:
    begun, released, spoke = threading.Event(), threading.Event(), threading.Event()

    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        def work() -> None:
            begun.set()
            released.wait(LIMIT)
            self.reply("late", message)
            spoke.set()

        await asyncio.get_running_loop().run_in_executor(None, work)

    chat = make_chat(handlers=[handler("go", process_message)])
    async with stopped(chat, "/go", begun) as reply:
        released.set()
        await asyncio.to_thread(spoke.wait, LIMIT)
        await asyncio.sleep(0)

        assert (reply.text, [m.body for m in chat.messages]) == (STOPPED, ["/go", STOPPED])
        assert "GoHandler (/go)" in caplog.text


# Whose runs, and which


async def test_stop_ends_the_runs_of_one_user_and_leaves_the_others(make_chat, until) -> None:
    model = FakeModel([HANG])
    chat = make_chat(model=model)
    sent = {user: asyncio.create_task(chat.send(user, user=user)) for user in ("ada", "bob")}
    engine_chat = await chat.open()
    await until(lambda: len(model.asked) == 2)

    assert engine_chat.stop("ada") == 1
    assert (await sent["ada"]).state == "stopped"
    assert [run.user for run in engine_chat.runs.values()] == ["bob"]
    await chat.stop()
    assert (await sent["bob"]).state == "stopped"


async def test_stop_with_a_target_ends_that_run_only_and_only_for_its_user(make_chat, until) -> None:
    model = FakeModel([HANG])
    chat = make_chat(model=model)
    sent = [asyncio.create_task(chat.send(prompt, user="ada")) for prompt in ("one", "two")]
    engine_chat = await chat.open()
    await until(lambda: len(model.asked) == 2)
    first, second = engine_chat.runs

    with pytest.raises(NotYourRun):
        engine_chat.stop("bob", first)
    assert engine_chat.stop("ada", first) == 1
    assert (await sent[0]).state == "stopped"
    assert list(engine_chat.runs) == [second]
    assert engine_chat.stop("ada", first) == engine_chat.stop("ada", "unknown") == 0
    await chat.stop()
    await sent[1]


async def test_a_run_is_stopped_before_its_task_began(make_chat, ask) -> None:
    model = FakeModel(["a"])
    chat = await make_chat(model=model).open()
    run = ask(chat, "hello")
    assert chat.stop("") == 1
    await run.wait()

    assert (run.state, [m.body for m in chat.log], model.asked) == ("stopped", ["hello", STOPPED], [])


async def test_stopping_twice_is_stopping_once(make_chat) -> None:
    model = FakeModel(["a", HANG])
    chat = make_chat(model=model)
    sending = asyncio.create_task(chat.send("hello"))
    await model.hanging.wait()
    engine_chat = await chat.open()

    assert engine_chat.stop("") == engine_chat.stop("") == 1
    assert (await sending).text == f"a\n\n{STOPPED}"
    assert (engine_chat.stop(""), len(ends(chat))) == (0, 1)


async def test_message_interrupted_is_set_for_handlers_that_look(make_chat) -> None:
    begun, events = asyncio.Event(), []

    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        stream_id = self._start_stream(message)
        events.append(self.message_interrupted[stream_id])
        begun.set()
        with anyio.CancelScope(shield=True):
            await self.message_interrupted[stream_id].wait()
        self._send_stream_chunk(stream_id, "I saw it.", complete=True, metadata={"stopped": True})

    chat = make_chat(handlers=[handler("go", process_message)])
    async with stopped(chat, "/go", begun) as reply:
        assert (events[0].is_set(), reply.state) == (True, "stopped")
        assert (await chat.open()).message_interrupted == {}


async def test_a_cancellation_that_is_not_stop_is_told_as_such(make_chat) -> None:
    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        async with asyncio.timeout(0):
            await stream(self, message)

    model = FakeModel(["a", HANG])
    reply = await make_chat(model=model, handlers=[handler("go", process_message)]).send("/go")

    assert reply.state == "done"
    assert "TimeoutError" in reply.text
    assert STOPPED not in reply.text


# How fast


async def test_of_200_stops_of_every_kind_the_99th_percentile_is_below_100_ms(
    make_chat, stubborn, ask, until
) -> None:
    async def wait(self: BaseChatHandler, message: HumanChatMessage) -> None:
        with anyio.move_on_after(LIMIT), self.pending("waiting", message):
            await asyncio.Event().wait()

    async def busy(_: Any) -> AsyncIterator[str]:
        while True:
            yield "a"
            await asyncio.sleep(0)

    sync = FakeSyncModel(["a", HANG])
    handlers = [handler("wait", wait), streaming(RunnableGenerator(busy), "busy"), streaming(sync, "sync")]
    chat = await make_chat(model=FakeModel(["a", HANG]), handlers=[*handlers, stubborn], threads=True).open()
    loop, took = asyncio.get_running_loop(), []
    for i in range(200):
        kind = "/go" if i % 20 == 0 else ("hello", "/wait", "/busy", "/sync")[i % 4]
        run = ask(chat, kind)
        await until(lambda run=run: run.streams or run.pending)
        began = loop.time()
        assert chat.stop("") == 1
        await run.wait()
        took.append(1000 * (loop.time() - began))

    sync.release.set()
    stubborn.released.set()
    took.sort()
    print(f"200 stops: p50 {took[99]:.1f} ms, p99 {took[197]:.1f} ms")  # seen with -rP
    assert took[197] < 100


async def test_fifty_stubborn_handlers_that_are_stopped_together_end_together(
    make_chat, stubborn, ask, until
) -> None:
    chat = await make_chat(handlers=[stubborn]).open()
    runs = [ask(chat, "/go") for _ in range(50)]
    await until(lambda: all(run.streams for run in runs))

    assert chat.stop("") == 50
    async with asyncio.timeout(LIMIT):
        await asyncio.gather(*(run.wait() for run in runs))
    stubborn.released.set()

    assert {run.state for run in runs} == {"stopped"}


# A handler built by hand, as authors' tests do it


async def test_setting_message_interrupted_stops_a_handler_without_a_chat_at_the_next_chunk() -> None:
    def of(id: str) -> list[Any]:
        return [m for m in sent if m.id == id]

    sent: list[Any] = []
    root = Mock()
    root.broadcast_message.side_effect = sent.append
    made = handler("go", stream, llm_chain=None)(
        log=logging.getLogger("test"),
        config_manager=Mock(),
        root_chat_handlers={"root": root},
        model_parameters={},
        chat_history=[],
        llm_chat_memory=Mock(),
        root_dir="",
        preferred_dir=None,
        dask_client_future=Mock(),
        help_message_template="",
        chat_handlers={},
        context_providers={},
        message_interrupted=(interrupted := {}),
        log_dir=None,
    )

    async def generate(_: Any) -> AsyncIterator[str]:
        yield "a"
        next(iter(interrupted.values())).set()
        yield "b"
        raise AssertionError("asked for more")

    made.llm_chain = RunnableGenerator(generate)
    text = await made.stream_reply("go", Mock(id="m"))
    stream_id = sent[-1].id

    assert text == "ab"
    assert [m.content for m in of(stream_id)[1:]] == ["a", "b", f"\n\n{STOPPED}"]
    assert of(stream_id)[-1].stream_complete
    assert interrupted == {}
