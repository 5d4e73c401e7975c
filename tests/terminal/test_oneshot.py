"""A question on the command line: its answer as it streams, its end, its exit code."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.terminal.client import ChatClient
from jupyter_ai.terminal.markdown import clean
from jupyter_ai.terminal.oneshot import Question
from jupyter_ai.terminal.printers import PlainPrinter
from jupyter_ai.testing import HANG, FakeModel


def handler(word: str, process_message: Any) -> type[BaseChatHandler]:
    routing = SlashCommandRoutingType(slash_id=word)
    members = {"id": word, "name": word, "help": word, "routing_type": routing, "uses_llm": False}
    return type(f"{word.title()}", (BaseChatHandler,), {**members, "process_message": process_message})


class Asked:
    """A question that is being answered."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.told: list[str] = []
        self.question: Question | None = None

    async def ask(self, client: ChatClient, prompt: str) -> int:
        self.question = Question(client, prompt, PlainPrinter(self.out), self.told.append)
        return await self.question.ask()


Ask = Callable[..., Awaitable[tuple[int, str, list[str]]]]


@pytest.fixture
def ask(link: Any) -> Ask:
    """Asks a chat of the real engine; exit code, standard output, and what went to standard error."""

    async def ask(prompt: str, *handlers: type, **arguments: Any) -> tuple[int, str, list[str]]:
        asked = Asked()
        async with ChatClient(await link(handlers=handlers, **arguments)) as client:
            code = await asked.ask(client, prompt)
        return code, asked.out.getvalue(), asked.told

    return ask


async def test_the_answer_is_written_as_it_is(ask: Ask) -> None:
    code, out, told = await ask("hi", model=FakeModel(["Hel", "lo **you**"]))

    assert (code, out, told) == (0, "Hello **you**\n", [])


async def test_each_chunk_is_written_when_it_comes(frames: Any, scripted: Any, scripted_link: Any) -> None:
    said = frames.human("h", "hi"), frames.stream("s", "h"), frames.chunk("s", 0, "Hel")
    connection, asked = scripted([frames.connection(), *said]), Asked()
    async with ChatClient(scripted_link(connection)) as client:
        asking = asyncio.create_task(asked.ask(client, "hi"))
        while asked.out.getvalue() != "Hel":  # noqa: ASYNC110
            await asyncio.sleep(0)
        connection.give(frames.chunk("s", 3, "lo", last=True))

        assert await asking == 0
        assert asked.out.getvalue() == "Hello\n"


async def test_several_replies_are_one_answer(ask: Ask) -> None:
    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        self.reply("One", message)
        with self.pending("Working", message):
            await asyncio.sleep(0)
        self.reply("Two", message)
        await asyncio.sleep(0.01)
        self.reply("Three")

    code, out, _ = await ask("/go", handler("go", process_message))

    assert (code, out) == (0, "One\n\nTwo\n\nThree\n")


async def test_a_failure_is_exit_code_1(ask: Ask) -> None:
    async def process_message(self: BaseChatHandler, message: HumanChatMessage) -> None:
        raise ValueError("no luck")

    code, out, _ = await ask("/go", handler("go", process_message))

    assert code == 1
    assert "no luck" in out


async def test_clear_ends_it(ask: Ask) -> None:
    assert await ask("/clear") == (0, "", [])


async def test_an_unknown_command_is_told_and_is_a_failure(ask: Ask) -> None:
    code, out, _ = await ask("/hepl")

    assert (code, out) == (1, "There is no command `/hepl`. Did you mean `/help`?\n")


async def test_what_others_say_is_no_answer(frames: Any, scripted: Any, scripted_link: Any) -> None:
    said = [frames.human("g", "hi", client="you"), frames.agent("x", "to you", "g"), frames.human("h", "hi")]
    said += [frames.agent("w", "The disk is full.", warning=True), frames.agent("a", "to me", "h")]
    asked = Asked()
    async with ChatClient(scripted_link(scripted([frames.connection(), *said]))) as client:
        code = await asked.ask(client, "hi")

    assert (code, asked.out.getvalue(), asked.told) == (0, "to me\n", ["The disk is full."])


async def test_it_waits_until_all_is_seen_that_was_said(
    frames: Any, scripted: Any, scripted_link: Any
) -> None:
    link = scripted_link(scripted([frames.connection(), frames.human("h", "hi")]))
    connection, asked = link._connections[0], Asked()
    connection.give(frames.agent("a", "One", "h"))
    connection.give(frames.agent("b", "Two", "h"))
    link.settled_at = frames.seq
    async with ChatClient(link) as client:
        await asked.ask(client, "hi")

    assert asked.out.getvalue() == "One\n\nTwo\n"


async def test_a_refusal_is_told(frames: Any, scripted: Any, scripted_link: Any) -> None:
    refusal = {"type": "error", "reason": "The frame is too large.", "code": "invalid-frame"}
    asked = Asked()
    async with ChatClient(scripted_link(scripted([frames.connection(), refusal]))) as client:
        code = await asked.ask(client, "hi")

    assert (code, asked.out.getvalue(), asked.told) == (1, "", ["The frame is too large."])


async def test_a_drop_is_told_and_overcome(
    frames: Any, scripted: Any, scripted_link: Any, pause: Any
) -> None:
    first = scripted([frames.connection(), frames.human("h", "hi"), frames.stream("s", "h")])
    first.give(frames.chunk("s", 0, "Hel"))
    first.drop()
    missed = frames.chunk("s", 3, "lo", last=True)
    asked = Asked()
    async with ChatClient(scripted_link(first, scripted([frames.resumed(), missed])), pause=pause) as client:
        code = await asked.ask(client, "hi")

    assert (code, asked.out.getvalue()) == (0, "Hello\n")
    assert asked.told == ["the connection was lost; trying again…", "Connected again."]


async def test_an_interrupted_answer_is_exit_code_1(frames: Any, scripted: Any, scripted_link: Any) -> None:
    said = [frames.human("h", "hi"), frames.stream("s", "h")]
    said.append(frames.chunk("s", 0, "Hel", last=True, interrupted=True))
    asked = Asked()
    async with ChatClient(scripted_link(scripted([frames.connection(), *said]))) as client:
        assert await asked.ask(client, "hi") == 1


async def test_an_interrupt_stops_the_answer(link: Any) -> None:
    model, asked = FakeModel(["So", HANG]), Asked()
    async with ChatClient(await link(model=model)) as client:
        asking = asyncio.create_task(asked.ask(client, "hi"))
        await model.hanging.wait()
        while asked.out.getvalue() != "So":  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert asked.question is not None
        asked.question.interrupt(asking)

        assert await asking == 130
        assert asked.out.getvalue() == "So\n\n(AI response stopped by user)\n"
        assert model.closed == 1


async def test_an_interrupt_before_the_prompt_was_taken_stops_its_answer(
    frames: Any, scripted: Any, scripted_link: Any, until: Any
) -> None:
    connection, asked = scripted([frames.connection()]), Asked()
    async with ChatClient(scripted_link(connection)) as client:
        asking = asyncio.create_task(asked.ask(client, "hi"))
        await until(lambda: connection.sent)
        assert asked.question is not None
        asked.question.interrupt(asking)
        connection.give(frames.human("h", "hi"))
        await until(lambda: len(connection.sent) == 2)
        asked.question.interrupt(asking)

        with pytest.raises(asyncio.CancelledError):
            await asking
        assert connection.sent[1] == {"type": "stop", "target": "h"}


def test_what_a_terminal_would_obey_is_not_written_to_one(frames: Any) -> None:
    from jupyter_ai.terminal.state import ChatState

    out, state = io.StringIO(), ChatState()
    printer = PlainPrinter(out, clean)
    for frame in (frames.connection(), frames.agent("a", "\x1b[2Jhi")):
        for event in state.fold(frame):
            printer.take(event)

    assert out.getvalue() == "␛[2Jhi\n"
