"""What is printed, and at what cost."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from jupyter_ai.terminal.printers import Pace
from jupyter_ai.terminal.rendering import PROMPT, console_for
from jupyter_ai.terminal.state import Grew, Message, Said
from jupyter_ai.terminal.transcript import Transcript

EVER = float("inf")


@pytest.fixture
def transcript() -> Transcript:
    console = Console(file=io.StringIO(), width=40, height=30, force_terminal=True, color_system=None)
    return Transcript(console_for(console), is_mine=lambda message: message.client_id == "me")


def agent(text: str, *, complete: bool = True) -> Message:
    return Message("a", "agent", "Robot", [text], len(text), complete)


def test_code_can_be_copied(transcript: Transcript) -> None:
    transcript.take(Said(agent("Look:\n\n```python\nif x:\n    y = '漢字'\n```\n")))

    assert transcript.pull(EVER) == ["", "Robot", "", "Look:", "", "if x:", "    y = '漢字'"]


def test_a_link_shows_where_it_leads(transcript: Transcript) -> None:
    transcript.take(Said(agent("[here](http://example.org)")))

    assert transcript.pull(EVER)[-1] == "here (http://example.org)"


def test_people_are_named_unless_it_is_you(transcript: Transcript) -> None:
    transcript.take(Said(Message("1", "human", "Ada", ["one\ntwo"], client_id="you")))
    transcript.take(Said(Message("2", "human", "Me", ["three"], client_id="me")))

    assert transcript.pull(EVER) == ["", f"Ada {PROMPT}one", "  two", "", f"{PROMPT}three"]


def test_no_one_moves_our_cursor(transcript: Transcript) -> None:
    transcript.take(Said(Message("1", "human", "A\x1b[2Jda", ["\x1b]0;t\x07"])))
    transcript.take(Said(agent("```\n\x1b[2J\n```")))

    assert "\x1b" not in "".join(transcript.pull(EVER))


def test_the_tail_is_what_is_not_yet_printed(transcript: Transcript) -> None:
    message = agent("One\n\ntwo\n", complete=False)
    transcript.take(Said(message))

    assert transcript.pull(EVER) == ["", "Robot", "", "One"]
    assert transcript.tail(10) == ["", "two"]
    message.append("\na\n\nb\n\nc\n")
    transcript.take(Grew(message))
    assert transcript.pull(EVER) == ["", "two", "", "a", "", "b"]
    assert transcript.tail(1) == ["c"]


def test_a_long_answer_is_rendered_in_turns(transcript: Transcript) -> None:
    transcript.take(Said(agent("\n\n".join(map(str, range(200))))))

    lines = transcript.pull(0)
    assert transcript.behind
    while transcript.behind:
        lines += transcript.pull(0)

    assert [line for line in lines if line][1:] == [str(n) for n in range(200)]


def test_painting_takes_a_quarter_of_the_time_at_most() -> None:
    now = 0.0
    pace = Pace(lambda: now)

    pace.begin()
    now = 2.0

    assert pace.rest() == 6.0
