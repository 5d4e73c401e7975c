"""`stream_reply` streams any LCEL runnable and hands on what the model says of its answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.language_models import FakeListLLM
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder, PromptTemplate
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda, RunnableWithMessageHistory

from jupyter_ai.errors import NoChainBound, UnsupportedChunk
from jupyter_ai.models import AgentStreamMessage
from jupyter_ai.testing import FakeModel

PROMPT = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "{input}")])
ASKED = {"input": "hello"}
INFO = {"finish_reason": "stop", "model_name": "fake"}
USAGE = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


def model() -> FakeModel:
    return FakeModel(["Hel", "lo", AIMessageChunk("", response_metadata=INFO, usage_metadata=USAGE)])


@pytest.fixture
def stream(by_hand, handler, human) -> Any:
    """Streams a runnable in a handler built by hand; returns the text, the chunks and the last metadata."""

    async def stream(
        runnable: Any, input: Any = ASKED, **kwargs: Any
    ) -> tuple[str, list[str], dict[str, Any]]:
        made = by_hand(handler())
        made.llm_chain = runnable
        text = await made.stream_reply(input, human(), **kwargs)
        first, *chunks = made._chat_history
        assert isinstance(first, AgentStreamMessage)
        assert [c.stream_complete for c in chunks] == [False] * (len(chunks) - 1) + [True]
        return text, [c.content for c in chunks if c.content], chunks[-1].metadata

    return stream


# Runnables


async def test_prompt_and_model(stream) -> None:
    assert await stream(PROMPT | model()) == ("Hello", ["Hel", "lo"], {**INFO, "usage_metadata": USAGE})


async def test_a_model_alone(stream) -> None:
    assert await stream(model(), "hello") == ("Hello", ["Hel", "lo"], {**INFO, "usage_metadata": USAGE})


async def test_a_chain_that_ends_with_a_parser_tells_the_generation_info_as_well(stream) -> None:
    text, chunks, metadata = await stream(PROMPT | model() | StrOutputParser())

    assert (text, chunks) == ("Hello", ["Hel", "lo"])
    assert metadata == {**INFO, "usage_metadata": USAGE}


async def test_a_model_of_text(stream) -> None:
    text, chunks, _ = await stream(PromptTemplate.from_template("{input}") | FakeListLLM(responses=["Hello"]))

    assert (text, "".join(chunks)) == ("Hello", "Hello")


async def test_a_bound_model(stream) -> None:
    text, _, metadata = await stream(PROMPT | model().bind(stop=["x"]))

    assert (text, metadata["finish_reason"]) == ("Hello", "stop")


async def test_a_function(stream) -> None:
    assert await stream(RunnableLambda(lambda asked: f"{asked['input']}!")) == ("hello!", ["hello!"], {})
    assert (await stream(RunnableLambda(lambda _: AIMessage("whole"))))[0] == "whole"


async def test_a_generator(stream) -> None:
    async def generate(_: Any) -> AsyncIterator[str]:
        for word in ("one ", "", "two"):
            yield word

    assert await stream(RunnableGenerator(generate)) == ("one two", ["one ", "two"], {})


async def test_a_runnable_of_ones_own(stream) -> None:
    class Shout(Runnable[dict[str, str], str]):
        def invoke(self, input: dict[str, str], config: Any = None, **_: Any) -> str:
            return input["input"].upper()

    assert (await stream(Shout()))[:2] == ("HELLO", ["HELLO"])


# LangChain's own warnings
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
async def test_a_runnable_with_message_history(stream) -> None:
    history = InMemoryChatMessageHistory()
    prompt = ChatPromptTemplate.from_messages([MessagesPlaceholder("history"), ("human", "{input}")])
    chain = RunnableWithMessageHistory(
        prompt | model(),
        lambda last_human_msg: history,
        input_messages_key="input",
        history_messages_key="history",
        history_factory_config=[_field("last_human_msg")],
    )
    text, _, metadata = await stream(chain, config={"configurable": {"last_human_msg": "m"}})

    assert (text, metadata["finish_reason"]) == ("Hello", "stop")
    assert [m.content for m in history.messages] == ["hello", "Hello"]


def _field(name: str) -> Any:
    from langchain_core.runnables import ConfigurableFieldSpec

    return ConfigurableFieldSpec(id=name, annotation=str, default="", is_shared=True)


async def test_a_handler_without_a_runnable_is_told_where_to_bind_one(by_hand, handler, human) -> None:
    for chain in (None, object()):
        made = by_hand(handler(llm_chain=None))
        made.llm_chain = chain
        with pytest.raises(NoChainBound, match=r"GoHandler .* `create_llm_chain\(\)`"):
            await made.stream_reply("x", human())
        assert made._chat_history == []


# Chunks


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        (["a", {"type": "text", "text": "b"}, {"text": "c"}, {"type": "text"}], "abc"),
        ([{"type": "tool_use", "id": "1"}, {"type": "image_url", "image_url": "x"}], ""),
    ],
)
async def test_the_text_of_message_chunks(stream, content: Any, text: str) -> None:
    async def generate(_: Any) -> AsyncIterator[AIMessageChunk]:
        yield AIMessageChunk(content)
        yield AIMessageChunk("!")

    assert (await stream(RunnableGenerator(generate)))[0] == f"{text}!"


@pytest.mark.parametrize("chunk", [None, 1, b"bytes", {"answer": "x"}, ["x"]])
async def test_any_other_chunk_is_an_error_that_names_its_type(stream, chunk: Any) -> None:
    async def generate(_: Any) -> AsyncIterator[Any]:
        yield chunk

    class Source:
        astream = staticmethod(lambda *_, **__: generate(None))

    with pytest.raises(UnsupportedChunk, match=rf"GoHandler yielded a {type(chunk).__name__}"):
        await stream(Source())


async def test_lone_surrogates_of_a_model_are_replaced(stream) -> None:
    async def generate(_: Any) -> AsyncIterator[str]:
        yield "a\ud800"
        yield "\ud83c\udf89"

    text, chunks, _ = await stream(RunnableGenerator(generate))

    assert (text, chunks) == ("a\ufffd🎉", ["a\ufffd", "🎉"])


# Configuration


class Callbacks(AsyncCallbackHandler):
    def __init__(self) -> None:
        self.seen: list[str] = []

    async def on_chain_start(self, *_: Any, **kwargs: Any) -> None:
        self.seen.append(f"chain {kwargs.get('name')}")

    async def on_chat_model_start(self, *_: Any, **kwargs: Any) -> None:
        self.seen.append(f"model {kwargs['tags']}")

    async def on_llm_new_token(self, token: str, **_: Any) -> None:
        self.seen.append(token)

    async def on_llm_end(self, *_: Any, **__: Any) -> None:
        self.seen.append("end")


@pytest.mark.parametrize("parser", [False, True])
async def test_callbacks_and_tags_of_the_config_are_respected(stream, parser: bool) -> None:
    callbacks, chain = Callbacks(), PROMPT | model()
    if parser:
        chain = chain | StrOutputParser()
    config = {"callbacks": [callbacks], "tags": ["mine"], "run_name": "Chain"}
    text, *_ = await stream(chain, config=config)

    assert text == "Hello"
    assert callbacks.seen[0] == "chain Chain"
    assert [s for s in callbacks.seen if "mine" in s] == ["model ['seq:step:2', 'mine']"]
    assert [s for s in callbacks.seen if s in ("Hel", "lo", "end")] == ["Hel", "lo", "end"]
    assert config["callbacks"] == [callbacks], "the caller's own is left alone"


async def test_a_model_streamed_by_itself_has_its_callbacks_and_the_tags_of_the_config(stream) -> None:
    callbacks = Callbacks()
    await stream(PROMPT | FakeModel(["a"], callbacks=[callbacks]), config={"tags": ["mine"]})

    assert [seen for seen in callbacks.seen if seen] == ["model ['mine']", "a", "end"]


# In a chat


async def test_a_pending_message_is_shown_until_the_first_text(make_chat, handler) -> None:
    async def look() -> None:
        shown.append([m.body for m in (await chat.open()).pending.values()])

    async def process_message(self: Any, message: Any) -> None:
        self.llm_chain = FakeModel([look, "a", look])
        await self.stream_reply("go", message, pending_msg="Thinking hard")

    shown: list[list[str]] = []
    chat = make_chat(handlers=[handler(process_message)])
    reply = await chat.send("/go")

    assert (shown, reply.pending) == ([["Thinking hard"], []], ["Thinking hard"])


async def test_two_replies_of_one_handler_may_be_streamed_at_once(make_chat, handler) -> None:
    async def process_message(self: Any, message: Any) -> None:
        async def one(words: list[str]) -> str:
            async def generate(_: Any) -> AsyncIterator[str]:
                for word in words:
                    yield word
                    await asyncio.sleep(0)

            self.llm_chain = RunnableGenerator(generate)
            text: str = await self.stream_reply("go", message)
            return text

        texts = await asyncio.gather(one(["a", "b"]), one(["c", "d"]))
        self.reply(str(texts), message)

    reply = await make_chat(handlers=[handler(process_message)]).send("/go")

    assert [m.body for m in reply.messages] == ["ab", "cd", "['ab', 'cd']"]
