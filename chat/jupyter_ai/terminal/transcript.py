"""A chat as it is shown: what is finished, to be printed once, and the tail that still changes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain

from rich.console import Console, RenderableType

from jupyter_ai.terminal import rendering
from jupyter_ai.terminal.markdown import MarkdownTail, Piece, clean
from jupyter_ai.terminal.order import InOrder, Part
from jupyter_ai.terminal.state import Event, Message

__all__ = ["Transcript"]

_TURN = 0.05  # seconds of rendering until keys and frames have their turn


class Transcript:
    """Takes events; `pull` gives what is finished and `tail` the rest, at a cost that does not grow."""

    def __init__(
        self,
        console: Console,
        is_mine: Callable[[Message], bool] = lambda _: True,
        *,
        must_name: Callable[[Message], bool] = lambda _: True,
    ) -> None:
        self._console = console
        self._is_mine = is_mine
        self._must_name = must_name  # asked once for each reply, as it begins
        self._order = InOrder()
        self._markdown = MarkdownTail()
        self._finished: deque[RenderableType] = deque()  # not yet rendered

    @property
    def waiting(self) -> list[Message]:
        """Messages that are shown when the present one has ended."""
        return self._order.waiting

    def take(self, event: Event) -> None:
        """Show what happened."""
        for part in self._order.take(event):
            self._add(part)

    def extend(self, messages: Iterable[Message]) -> None:
        """Show messages that were there before."""
        for part in self._order.extend(messages):
            self._add(part)

    def note(self, text: str) -> None:
        """Show a line of the client's own."""
        self._finished.append(rendering.note(text))

    def pull(self, seconds: float = _TURN) -> list[str]:
        """The lines that were finished since the last call, or as many as can be rendered in `seconds`."""
        self._add_pieces(self._markdown.settle())
        lines: list[str] = []
        end = time.perf_counter() + seconds
        while self._finished:
            lines += rendering.to_lines(self._console, [self._finished.popleft()])
            if time.perf_counter() > end:
                break
        return lines

    @property
    def behind(self) -> bool:
        """Whether there is more to pull."""
        return bool(self._finished)

    def end(self) -> list[str]:
        """The lines of everything that is left."""
        self._add_pieces(self._markdown.finish())
        return self.pull(float("inf"))

    def tail(self, height: int) -> list[str]:
        """The last lines of what is not finished, at most `height`."""
        if self._finished:
            return []
        rest = list(chain.from_iterable(map(rendering.piece, self._markdown.rest())))
        return rendering.to_lines(self._console, rest)[-height:] if rest else []

    def _add(self, part: Part) -> None:
        message = part.message
        if message.kind == "human":
            self._finished += rendering.prompt_line(message, mine=self._is_mine(message))
            return
        if part.first and self._must_name(message):
            self._finished += rendering.header(message)
        self._markdown.feed(clean(part.text))
        if part.last:
            self._add_pieces(self._markdown.finish())
            if message.metadata.get("interrupted"):
                self.note("(cut off)")

    def _add_pieces(self, pieces: Iterable[Piece]) -> None:
        self._finished += chain.from_iterable(map(rendering.piece, pieces))
