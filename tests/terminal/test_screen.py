"""An interactive chat, played through prompt_toolkit's own input: what is shown, and what keys do."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from jupyter_ai.terminal.client import ChatClient
from jupyter_ai.terminal.rendering import PROMPT, console_for
from jupyter_ai.terminal.screen import Screen
from jupyter_ai.testing import HANG, FakeModel

CTRL_C, CTRL_D, ALT_ENTER, ENTER, UP, TAB = "\x03", "\x04", "\x1b\r", "\r", "\x1b[A", "\t"

Until = Callable[[Callable[[], Any]], Awaitable[None]]


class Session:
    """A person at a screen."""

    def __init__(self, client: ChatClient, keys: PipeInput, until: Until, pause: Any) -> None:
        self.client = client
        self._keys = keys
        self._until = until
        self._file = io.StringIO()
        console = console_for(Console(file=self._file, width=60, height=30, force_terminal=True))
        self.screen = Screen(client, console, pause=pause)
        self.task = asyncio.create_task(self.screen.run())

    def press(self, keys: str) -> None:
        self._keys.send_text(keys)

    @property
    def printed(self) -> str:
        """What stays on the screen."""
        return plain(self._file.getvalue())

    @property
    def above(self) -> str:
        """What is shown above the prompt for now."""
        return plain(self.screen._above.value)

    async def sees(self, text: str) -> None:
        await self._until(lambda: text in self.printed or self.task.done())
        assert text in self.printed

    async def sees_above(self, text: str) -> None:
        await self._until(lambda: text in self.above or self.task.done())
        assert text in self.above

    async def leaves(self) -> None:
        async with asyncio.timeout(10):
            await self.task


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.fixture
def at_screen(until: Until, pause: Any) -> Any:
    """Opens a screen on a link."""

    @asynccontextmanager
    async def open_screen(link: Any) -> AsyncIterator[Session]:
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            async with ChatClient(link, pause=pause) as client:
                session = Session(client, keys, until, pause)
                yield session
                session.task.cancel()
                await asyncio.gather(session.task, return_exceptions=True)

    return open_screen


async def test_an_answer_streams_and_is_printed_once(link: Any, at_screen: Any) -> None:
    more = asyncio.Event()
    model = FakeModel(["# Title\n\nSome **bo", more.wait, "ld** words\n\n- an item"])
    async with at_screen(await link(model=model)) as session:
        session.press(f"hi{ENTER}")
        await session.sees_above("Some **bo")
        more.set()
        await session.sees("an item")
        session.press(CTRL_D)
        await session.leaves()

        assert [session.printed.count(text) for text in ("Title", "Some bold words", "• an item")] == [
            1,
            1,
            1,
        ]
        assert f"{PROMPT}hi\n\nJupyternaut\n\nTitle\n\nSome bold words\n\n • an item\n" in session.printed


async def test_the_past_is_shown_first(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any
) -> None:
    past = [frames.agent(f"a{n}", f"message {n}") for n in range(50)]
    past.append(frames.human("h", "What was it?", client="you"))
    async with at_screen(scripted_link(scripted([frames.connection(*past)]))) as session:
        await session.sees(f"Ada {PROMPT}What was it?")

        assert "… 11 earlier messages" in session.printed
        assert "message 10\n" not in session.printed
        assert "message 11\n" in session.printed


async def test_what_comes_with_the_past_is_shown_once(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any
) -> None:
    past = frames.stream("s", body="Hel")
    news = frames.chunk("s", 3, "lo", last=True), frames.agent("a", "More")
    async with at_screen(scripted_link(scripted([frames.connection(past), *news]))) as session:
        await session.sees("More")
        session.press(CTRL_D)
        await session.leaves()

        assert [session.printed.count(text) for text in ("Hello", "More")] == [1, 1]


async def test_up_brings_earlier_prompts_back(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any, until: Until
) -> None:
    connection = scripted([frames.connection(frames.human("h", "from before", client="you"))])
    async with at_screen(scripted_link(connection)) as session:
        await session.sees("from before")
        session.press(f"{UP}{ENTER}")
        await until(lambda: connection.sent)

        assert connection.sent == [{"prompt": "from before"}]


async def test_alt_enter_begins_a_new_line(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any, until: Until
) -> None:
    connection = scripted([frames.connection()])
    async with at_screen(scripted_link(connection)) as session:
        session.press(f"  {ENTER}one{ALT_ENTER}two{ENTER}")
        await until(lambda: connection.sent)

        assert connection.sent == [{"prompt": "one\ntwo"}]
        await session.sees_above(f"{PROMPT}one …")


async def test_a_prompt_is_shown_at_once_however_late_the_other_side_is(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any, until: Until
) -> None:
    async with at_screen(scripted_link(scripted([frames.connection()]))) as session:
        await until(lambda: session.screen._news._waiters)  # all is painted
        session.press(f"one{ENTER}")

        await session.sees_above(f"{PROMPT}one")
        await session.sees_above("Waiting…")


async def test_ctrl_c_is_stop_and_the_second_one_leaves(link: Any, at_screen: Any) -> None:
    model = FakeModel(["So", HANG])
    async with at_screen(await link(model=model)) as session:
        session.press(f"hi{ENTER}")
        await session.sees_above("So")
        session.press(CTRL_C)
        await session.sees("(AI response stopped by user)")
        assert model.closed == 1
        await session.sees_above("Ctrl-C again leaves.")
        session.press(CTRL_C)
        await session.leaves()


async def test_a_prompt_between_makes_ctrl_c_stop_again(link: Any, at_screen: Any, until: Until) -> None:
    model = FakeModel(["So", HANG])
    async with at_screen(await link(model=model)) as session:
        for n in (1, 2):
            session.press(f"hi{ENTER}")
            await until(model.hanging.is_set)
            session.press(CTRL_C)
            await until(lambda n=n: model.closed == n)  # type: ignore[misc]

        assert not session.task.done()


async def test_ctrl_c_at_an_idle_prompt_clears_the_line_and_then_leaves(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any
) -> None:
    connection = scripted([frames.connection()])
    async with at_screen(scripted_link(connection)) as session:
        session.press(f"typed{CTRL_C}")
        await session.sees_above("Ctrl-C again leaves.")
        session.press(f"{ENTER}{CTRL_C}")
        await session.leaves()

        assert connection.sent == []


async def test_a_stop_before_anything_was_said_is_sent(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any, until: Until
) -> None:
    connection = scripted([frames.connection()])
    async with at_screen(scripted_link(connection)) as session:
        session.press(f"hi{ENTER}{CTRL_C}")
        await until(lambda: len(connection.sent) == 2)

        assert connection.sent == [{"prompt": "hi"}, {"type": "stop"}]


async def test_leaving_in_the_middle_prints_what_was_said(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any
) -> None:
    said = frames.human("h", "hi", client="you"), frames.stream("s", "h"), frames.chunk("s", 0, "Half an ans")
    async with at_screen(scripted_link(scripted([frames.connection(), *said]))) as session:
        await session.sees_above("Half an ans")
        session.press(CTRL_D)
        await session.leaves()

        assert session.printed.endswith(
            "Half an ans\n(The answer goes on, and is there when you come back.)\n"
        )


async def test_pending_messages_are_shown_for_as_long_as_they_last(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any, until: Until
) -> None:
    connection = scripted([frames.connection(), frames.pending("p", body="Generating response")])
    async with at_screen(scripted_link(connection)) as session:
        await session.sees_above("Generating response…")
        connection.give(frames.close_pending("p"))
        await until(lambda: "Generating" not in session.above)

        assert "Generating" not in session.printed


async def test_a_drop_is_shown_until_the_connection_is_back(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any, until: Until
) -> None:
    first, second = scripted([frames.connection()]), scripted()
    async with at_screen(scripted_link(first, second)) as session:
        first.drop()
        await session.sees_above("The connection was lost. Trying again…")
        second.give(frames.resumed())
        await until(lambda: "Trying again" not in session.above)


async def test_refusals_and_clearing_are_told(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any
) -> None:
    connection = scripted([frames.connection(), frames.agent("a", "x"), frames.clear()])
    connection.give({"type": "error", "reason": "The frame is too large.", "code": "invalid-frame"})
    async with at_screen(scripted_link(connection)) as session:
        await session.sees("The chat was cleared.")
        await session.sees("Refused: The frame is too large.")


async def test_no_way_back_ends_it(frames: Any, scripted: Any, scripted_link: Any, at_screen: Any) -> None:
    from jupyter_ai.errors import ChatUnreachable

    first = scripted([frames.connection()])
    async with at_screen(scripted_link(first, ChatUnreachable("This chat was deleted."))) as session:
        first.drop()

        with pytest.raises(ChatUnreachable, match="deleted"):
            await session.leaves()


async def test_tab_completes_a_command(
    frames: Any, scripted: Any, scripted_link: Any, at_screen: Any, until: Until
) -> None:
    connection = scripted([frames.connection()])
    async with at_screen(scripted_link(connection)) as session:
        await until(lambda: session.screen.session is not None)
        buffer = session.screen.session.default_buffer
        session.press("/h")
        await until(lambda: buffer.complete_state is not None)
        session.press(TAB)
        await until(lambda: buffer.text == "/help ")
        session.press(ENTER)  # picks it
        session.press(ENTER)
        await until(lambda: connection.sent)

        assert connection.sent == [{"prompt": "/help"}]
