"""One suggestion of a provider, whole or growing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_ai.completions.clean_text import CleanText
from jupyter_ai.completions.models import InlineCompletionItem
from jupyter_ai.completions.streams import Growth
from jupyter_ai.engine.frame import encodable

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_ai.completions.served import ServedProvider

__all__ = ["Suggestion"]

_LONGEST = 1 << 16
"""Code points of a suggestion that are taken."""


@dataclass(eq=False, slots=True)
class Suggestion:
    """What a provider suggests, and what the filters leave of it."""

    id: str
    served: ServedProvider
    item: InlineCompletionItem  # as the provider gave it at first
    place: int  # among the provider's own
    raw: str = ""
    text: str = ""
    done: bool = False
    whole: bool = False  # done by the provider's own word
    latency: float | None = None  # seconds until it had text
    _growth: Growth = field(default_factory=Growth)
    _clean: CleanText = field(default_factory=CleanText)

    def take(self, text: str, filtered: Callable[[str, bool], str], elapsed: float, *, done: bool) -> bool:
        """Take the whole text so far; whether there is anything new to be shown."""
        self.raw = self._clean.take(encodable(text[:_LONGEST]), last=done)
        before = self.text
        if self._growth.feed(self.raw, last=done):
            self.text = filtered(self.raw, not done) if self.raw else ""
        if self.latency is None and self.text:
            self.latency = elapsed
        self.done = self.whole = done
        return done or self.text != before

    def close(self, filtered: Callable[[str, bool], str], elapsed: float) -> None:
        """Nothing more comes, though its end was not told."""
        self.take(self.raw, filtered, elapsed, done=True)
        self.whole = False

    @property
    def full(self) -> str:
        """The text with what the filters cut off at its end: it may follow once the text is accepted."""
        return self.raw if self.raw.startswith(self.text) else self.text

    def shown(self, text: str, token: str | None = None, *, grows: bool = False) -> InlineCompletionItem:
        """As a client is told of it, with this part of its text; with a `token` if it is or was to grow."""
        return InlineCompletionItem(
            insertText=text,
            filterText=self.item.filterText,
            isIncomplete=None if token is None else grows,
            token=token,
            sortText=self.item.sortText,
            preselect=self.item.preselect,
            id=self.id,
            provider=self.served.id,
            model=self.item.model,
        )
