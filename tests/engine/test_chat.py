"""What a chat tells its readers and its handlers, in which order."""

import asyncio
import json
import logging
import random
import threading
from itertools import pairwise
from typing import Any, NoReturn

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.messages import AIMessageChunk

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.errors import ChatNotFound, NotAllowed, UnknownMessage
from jupyter_ai.models import (
    AgentChatMessage,
    AgentStreamChunkMessage,
    AgentStreamMessage,
    CellSelection,
    ChatClient,
    ChatRequest,
    ClearMessage,
    HumanChatMessage,
)
from jupyter_ai.testing import HANG, FakeModel
from jupyter_ai_magics.models.persona import JupyternautPersona

LIMIT = 10  # seconds, for waits that end at once


def handler(process_message: Any, word: str = "go") -> type[BaseChatHandler]:
    """A handler of `/word`."""
    attributes = {
        "id": word,
        "name": word,
        "help": f"does {word}",
        "routing_type": SlashCommandRoutingType(slash_id=word),
        "uses_llm": False,
        "process_message": process_message,
    }
    return type(f"{word.title()}Handler", (BaseChatHandler,), attributes)


def stream(id: str, body: str = "", reply_to: str = "", **kwargs: Any) -> AgentStreamMessage:
    members = {"complete": False, "time": 0.0, "persona": JupyternautPersona, **kwargs}
    return AgentStreamMessage(id=id, body=body, reply_to=reply_to, **members)


def chunk(id: str, content: str, complete: bool = False, **metadata: Any) -> AgentStreamChunkMessage:
    return AgentStreamChunkMessage(id=id, content=content, stream_complete=complete, metadata=metadata)


class Recorder(Subscriber):
    """Keeps each frame as the chat numbered it, unmerged."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

        async def drop(_: bytes) -> None: ...

        super().__init__("recorder", drop, lambda: None)

    def push(self, frame: Any, *, counted: bool = True) -> None:
        self.frames.append(json.loads(frame.encode()))
        super().push(frame, counted=counted)


@pytest.fixture
def hanging() -> Any:
    """A handler of `/go` that streams "so far", and "the end" once it is released."""
    begun, released = asyncio.Event(), asyncio.Event()

    async def process_message(self: Any, message: HumanChatMessage) -> None:
        pending = self.start_pending("working", message)
        id = self._start_stream(message)
        self._send_stream_chunk(id, "so far")
        begun.set()
        await released.wait()
        self._send_stream_chunk(id, ", the end", complete=True)
        self.close_pending(pending)
        self.reply("and more", message)

    made = handler(process_message)
    made.begun, made.released = begun, released  # type: ignore[attr-defined]
    return made


# Frames


async def test_seq_rises_by_one_and_offsets_count_code_points(make_chat) -> None:
    chat = make_chat(model=FakeModel(["ab", "🎉é", "\u200d", "", "c"]))
    recorder = Recorder()
    (await chat.open()).subscribe(recorder)
    await chat.send("hello")
    chunks = [f for f in recorder.frames if f["type"] == "agent-stream-chunk"]

    assert [f["seq"] for f in recorder.frames] == list(range(len(recorder.frames)))
    assert all(a["offset"] + len(a["content"]) == b["offset"] for a, b in pairwise(chunks))
    assert "".join(f["content"] for f in chunks) == "ab🎉é\u200dc"


async def test_pending_is_closed_before_the_stream_starts_and_one_chunk_ends_it(make_chat, until) -> None:
    chat = make_chat(model=FakeModel(["a", "b"]))
    await chat.send("hello")
    await until(lambda: chat.frames[-1].get("stream_complete"))

    types = [f["type"] for f in chat.frames]
    assert types[:5] == ["connection", "human", "pending", "close-pending", "agent-stream"]
    assert set(types[5:]) == {"agent-stream-chunk"}
    assert [f["stream_complete"] for f in chat.frames[5:]] == [False] * (len(types) - 6) + [True]


async def test_the_prompt_and_the_fenced_selection_are_the_body(make_chat, ask) -> None:
    chat = await make_chat(model=FakeModel(["a"])).open()
    plain = ask(chat, "look").message
    fenced = ask(chat, "look", selection=CellSelection(source="```\nx\n```")).message

    assert (plain.body, plain.prompt) == ("look", "look")
    assert (fenced.body, fenced.prompt) == ("look\n\n````\n```\nx\n```\n````", "look")


async def test_a_stream_ends_once_and_takes_nothing_after_its_end(make_chat) -> None:
    chat, recorder = await make_chat().open(), Recorder()
    chat.subscribe(recorder)
    for message in (stream("s"), chunk("s", "a", True), chunk("s", "b"), chunk("s", "c", True)):
        chat.broadcast_message(message)

    assert [f["type"] for f in recorder.frames] == ["connection", "agent-stream", "agent-stream-chunk"]
    assert (chat.log[-1].body, chat.log[-1].complete) == ("a", True)


async def test_a_stream_that_begins_anew_ends_the_old_one_first(make_chat) -> None:
    chat, recorder = await make_chat().open(), Recorder()
    chat.subscribe(recorder)
    for message in (stream("s"), chunk("s", "old"), stream("s"), chunk("s", "new", True)):
        chat.broadcast_message(message)

    assert [f.get("stream_complete") for f in recorder.frames[1:]] == [None, False, True, None, True]
    assert [m.body for m in chat.log] == ["new"]


async def test_a_whole_message_for_an_open_stream_ends_it(make_chat) -> None:
    chat, recorder = await make_chat().open(), Recorder()
    chat.subscribe(recorder)
    for message in (
        stream("s"),
        chunk("s", "draft"),
        stream("s", "final", complete=True),
        chunk("s", "late"),
    ):
        chat.broadcast_message(message)

    assert [f.get("stream_complete") for f in recorder.frames[1:]] == [None, False, True, None]
    assert [(m.body, m.complete) for m in chat.log] == [("final", True)]


async def test_chunks_within_the_merge_window_go_out_in_few_frames(make_chat) -> None:
    chat, recorder = await make_chat().open(), Recorder()
    chat.subscribe(recorder)
    chat.broadcast_message(stream("s"))
    for _ in range(2000):
        chat.broadcast_message(chunk("s", "x"))
    chat.broadcast_message(chunk("s", "", True))
    chunks = [f for f in recorder.frames if f["type"] == "agent-stream-chunk"]

    assert "".join(f["content"] for f in chunks) == "x" * 2000
    assert len(chunks) < 200
    assert chunks[0]["content"] == "x", "the first goes out at once"


async def test_what_waits_to_be_merged_goes_out_by_itself(make_chat, until) -> None:
    chat, recorder = await make_chat().open(), Recorder()
    chat.subscribe(recorder)
    for message in (stream("s"), chunk("s", "a"), chunk("s", "b"), chunk("s", "c")):
        chat.broadcast_message(message)
    await until(lambda: "".join(f.get("content", "") for f in recorder.frames) == "abc")

    assert [f.get("content") for f in recorder.frames[2:]] == ["a", "bc"]


async def test_what_is_no_message_is_refused(make_chat) -> None:
    chat = await make_chat().open()

    with pytest.raises(TypeError, match=r"dict cannot be sent; see jupyter_ai\.models\.Message"):
        chat.broadcast_message({"type": "agent"})


async def test_answering_does_not_block_the_event_loop(make_chat) -> None:
    chat = make_chat(model=FakeModel(["a", "b"]))
    await chat.send("to build the handlers")
    with blockbuster_ctx() as blockbuster:
        blockbuster.functions["os.stat"].deactivate()  # asyncio's debug mode looks at source files
        for prompt in ("hello", "/help", "/halp", "/help --help", "/clear"):
            assert (await chat.send(prompt)).state == "done"


# Text and metadata of every kind


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\ud83c\udf89"])
async def test_lone_surrogates_pass(make_engine, read, ask, tmp_path, caplog, text: str) -> None:
    async def process_message(self: Any, message: HumanChatMessage) -> None:
        self.broadcast_message(stream("s", text, message.id))
        self.broadcast_message(chunk("s", text))
        chat.streams._save(chat.streams._open["s"])
        self.broadcast_message(chunk("s", text, True))
        self.reply(text, message)

    engine = await make_engine([handler(process_message)], path=tmp_path / "chats.sqlite")
    chat = await engine.create_chat()
    reader = read(chat)
    run = ask(chat, f"/go {text}")
    await run.wait()
    assert run.state == "done"
    assert len(await reader.all()) >= 4
    await engine.aclose()

    again = await make_engine(path=tmp_path / "chats.sqlite")
    kept = await again.chat(chat.id)
    assert [type(m) for m in kept.log] == [type(m) for m in chat.log]
    assert kept.row.title == chat.row.title != ""
    failures = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [engine.store.problem, again.store.problem, failures] == [None, None, []]


async def test_huge_texts_reach_a_reader_that_keeps_up(make_chat, read) -> None:
    chat, huge = await make_chat().open(), "é" * (6 << 20)
    reader = read(chat)
    for message in (stream("s"), chunk("s", huge)):
        chat.broadcast_message(message)
    assert (await reader.text() == huge, reader.aborted) == (True, 0)

    chat.broadcast_message(chunk("s", "!", True))
    assert (await reader.text() == f"{huge}!" == chat.log[-1].body, reader.aborted) == (True, 0)


async def test_metadata_that_is_no_json_harms_nobody(make_chat, until) -> None:
    info = {"object": object(), "nan": float("nan"), "keys": {(1, 2): 3}}
    chat = make_chat(model=FakeModel(["a", AIMessageChunk("b", response_metadata=info)]))
    reply = await chat.send("hello")
    await until(lambda: chat.frames[-1].get("stream_complete"))

    assert (reply.text, reply.metadata["keys"]) == ("ab", {"(1, 2)": 3})
    assert chat.frames[-1]["metadata"] == {
        "object": str(info["object"]),
        "nan": None,
        "keys": {"(1, 2)": 3},
    }
    assert (await chat.send("again")).text == "ab"


# The history that plug-ins read


async def test_handlers_see_the_history_with_running_streams_as_far_as_they_are(make_chat, hanging) -> None:
    seen: list[Any] = []

    async def look(self: Any, message: HumanChatMessage) -> None:
        seen.extend((m.type, m.body) for m in self._chat_history)
        self.reply(f"{len(self._chat_history)} {self._chat_history[-1].body}", message)

    chat = make_chat(handlers=[hanging, handler(look, "look")])
    sending = asyncio.create_task(chat.send("/go"))
    await hanging.begun.wait()

    assert (await chat.send("/look")).text == "3 /look"
    assert seen == [("human", "/go"), ("agent-stream", "so far"), ("human", "/look")]
    hanging.released.set()
    await sending


# Clearing


async def test_clearing_an_exchange_stops_it_and_drops_what_it_still_says(make_chat, hanging, until) -> None:
    chat = make_chat(handlers=[hanging])
    engine_chat = await chat.open()
    kept = await chat.send("/help")
    sending = asyncio.create_task(chat.send("/go"))
    await hanging.begun.wait()
    (target,) = engine_chat.runs
    engine_chat.clear(target)
    await sending
    await until(lambda: chat.frames[-1]["type"] == "clear")

    assert chat.frames[-1]["targets"] == [target]
    assert [m.body for m in chat.messages] == ["/help", kept.text]
    assert (engine_chat.pending, engine_chat.runs, engine_chat.message_interrupted) == ({}, {}, {})


async def test_replies_to_a_cleared_message_are_not_sent(make_chat, ask) -> None:
    cleaned = []

    async def process_message(self: Any, message: HumanChatMessage) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.reply("cleaning up", message)
            self.reply("to nobody")
            with self.pending("tidying", message):
                cleaned.append(self._start_stream(message))

    chat, recorder = await make_chat(handlers=[handler(process_message)]).open(), Recorder()
    run = ask(chat, "/go")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    chat.subscribe(recorder)
    chat.clear(run.id)
    await run.wait()

    assert len(cleaned) == 1
    assert [f["type"] for f in recorder.frames] == ["connection", "clear"]
    assert list(chat.log) == []


async def test_clearing_an_unknown_message_or_a_reply_is_refused(make_chat) -> None:
    chat = make_chat(model=FakeModel(["a"]))
    reply = await chat.send("hello")
    engine_chat = await chat.open()

    for target in ("unknown", reply.messages[0].id):
        with pytest.raises(UnknownMessage):
            engine_chat.clear(target)
    assert len(chat.messages) == 2


async def test_after_a_full_clear_the_help_message_is_sent_again(make_engine, read, ask, until) -> None:
    engine = await make_engine(greet=True, model=FakeModel(["a"]))
    chat = await engine.default_chat()
    reader = read(chat)
    await until(lambda: len(chat.log))
    await ask(chat, "hello").wait()
    chat.clear()
    await until(lambda: len(chat.log))

    assert (await reader.types())[-2:] == ["clear", "agent"]
    (help_message,) = chat.log
    assert "`/help`" in help_message.body
    assert (help_message.reply_to, chat.memory.messages) == ("", [])


async def test_the_clear_command_leaves_nothing_but_the_help_message(make_engine, read, ask, until) -> None:
    engine = await make_engine(greet=True, model=FakeModel([HANG]))
    chat = await engine.default_chat()
    reader, hung = read(chat), ask(chat, "hello")
    await ask(chat, "/clear").wait()
    await hung.wait()
    await until(lambda: len(chat.log))

    assert (await reader.types())[-2:] == ["clear", "agent"]
    assert (len(chat.log), chat.runs, chat.pending) == (1, {}, {})
    assert (await engine.store.load(chat.id)).runs == []


async def test_a_clear_message_of_a_handler_clears_its_targets_and_only_these(make_chat) -> None:
    chat = make_chat(model=FakeModel(["a"]))
    for prompt in ("one", "two"):
        await chat.send(prompt)
    engine_chat, first = await chat.open(), chat.messages[0].id
    engine_chat.broadcast_message(ClearMessage(targets=[]))
    assert len(chat.messages) == 4

    engine_chat.broadcast_message(ClearMessage(targets=[first]))
    assert [m.body for m in chat.messages] == ["two", "a"]
    assert [m.content for m in engine_chat.memory.messages] == ["two", "a"]

    engine_chat.broadcast_message(ClearMessage())
    assert (chat.messages, engine_chat.memory.messages) == ([], [])


# Other threads


async def test_messages_from_another_thread_keep_their_order(make_chat) -> None:
    async def process_message(self: Any, message: HumanChatMessage) -> None:
        def work() -> None:
            id = self._start_stream(message)
            for i in range(50):
                self._send_stream_chunk(id, f"{i} ")
            self._send_stream_chunk(id, "end", complete=True)
            self.reply("from the thread", message)

        await asyncio.to_thread(work)
        self.reply("from the loop", message)

    reply = await make_chat(handlers=[handler(process_message)]).send("/go")

    assert [m.body for m in reply.messages] == [
        f"{' '.join(map(str, range(50)))} end",
        "from the thread",
        "from the loop",
    ]


async def test_a_reply_from_a_thread_after_the_loop_has_ended_is_lost_and_logged(make_chat, caplog) -> None:
    chat = await make_chat().open()
    closed = asyncio.new_event_loop()
    closed.close()
    chat._loop = closed
    message = AgentChatMessage(id="a", time=0, body="late", reply_to="", persona=JupyternautPersona)
    thread = threading.Thread(target=chat.broadcast_message, args=(message,))
    thread.start()
    thread.join()

    assert "it is lost" in caplog.text


# Readers that come and go


async def test_the_answer_completes_when_the_last_reader_has_left(make_chat, hanging, read) -> None:
    chat = make_chat(handlers=[hanging])
    engine_chat = await chat.open()
    sending = asyncio.create_task(chat.send("/go"))
    await hanging.begun.wait()
    for reader in engine_chat.outlet.readers():
        engine_chat.unsubscribe(reader)
    hanging.released.set()
    await sending

    (connection,) = await read(engine_chat).all()
    assert [m["body"] for m in connection["history"]["messages"]] == ["/go", "so far, the end", "and more"]


async def test_who_comes_in_mid_stream_gets_the_text_so_far_and_then_the_rest(
    make_chat, hanging, read
) -> None:
    chat = make_chat(handlers=[hanging])
    sending = asyncio.create_task(chat.send("/go"))
    await hanging.begun.wait()
    late = read(await chat.open())
    hanging.released.set()
    await sending

    connection, *rest = await late.all()
    assert [m["body"] for m in connection["history"]["messages"]] == ["/go", "so far"]
    assert [m["body"] for m in connection["history"]["pending_messages"]] == ["working"]
    assert (rest[0]["content"], rest[0]["offset"]) == (", the end", len("so far"))


@pytest.mark.parametrize(
    ("epoch", "since", "resumed"),
    [("same", 2, True), ("same", 3, True), ("same", 99, False), ("other", 2, False), ("same", None, False)],
)
async def test_who_comes_back_gets_what_was_missed_or_the_whole_history(
    make_chat, read, epoch: str, since: int | None, resumed: bool
) -> None:
    chat = await make_chat().open()
    for id in "abc":
        chat.broadcast_message(stream(id, complete=True))
    connection, *missed = await read(
        chat, epoch=chat.engine.epoch if epoch == "same" else epoch, since=since
    ).all()

    assert (connection["type"], connection["epoch"], connection["seq"]) == (
        "connection",
        chat.engine.epoch,
        3,
    )
    assert (connection["history"] is None) == resumed
    assert [f["seq"] for f in missed] == ([3] if since == 2 and resumed else [])


async def test_who_comes_back_too_late_gets_the_whole_history(make_chat, read) -> None:
    chat = await make_chat().open()
    for i in range(5000):
        chat.outlet.send(f'{{"i":{i}}}')

    (connection,) = await read(chat, epoch=chat.engine.epoch, since=1).all()
    assert connection["history"] == {"messages": [], "pending_messages": []}


class Client:
    """Builds texts from histories and chunks, as the protocol asks of a client."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.texts: dict[str, str] = {}

    def take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "connection":
            if frame["history"] is not None:
                self.texts = {m["id"]: m["body"] for m in frame["history"]["messages"]}
                self.seq = frame["seq"]
            return
        if frame["type"] == "agent-stream-chunk":
            text = self.texts[frame["id"]]
            assert frame["offset"] <= len(text), "a gap"
            self.texts[frame["id"]] = text + frame["content"][len(text) - frame["offset"] :]
        else:
            assert frame["id"] not in self.texts, "shown twice"
            self.texts[frame["id"]] = frame["body"]
        self.seq = frame["seq"]


async def test_after_500_reconnections_two_interleaved_streams_are_whole(make_chat, read) -> None:
    chat, dice, client = await make_chat().open(), random.Random(7), Client()
    said = dict.fromkeys("ab", "")
    reader = read(chat)
    for id in said:
        chat.broadcast_message(stream(id))
    for i in range(500):
        for _ in range(dice.randrange(5)):
            id, text = dice.choice("ab"), f"{i}é🎉"[: dice.randint(1, 5)]
            chat.broadcast_message(chunk(id, text))
            said[id] += text
            if dice.random() < 0.3:
                await asyncio.sleep(0)
        received = await reader.all() if dice.random() < 0.2 else reader.frames
        for frame in received[: dice.randint(0, len(received))]:
            client.take(frame)
        chat.unsubscribe(reader._subscriber)
        reader = read(chat, epoch=chat.engine.epoch, since=client.seq)
    for id in said:
        chat.broadcast_message(chunk(id, "", True))
    for frame in await reader.all():
        client.take(frame)

    assert client.texts == said


async def test_a_reader_that_fails_or_never_reads_does_not_disturb_the_others(make_chat, read) -> None:
    async def fail(_: bytes) -> None:
        raise ConnectionResetError

    async def never(_: bytes) -> None:
        await asyncio.Event().wait()

    aborted: list[str] = []
    chat = await make_chat().open()
    chat.subscribe(Subscriber("fails", fail, lambda: aborted.append("fails")))
    chat.subscribe(Subscriber("sleeps", never, lambda: aborted.append("sleeps"), max_outbox=10_000))
    reader = read(chat)
    chat.broadcast_message(stream("s"))
    for _ in range(100):
        chat.broadcast_message(chunk("s", "x" * 1000))
        await asyncio.sleep(0)
    chat.broadcast_message(chunk("s", "", True))

    assert await reader.text() == "x" * 100_000
    assert aborted == ["sleeps"]
    assert [r.client_id for r in chat.outlet.readers()] == ["test", "reader"]


# Handlers that cannot be had


async def test_a_handler_whose_constructor_raises_is_told_and_hurts_nobody(make_chat) -> None:
    def __init__(self: Any, **_: Any) -> None:
        raise RuntimeError("no such file")

    async def process_message(self: Any, message: HumanChatMessage) -> None: ...

    broken = handler(process_message)
    broken.__init__ = __init__  # type: ignore[method-assign]
    chat = make_chat(handlers=[broken])
    reply = await chat.send("/go")

    assert reply.text.startswith("`/go` cannot be used: RuntimeError in its constructor: no such file.")
    assert "does go" not in (await chat.send("/help")).text


async def test_an_unknown_command_is_answered_with_what_was_meant(make_chat) -> None:
    model = FakeModel(["a"])
    reply = await make_chat(model=model).send("/halp")

    assert reply.text == "There is no command `/halp`. Did you mean `/help`?"
    assert model.asked == []


class _Hostile(dict[str, int]):
    def items(self) -> NoReturn:
        raise RuntimeError("no items for you")


async def test_metadata_that_raises_when_it_is_read_leaves_the_chat_reachable(make_chat) -> None:
    chat = make_chat(model=FakeModel([AIMessageChunk("a", response_metadata={"x": _Hostile(a=1)})]))

    reply = await chat.send("hello")

    assert reply.text == "a"
    assert '"complete":true' in (await chat.open()).history_json().replace(" ", "")


async def test_one_large_message_cuts_off_nobody_who_reads(make_chat, read) -> None:
    class Large(BaseChatHandler):
        id = name = help = "large"
        routing_type = SlashCommandRoutingType(slash_id="large")

        async def process_message(self, message: HumanChatMessage) -> None:
            with self.pending("Working", message):
                self.reply("x" * 5_000_000, message)

    chat = make_chat(handlers=[Large])
    reader = read(await chat.open())

    await chat.send("/large")
    await reader.all()

    assert reader.aborted == 0


def client_of(user: str) -> ChatClient:
    return ChatClient(id="c", username=user, initials=user[0], name=user, display_name=user)


async def test_a_guest_of_a_shared_chat_clears_only_their_own(make_engine) -> None:
    engine = await make_engine()
    chat = await engine.create_chat("ada")
    chat.update(shared=True)
    run = chat.submit(ChatRequest(prompt="/help"), client_of("bob"), "bob")
    await run.wait()

    with pytest.raises(NotAllowed, match="Only the owner"):
        chat.clear(None, "bob")
    chat.clear(run.id, "bob")

    assert chat.log.find(run.id) is None


async def test_a_deleted_chat_takes_and_stores_nothing_more(make_engine) -> None:
    engine = await make_engine()
    chat = await engine.create_chat()
    await engine.delete_chat(chat.id)

    chat.broadcast_message(stream("late", "too late", complete=True))

    assert len(chat.log) == 0
    with pytest.raises(ChatNotFound):
        chat.submit(ChatRequest(prompt="hello"), client_of("ada"))
