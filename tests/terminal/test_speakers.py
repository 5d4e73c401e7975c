"""Who is named in an answer on the command line."""

from __future__ import annotations

import io

import pytest

from jupyter_ai.terminal.printers import PlainPrinter
from jupyter_ai.terminal.speakers import Speakers
from jupyter_ai.terminal.state import Message, Said


def reply(author: str) -> Message:
    return Message("a", "agent", author)


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("hi", [False, False, True, True]),
        ("@Ada hi", [False, False, True, True]),
        ("@Ada look at @file:a.py, `@Bob` or a@Bob.org", [False, False, True, True]),
        ('@Ada @"Bob B" hi', [True, False, True, True]),
    ],
)
def test_who_speaks_is_named_where_several_do(prompt: str, named: list[bool]) -> None:
    speakers = Speakers(prompt)

    assert [speakers.must_name(reply(author)) for author in ("Ada", "Ada", "Bob", "Ada")] == named


def test_names_are_written_above_what_they_say() -> None:
    out = io.StringIO()
    printer = PlainPrinter(out, prompt="@Ada @Bob both")
    for number, (author, text) in enumerate((("Ada", "one"), ("Bob", "two"))):
        printer.take(Said(Message(str(number), "agent", author, [text], 3)))

    assert out.getvalue() == "Ada:\none\n\nBob:\ntwo\n"
