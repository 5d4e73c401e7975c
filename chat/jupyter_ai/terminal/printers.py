"""How an answer is printed: as plain text into a pipe, or as Markdown that streams on a terminal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TextIO

from jupyter_ai.terminal.order import InOrder
from jupyter_ai.terminal.speakers import Speakers
from jupyter_ai.terminal.state import ChatState, Event, Message

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["MarkdownPrinter", "Pace", "PlainPrinter", "Printer"]

_LEAST = 0.06  # seconds between two paintings
_SHARE = 4  # painting takes at most one part in this many of the time


class Printer(Protocol):
    """Shows an answer."""

    def take(self, event: Event) -> None:
        """Show what became of the answer."""
        ...

    def close(self) -> None:
        """Nothing more comes."""
        ...


class Pace:
    """How long to wait after a painting: the longer it took, the longer."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._began = 0.0

    def begin(self) -> None:
        """A painting begins."""
        self._began = self._clock()

    def rest(self) -> float:
        """It has ended; the seconds until the next one."""
        return max(_LEAST, (_SHARE - 1) * (self._clock() - self._began))


class PlainPrinter:
    """Writes the text as it comes, with names where several answer `prompt`.

    `guard` takes out what a terminal must not get.
    """

    def __init__(
        self, out: TextIO, guard: Callable[[str], str] = lambda text: text, *, prompt: str = ""
    ) -> None:
        self._out = out
        self._guard = guard
        self._order = InOrder()
        self._speakers = Speakers(prompt)
        self._empty = True
        self._at_line_start = True

    def take(self, event: Event) -> None:
        """Write what is new; an empty line between two messages."""
        parts = self._order.take(event)
        for part in parts:
            if part.first:
                self._begin(part.message)
            self._write(self._guard(part.text))
            if part.last:
                self._end_line()
        if parts:
            self._out.flush()

    def close(self) -> None:
        """End the line."""
        self._end_line()
        self._out.flush()

    def _begin(self, message: Message) -> None:
        if not self._empty:
            self._write("\n")
        if self._speakers.must_name(message):
            self._write(f"{self._guard(message.author)}:\n")

    def _end_line(self) -> None:
        if not self._at_line_start:
            self._write("\n")

    def _write(self, text: str) -> None:
        if text:
            self._out.write(text)
            self._empty, self._at_line_start = False, text.endswith("\n")


class MarkdownPrinter:
    """Prints blocks as they are finished, and below them, painted again and again, the rest.

    Names who speaks where several answer `prompt`.
    """

    def __init__(self, console: Console, state: ChatState, *, prompt: str = "") -> None:
        from rich.console import Console
        from rich.live import Live

        from jupyter_ai.terminal.transcript import Transcript

        self._paper = console  # turns Markdown into lines; the one that has a live tail cannot do that
        self._console = Console(file=console.file, force_terminal=console.is_terminal, highlight=False)
        self._state = state
        self._transcript = Transcript(console, must_name=Speakers(prompt).must_name)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._pace = Pace()
        self._timer: asyncio.TimerHandle | None = None
        self._frame = 0  # of the spinner

    def take(self, event: Event) -> None:
        """Show it soon."""
        self._transcript.take(event)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LEAST, self._paint)

    def close(self) -> None:
        """Print all that is left."""
        if self._timer is not None:
            self._timer.cancel()
        self._live.stop()
        self._print(self._transcript.end())

    def _paint(self) -> None:
        from rich.text import Text

        from jupyter_ai.terminal.rendering import pending_lines

        self._pace.begin()
        self._live.start()
        self._print(self._transcript.pull())
        self._frame += 1
        lines = [
            *self._transcript.tail(max(1, self._console.height - 4)),
            *pending_lines(self._paper, self._state.under_way(), self._frame),
        ]
        self._live.update(Text.from_ansi("\n".join(lines)), refresh=True)
        again = bool(lines) or self._transcript.behind
        delay = self._pace.rest()
        self._timer = asyncio.get_running_loop().call_later(delay, self._paint) if again else None

    def _print(self, lines: list[str]) -> None:
        from rich.text import Text

        if lines:
            self._console.print(Text.from_ansi("\n".join(lines)), soft_wrap=True)
