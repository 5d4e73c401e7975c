"""Commands are completed where they may stand."""

from __future__ import annotations

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from jupyter_ai.errors import ChatUnreachable
from jupyter_ai.terminal.client import Option
from jupyter_ai.terminal.completion import ChatCompleter, may_complete

OPTIONS = [
    Option("/help", "Shows the commands", True),
    Option("/learn", "Reads files", True),
    Option("@file:", "The text of a file", False),
]


async def fetch(partial: str) -> list[Option]:
    return [Option(f"{partial}th/", "", False)] if partial else OPTIONS


async def completions(text: str, completer: ChatCompleter | None = None) -> list[tuple[str, str, int]]:
    found = (completer or ChatCompleter(fetch)).get_completions_async(Document(text), CompleteEvent())
    return [(c.text, c.display_meta_text, c.start_position) async for c in found]


@pytest.mark.parametrize(
    ("text", "may"),
    [("", False), ("/", True), ("  /he", True), ("/help ", False), ("a /b", False), ("see @fi", True)],
)
def test_where_a_command_may_stand(text: str, may: bool) -> None:
    assert may_complete(text) is may


async def test_slash_commands_come_with_their_help() -> None:
    assert await completions("/l") == [("/learn ", "Reads files", -2)]


async def test_context_commands_stand_anywhere_and_wait_for_their_argument() -> None:
    assert await completions("look at @f") == [("@file:", "The text of a file", -2)]
    assert await completions("look at /l") == []


async def test_arguments_are_asked_for() -> None:
    assert await completions("look at @file:pa") == [("@file:path/", "", -8)]


async def test_everything_is_offered_for_nothing() -> None:
    assert [text for text, *_ in await completions("")] == ["/help ", "/learn ", "@file:"]


async def test_without_an_answer_nothing_is_offered() -> None:
    async def fail(partial: str) -> list[Option]:
        raise ChatUnreachable("no answer")

    assert await completions("/h", ChatCompleter(fail)) == []
