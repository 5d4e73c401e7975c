"""What the context commands of one message add, how much room there is for it, and what is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Self

from pydantic import BaseModel

from jupyter_ai.engine.frame import encodable
from jupyter_ai.memory_budget import estimate_tokens, model_window

__all__ = [
    "ContextText",
    "Inclusion",
    "Inclusions",
    "begin_inclusions",
    "context_room",
    "current_inclusions",
    "fair_shares",
    "take_report",
]

_MOST = 50_000  # tokens, however large the window: what is added is paid for with every message
_ANSWER = 4_096  # tokens that are kept for the answer
_MOST_IMAGES = 8
_BYTES = 3  # per token, as `estimate_tokens` counts
_NO_ROOM = "there is no room for it"


class Inclusion(BaseModel):
    """What one command added of one thing; a row of `metadata["context"]["included"]` of a reply."""

    command: str
    """As it was typed, `@file:*.py`; "attachment" of what is attached."""

    name: str
    """What it is, `a.py`."""

    kind: str = "text"
    """For people: text, notebook, document, image, listing, selection, error, chat, page."""

    characters: int = 0
    """What was added."""

    tokens: int = 0
    """About how many that makes."""

    left_out: int = 0
    """Characters that were not added."""

    reason: str | None = None
    """Why something was left out."""


class ContextText(str):
    """What context commands add to what a model reads; a str, with the images that go with it.

    `images` are content parts of LangChain's messages. The prompts of our providers pass them on.
    """

    images: tuple[dict[str, Any], ...]

    def __new__(cls, text: str, images: Sequence[dict[str, Any]] = ()) -> Self:
        new = super().__new__(cls, text)
        new.images = tuple(images)
        return new


class Inclusions:
    """Collects what the context commands of one message add, within a room that they share.

    `room` tells how many tokens that is; it is asked when the first text comes. `model` is the LangChain
    model that reads it, if it is not that of the default handler.
    """

    def __init__(self, room: Callable[[], int] | None = None, model: Any = None) -> None:
        self.model = model
        self.items: list[Inclusion] = []
        self.images: list[dict[str, Any]] = []
        self.told = False  # a reply has told of it
        self._ask = room or (lambda: context_room(None, ""))
        self._room: int | None = None  # tokens, before anything was included
        self._used = 0

    @property
    def room(self) -> int:
        """Tokens for which there is room still."""
        if self._room is None:
            self._room = self._ask()
        return max(0, self._room - self._used)

    def include(self, command: str, name: str, text: str, kind: str = "text", most: int | None = None) -> str:
        """`text` as far as there is room (for `most` tokens), with a word for the model where it was cut."""
        text = encodable(text)  # a notebook may hold half of a pair, and names of files need not be UTF-8
        shown = _cut(text, self.room if most is None else min(self.room, most))
        left_out = len(text) - len(shown)
        tokens = estimate_tokens(shown)
        self._used += tokens
        self.items.append(
            Inclusion(
                command=command,
                name=encodable(name),
                kind=kind,
                characters=len(shown),
                tokens=tokens,
                left_out=left_out,
                reason=_NO_ROOM if left_out else None,
            )
        )
        return f"{shown}\n(left out for lack of room: {left_out:,} more characters)" if left_out else shown

    def note(self, command: str, name: str, text: str, kind: str) -> None:
        """Tell of what the message holds already; it takes no room."""
        self.items.append(
            Inclusion(
                command=command,
                name=name,
                kind=kind,
                characters=len(text),
                tokens=estimate_tokens(text),
            )
        )

    def include_image(self, command: str, name: str, part: dict[str, Any], tokens: int) -> str:
        """Add an image, a content part that a model reads as `tokens`; what the text says of it."""
        if len(self.images) == _MOST_IMAGES:
            return self.leave_out(command, name, f"a message takes {_MOST_IMAGES} images", "image")
        if tokens > self.room:
            return self.leave_out(command, name, _NO_ROOM, "image")
        self._used += tokens
        self.images.append(part)
        self.items.append(Inclusion(command=command, name=name, kind="image", tokens=tokens))
        return f"(The image `{name}` comes with this message.)"

    def leave_out(self, command: str, name: str, reason: str = _NO_ROOM, kind: str = "text") -> str:
        """Note that nothing of `name` is added; what the text says instead."""
        told = encodable(reason).replace("`", "")  # it is shown as it is, and not as Markdown
        self.items.append(Inclusion(command=command, name=encodable(name), kind=kind, reason=told))
        return f"(left out: {name}: {reason})"

    def report(self) -> dict[str, Any]:
        """What is shown to people, as JSON; empty if nothing was asked for. Sizes are in tokens."""
        if not self.items:
            return {}
        included = [item.model_dump() for item in self.items]
        return {"context": {"included": included, "tokens": self._used, "room": self._room or 0}}


def context_room(model: Any, prompt: str) -> int:
    """How many tokens context commands may add to a prompt for a LangChain model, None if it is unknown.

    Half of its window less room for the answer: the other half is for what it remembers. 50,000 at most.
    """
    window = model_window(model)
    half = (window - min(_ANSWER, window // 4)) // 2
    return max(0, min(_MOST, half - estimate_tokens(prompt)))


def fair_shares(needs: Sequence[int], room: int) -> list[int]:
    """How much of `room` each gets: what it needs, or where that is too much, as much as other large ones."""
    shares, left = list(needs), room
    for given, index in enumerate(sorted(range(len(needs)), key=needs.__getitem__)):
        shares[index] = min(needs[index], left // (len(needs) - given))
        left -= shares[index]
    return shares


_current: ContextVar[Inclusions | None] = ContextVar("jupyter_ai_inclusions", default=None)


def begin_inclusions(room: Callable[[], int] | None = None, model: Any = None) -> Inclusions:
    """Those of a message that the calling task begins to gather; any before are forgotten."""
    inclusions = Inclusions(room, model)
    _current.set(inclusions)
    return inclusions


def current_inclusions(room: Callable[[], int] | None = None, model: Any = None) -> Inclusions:
    """Those that the calling task gathers; begun now, as `begin_inclusions` does, if there are none."""
    return _current.get() or begin_inclusions(room, model)


def take_report() -> dict[str, Any]:
    """What was gathered for the answer that the calling task makes, once: its first reply tells it."""
    inclusions = _current.get()
    if inclusions is None or inclusions.told:
        return {}
    inclusions.told = True
    return inclusions.report()


def _cut(text: str, tokens: int) -> str:
    if estimate_tokens(text) <= tokens:
        return text
    return text.encode(errors="surrogatepass")[: tokens * _BYTES].decode(errors="ignore")
