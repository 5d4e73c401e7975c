"""The test kit: what it promises to authors, and that it costs those nothing who do not use it."""

import asyncio
import json
import subprocess
import sys
import textwrap
import threading
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import CellSelection, HumanChatMessage
from jupyter_ai.testing import HANG, FakeModel, FakeSyncModel, MakeChat

pytest_plugins = ["pytester"]


class Greet(BaseChatHandler):
    id = "greet"
    name = "Greet"
    help = "Greets somebody"
    routing_type = SlashCommandRoutingType(slash_id="greet")

    def create_llm_chain(self, provider: Any, provider_params: Any) -> None:
        self.llm_chain = provider(**self.get_model_parameters(provider, provider_params))

    async def process_message(self, message: HumanChatMessage) -> None:
        self.get_llm_chain()
        await self.stream_reply(message.body, message, pending_msg="Greeting")


# What a test does


async def test_a_reply_has_text_chunks_pending_messages_and_state(make_chat: MakeChat) -> None:
    chat = make_chat(handlers=[Greet], model=FakeModel(["Hel", "lo"]))

    reply = await chat.send("/greet Ada")

    assert (reply.text, reply.chunks, reply.pending, reply.state) == (
        "Hello",
        ["Hel", "lo"],
        ["Greeting"],
        "done",
    )
    assert [(m.type, m.body) for m in chat.messages] == [("human", "/greet Ada"), ("agent-stream", "Hello")]
    assert reply.messages == chat.messages[1:]


async def test_a_selection_is_sent_along(make_chat: MakeChat) -> None:
    model = FakeModel(["Hi"])
    chat = make_chat(handlers=[Greet], model=model)
    await chat.send("/greet", selection=CellSelection(source="x"))

    assert model.prompts == ["/greet\n\n```\nx\n```"]
    assert chat.messages[0].selection == CellSelection(source="x")


async def test_several_replies_with_and_without_an_address_belong_to_their_prompt(make_chat) -> None:
    class Twice(Greet):
        id = "twice"
        routing_type = SlashCommandRoutingType(slash_id="twice")

        async def process_message(self, message: HumanChatMessage) -> None:
            self.reply("one", message)
            self.reply("two")

    chat = make_chat(handlers=[Twice])

    assert (await chat.send("/twice")).text == "one\n\ntwo"
    assert len((await chat.send("/twice")).messages) == 2


async def test_stop_ends_what_runs_and_returns_when_it_is_over(make_chat: MakeChat) -> None:
    model = FakeModel(["Hel", HANG])
    chat = make_chat(model=model)
    sending = asyncio.create_task(chat.send("hello"))
    await model.hanging.wait()
    await chat.stop()
    reply = await sending

    assert (reply.state, reply.text) == ("stopped", "Hel\n\n(AI response stopped by user)")
    assert (model.closed, model.hanging.is_set()) == (1, False)


async def test_cancelling_a_send_stops_its_run(make_chat: MakeChat) -> None:
    model = FakeModel([HANG])
    chat = make_chat(model=model)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await chat.send("hello")
    await chat.stop()

    assert chat.messages[-1].body == "(AI response stopped by user)"


async def test_clear_forgets(make_chat: MakeChat) -> None:
    chat = make_chat(model=FakeModel(["a"]))
    await chat.send("hello")
    await chat.clear()

    assert chat.messages == []


async def test_prompts_may_be_sent_at_once(make_chat: MakeChat) -> None:
    chat = make_chat(model=FakeModel(["a"]))
    replies = await asyncio.gather(*(chat.send(str(i)) for i in range(5)))

    assert [(reply.text, len(reply.messages)) for reply in replies] == [("a", 1)] * 5


async def test_the_handlers_of_the_chat_can_be_looked_at(make_chat: MakeChat, tmp_path) -> None:
    chat = make_chat(handlers=[Greet], model_parameters={"fake:fake": {"t": 1}})
    await chat.send("/help")

    assert isinstance(chat.handlers["/greet"], Greet)
    assert {"default", "/greet", "/help", "/clear", "/model"} <= set(chat.handlers)
    assert chat.handlers["/greet"].output_dir == str(tmp_path)
    assert chat.handlers["/greet"].model_parameters == {"fake:fake": {"t": 1}}


async def test_a_handler_takes_the_place_of_a_built_in_one(make_chat: MakeChat) -> None:
    class Mine(Greet):
        id = "default"
        routing_type = SlashCommandRoutingType(slash_id=None)

    chat = make_chat(handlers=[Mine], model=FakeModel(["mine"]))

    assert (await chat.send("hello")).text == "mine"


async def test_frames_are_what_a_client_was_sent(make_chat: MakeChat, until_sent) -> None:
    chat = make_chat(model=FakeModel(["a"]))
    await chat.send("hello")
    await until_sent(chat)

    assert chat.frames[0]["type"] == "connection"
    assert "".join(f["content"] for f in chat.frames if f["type"] == "agent-stream-chunk") == "a"


@pytest.fixture
def until_sent() -> Any:
    async def wait(chat: Any) -> None:
        async with asyncio.timeout(10):
            while not chat.frames[-1].get("stream_complete"):  # noqa: ASYNC110
                await asyncio.sleep(0)

    return wait


async def test_without_a_model_the_offline_one_answers(make_chat: MakeChat) -> None:
    assert (await make_chat().send("hello")).state == "done"


def test_a_handler_that_would_not_load_is_refused_with_the_reason(make_chat: MakeChat) -> None:
    class Spaced(Greet):
        routing_type = SlashCommandRoutingType(slash_id="two words")

    with pytest.raises(ValueError, match=r"Spaced.*two words"):
        make_chat(handlers=[Spaced])
    with pytest.raises(ValueError, match="str"):
        make_chat(handlers=[str])


# The fake models


async def test_a_fake_model_yields_texts_and_message_chunks_and_records_what_it_was_asked() -> None:
    model = FakeModel(["a", AIMessageChunk("b", response_metadata={"k": 1}), AIMessageChunk([{"text": "c"}])])
    chunks = [chunk async for chunk in model.astream([HumanMessage("hello")])]

    assert [c.content for c in chunks if c.content] == ["a", "b", [{"text": "c"}]]
    assert (model.asked, model.prompts, model.closed) == ([[HumanMessage("hello")]], ["hello"], 1)


@pytest.mark.parametrize("model", [FakeModel, FakeSyncModel])
@pytest.mark.parametrize("error", [ValueError("midway"), KeyError])
async def test_a_fake_model_raises_what_is_in_its_script(model: Any, error: Any) -> None:
    stream = model(["a", error, "b"]).astream("hello")

    assert (await anext(stream)).content == "a"
    with pytest.raises(error if isinstance(error, type) else ValueError):
        await anext(stream)


async def test_a_fake_model_awaits_what_the_functions_in_its_script_return() -> None:
    seen = []

    async def note() -> None:
        seen.append(len(seen))

    chunks = [c.content async for c in FakeModel(["a", note, "b", note]).astream("hello")]

    assert ("".join(chunks), seen) == ("ab", [0, 1])


def test_a_fake_model_answers_without_streaming_as_well() -> None:
    model = FakeModel(["Hel", "lo"])

    assert (model.invoke("hello").content, model.prompts) == ("Hello", ["hello"])


async def test_a_script_may_be_any_iterable_and_serves_every_request() -> None:
    model = FakeModel(str(i) for i in range(3))

    for _ in range(2):
        assert "".join([c.content async for c in model.astream("hello")]) == "012"


def test_a_synchronous_fake_model_hangs_until_it_is_released() -> None:
    model, seen = FakeSyncModel(["a", HANG, "b"]), []
    thread = threading.Thread(target=lambda: seen.extend(c.content for c in model.stream("hello")))
    thread.start()
    assert model.hanging.wait(10)
    assert not model.closed.is_set()

    model.release.set()
    thread.join(10)
    assert ("".join(seen), model.closed.is_set()) == ("ab", True)
    assert model.invoke("again").content == "ab"


# Under pytest

SCOPE = "asyncio_default_fixture_loop_scope=function"

_TESTS = """
import anyio, asyncio, pytest
from jupyter_ai.testing import HANG, FakeModel

async def check(make_chat):
    model = FakeModel(["Hel", "lo", HANG])
    chat = make_chat(model=model)
    sending = asyncio.create_task(chat.send("hello"))
    await model.hanging.wait()
    await chat.stop()
    assert (await sending).chunks[:2] == ["Hel", "lo"]
    asyncio.create_task(chat.send("left behind"))
    await asyncio.sleep(0)
"""


@pytest.mark.parametrize(
    ("options", "tests", "passed"),
    [
        (
            ["--asyncio-mode=strict"],
            """
            @pytest.mark.asyncio
            async def test_asyncio(make_chat):
                await check(make_chat)

            @pytest.mark.anyio
            async def test_anyio(make_chat, anyio_backend_name):
                await check(make_chat)

            @pytest.fixture
            def anyio_backend():
                return "asyncio"

            def test_without_a_loop(make_chat):
                asyncio.run(check(make_chat))
            """,
            3,
        ),
        (
            ["--asyncio-mode=auto"],
            """
            async def test_auto(make_chat):
                await check(make_chat)
            """,
            1,
        ),
    ],
    ids=["strict and anyio", "auto"],
)
def test_it_runs_under(pytester, monkeypatch, options: list[str], tests: str, passed: int) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the others take their time
    pytester.makepyfile(_TESTS + textwrap.dedent(tests))
    plugins = ("-p", "pytest_asyncio.plugin", "-p", "anyio.pytest_plugin", "-p", "jupyter_ai.testing")
    result = pytester.runpytest_subprocess("-W", "error", "-o", SCOPE, *plugins, *options)

    result.assert_outcomes(passed=passed)
    assert "was destroyed" not in result.stderr.str()


def test_a_run_of_pytest_that_does_not_use_it_imports_nothing_more() -> None:
    program = (
        "import json, pytest, sys; before = set(sys.modules); import jupyter_ai.testing;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert json.loads(result.stdout) == ["jupyter_ai", "jupyter_ai.testing"]
