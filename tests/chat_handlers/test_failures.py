"""Whatever fails ends in a visible, honest message, and the chat goes on."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableGenerator, RunnableLambda

from jupyter_ai.chat_handlers.base import BaseChatHandler
from jupyter_ai.testing import FakeModel

EMPTY = "(The model returned an empty answer.)"


@pytest.fixture
def fails(make_chat, handler) -> Any:
    """Sends `/go` to a handler and returns the reply, after a look at whether the chat goes on."""

    async def send(process_message: Any, **members: Any) -> Any:
        chat = make_chat(handlers=[handler(process_message, **members)])
        reply = await chat.send("/go")
        engine_chat = await chat.open()
        assert (engine_chat.runs, engine_chat.pending, engine_chat.message_interrupted) == ({}, {}, {})
        assert all(getattr(message, "complete", True) for message in chat.messages)
        assert BaseChatHandler._requests_count == 0
        assert (await chat.send("/help")).state == "done"
        return reply

    return send


@pytest.fixture
def streams(fails) -> Any:
    """The same, of a handler that streams `runnable`."""

    async def send(runnable: Any) -> Any:
        async def process_message(self: Any, message: Any) -> None:
            self.llm_chain = runnable
            await self.stream_reply("go", message)

        return await fails(process_message)

    return send


# The model


async def test_a_runnable_that_yields_nothing(streams) -> None:
    async def generate(_: Any) -> AsyncIterator[str]:
        for text in ():
            yield text

    reply = await streams(RunnableGenerator(generate))

    assert (reply.text, reply.metadata, reply.state) == (EMPTY, {"empty": True}, "done")


@pytest.mark.parametrize("script", [[], [""], ["", ""]])
async def test_a_model_that_yields_nothing_or_no_text(make_chat, script: list[str]) -> None:
    chat = make_chat(model=FakeModel(script))
    for _ in range(2):
        reply = await chat.send("hello")

        assert reply.text == EMPTY
        assert (reply.state, reply.metadata["empty"]) == ("done", True)


async def test_a_model_that_raises_at_once(streams) -> None:
    reply = await streams(FakeModel([ValueError("no such model")]))

    assert len(reply.messages) == 1
    assert reply.text.startswith("`/go` failed: **ValueError**: no such model")
    assert reply.metadata["error"] == {"type": "ValueError", "message": "no such model"}


async def test_a_model_that_raises_midway(streams) -> None:
    reply = await streams(FakeModel(["so ", "far", ConnectionError("gone")]))
    stream, report = reply.messages

    assert (stream.body, stream.complete) == ("so far", True)
    assert stream.metadata["error"] == {"type": "ConnectionError", "message": "gone"}
    assert report.body.startswith("`/go` failed: **ConnectionError**: gone")


async def test_a_runnable_that_yields_what_is_no_text(streams) -> None:
    reply = await streams(RunnableLambda(lambda _: {"answer": 42}))

    assert "The runnable of GoHandler yielded a dict" in reply.text
    assert "StrOutputParser()" in reply.text


async def test_a_handler_without_a_runnable(fails) -> None:
    async def process_message(self: Any, message: Any) -> None:
        await self.stream_reply("go", message)

    assert "create_llm_chain()" in (await fails(process_message)).text


async def test_a_model_whose_key_is_refused_is_told_apart(make_chat) -> None:
    from jupyter_ai_magics.base_provider import BaseProvider

    class Given(BaseProvider, FakeModel):  # type: ignore[misc]
        id = "acme"
        name = "Acme"
        models = ["acme"]  # noqa: RUF012

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(script=[PermissionError("401")], **kwargs)

        @classmethod
        def is_api_key_exc(cls, e: Exception) -> bool:
            return isinstance(e, PermissionError)

    reply = await make_chat(model=Given).send("hello")

    assert reply.text.startswith("Acme refused the API key. Check it, then")


# The handler


async def test_a_handler_that_raises(fails) -> None:
    async def process_message(self: Any, message: Any) -> None:
        with self.pending("working", message):
            raise KeyError("column")

    reply = await fails(process_message)

    assert reply.text.startswith("`/go` failed: **KeyError**: 'column'\n\n<details><summary>Traceback")
    assert 'raise KeyError("column")' in reply.text
    assert (reply.state, reply.pending) == ("done", ["working"])


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("I have no words")


class Untamed(BaseException):
    """As `CellMagicError` of the contract: no Exception."""


async def test_a_handler_that_raises_what_cannot_be_told(fails) -> None:
    async def process_message(self: Any, message: Any) -> None:
        raise Mute

    assert "Mute" in (await fails(process_message)).text


async def test_a_handler_that_raises_what_is_no_exception(fails, caplog) -> None:
    async def process_message(self: Any, message: Any) -> None:
        self.start_pending("working", message)
        raise Untamed("boo")

    reply = await fails(process_message)

    assert (reply.text, reply.state) == ("GoHandler (/go) failed: Untamed: boo", "failed")


async def test_a_handler_whose_account_of_a_failure_fails_too(fails, caplog) -> None:
    async def process_message(self: Any, message: Any) -> None:
        raise KeyError("first")

    async def handle_exc(self: Any, e: Exception, message: Any) -> None:
        raise ValueError("second")

    reply = await fails(process_message, handle_exc=handle_exc)

    assert reply.text.startswith("`/go` failed: **KeyError**: 'first'")
    assert "handle_exc of GoHandler raised." in caplog.text


async def test_a_handler_may_tell_of_its_failures_itself(fails) -> None:
    async def process_message(self: Any, message: Any) -> None:
        raise KeyError("x")

    async def handle_exc(self: Any, e: Exception, message: Any) -> None:
        self.reply(f"Sorry: {e!r}", message)

    assert (await fails(process_message, handle_exc=handle_exc)).text == "Sorry: KeyError('x')"


async def test_a_handler_that_returns_without_a_reply(fails) -> None:
    async def process_message(self: Any, message: Any) -> None:
        with self.pending("working", message):
            await asyncio.sleep(0)

    reply = await fails(process_message)

    assert (reply.text, reply.metadata) == ("GoHandler (/go) ended without a reply.", {"empty": True})


async def test_a_handler_that_leaves_a_stream_and_a_pending_message_open(fails) -> None:
    async def process_message(self: Any, message: Any) -> None:
        self.start_pending("working", message)
        self._send_stream_chunk(self._start_stream(message), "so far")

    reply = await fails(process_message)

    assert (reply.text, reply.metadata) == ("so far", {"interrupted": True})


@pytest.mark.parametrize("leave", [lambda: argparse.ArgumentParser().exit(2), sys.exit, lambda: exit("bye")])
async def test_a_handler_that_exits_ends_its_own_answer_only(fails, leave: Any) -> None:
    async def process_message(self: Any, message: Any) -> None:
        leave()

    reply = await fails(process_message)

    assert reply.text.startswith("`/go` ended early: it called `exit(")
    assert reply.metadata["error"]["type"] == "SystemExit"


async def test_an_account_of_a_failure_that_exits(fails) -> None:
    async def process_message(self: Any, message: Any) -> None:
        raise KeyError("first")

    async def handle_exc(self: Any, e: Exception, message: Any) -> None:
        sys.exit(1)

    assert (await fails(process_message, handle_exc=handle_exc)).text.startswith("`/go` failed: **KeyError**")


async def test_a_handler_that_cancels_itself(fails) -> None:
    async def process_message(self: Any, message: Any) -> None:
        raise asyncio.CancelledError

    reply = await fails(process_message)

    assert (reply.text, reply.state) == ("GoHandler (/go) was cancelled before it had answered.", "failed")


async def test_several_failures_of_a_task_group_are_told(fails) -> None:
    async def fail(text: str) -> None:
        raise ValueError(text)

    async def process_message(self: Any, message: Any) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail("one"))
            group.create_task(fail("two"))

    reply = await fails(process_message)

    assert reply.text.startswith("`/go` failed: **ExceptionGroup**: unhandled errors in a TaskGroup")


async def test_a_synchronous_process_message_is_refused_when_it_is_loaded(make_chat, handler) -> None:
    with pytest.raises(ValueError, match="process_message"):
        make_chat(handlers=[handler(lambda self, message: None)])


# Where the traceback goes


async def test_with_a_log_directory_the_traceback_goes_there(by_hand, handler, human, tmp_path: Path) -> None:
    async def process_message(self: Any, message: Any) -> None:
        raise KeyError("column")

    made = by_hand(handler(process_message), log_dir=str(tmp_path / "logs"))
    await made.on_message(human())
    (message,) = made._chat_history
    (file,) = (tmp_path / "logs").iterdir()

    assert message.body.endswith(f"The traceback is in `{file}`.")
    assert "column" in file.read_text()


async def test_a_log_directory_that_cannot_be_written_is_no_second_failure(
    by_hand, handler, human, tmp_path: Path
) -> None:
    async def process_message(self: Any, message: Any) -> None:
        raise KeyError("column")

    (tmp_path / "logs").write_text("a file")
    made = by_hand(handler(process_message), log_dir=str(tmp_path / "logs"))
    await made.on_message(human())

    assert made._chat_history[0].body.endswith("The traceback is in the server's log.")
