"""A chat as it is shown: what is finished, to be printed once, and the tail that still changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain

from rich.console import Console, RenderableType

from jupyter_ai.terminal import rendering
from jupyter_ai.terminal.markdown import MarkdownTail, clean
from jupyter_ai.terminal.order import InOrder, Part
from jupyter_ai.terminal.state import Event, Message

__all__ = ["Transcript"]


class Transcript:
    """Takes events; `pull` gives what is finished and `tail` the rest, at a cost that does not grow."""

    def __init__(
        self, console: Console, is_mine: Callable[[Message], bool] = lambda _: True, *, headers: bool = True
    ) -> None:
        self._console = console
        self._is_mine = is_mine
        self._headers = headers  # name those who speak
        self._order = InOrder()
        self._markdown = MarkdownTail()
        self._finished: list[RenderableType] = []

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

    def pull(self) -> list[str]:
        """The lines that were finished since the last call."""
        self._print_pieces(settle=True)
        finished, self._finished = self._finished, []
        return rendering.to_lines(self._console, finished)

    @property
    def active(self) -> bool:
        """Whether there is a tail that may change."""
        return self._order.current is not None

    def end(self) -> list[str]:
        """The lines of everything that is left."""
        self._print_pieces(settle=False)
        return self.pull()

    def tail(self, height: int) -> list[str]:
        """The last lines of what is not finished, at most `height`."""
        rest = list(chain.from_iterable(map(rendering.piece, self._markdown.rest())))
        return rendering.to_lines(self._console, rest)[-height:] if rest else []

    def _add(self, part: Part) -> None:
        message = part.message
        if message.kind == "human":
            self._finished += rendering.prompt_line(message, mine=self._is_mine(message))
            return
        if part.first and self._headers:
            self._finished += rendering.header(message)
        self._markdown.feed(clean(part.text))
        if part.last:
            self._print_pieces(settle=False)
            if message.metadata.get("interrupted"):
                self.note("(cut off)")

    def _print_pieces(self, *, settle: bool) -> None:
        pieces = self._markdown.settle() if settle else self._markdown.finish()
        self._finished += chain.from_iterable(map(rendering.piece, pieces))
