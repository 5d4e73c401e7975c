"""How much a template may work on while it is filled in."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, KeysView, ValuesView
from typing import Any, TypeVar

from mockllm.rules.templates import TemplateError

__all__ = ["MAX_LENGTH", "MAX_STEPS", "MAX_WORK", "Work", "check_length", "joined"]

T = TypeVar("T")

MAX_LENGTH = 1_000_000
MAX_STEPS = 10_000
MAX_WORK = 10_000_000

_TEXTS = (str, bytes)
_LISTS = (list, tuple, ItemsView, KeysView, ValuesView)
_ITEM = 10  # characters that take as much time and room as an item of a list


class Work:
    """Counts the steps of loops and the characters worked on; raises `TemplateError` beyond the limits."""

    def __init__(self) -> None:
        self._steps = self._characters = 0

    def step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TemplateError(f"its loops take more than {MAX_STEPS} steps")

    def spend(self, characters: int) -> None:
        self._characters += characters
        if self._characters > MAX_WORK:
            raise TemplateError(f"it works on more than {MAX_WORK} characters")

    def count(self, value: T) -> T:
        """Spend what the value holds, and return it."""
        left: list[Any] = [value]
        self.spend(_ITEM)
        while left:
            each = left.pop()
            if isinstance(each, _TEXTS):
                self.spend(len(each))
            elif isinstance(each, int):
                self.spend(each.bit_length() // 3)
            elif isinstance(each, dict):
                left.append(each.items())
            elif isinstance(each, _LISTS):
                self.spend(_ITEM * len(each))
                left += each
        return value

    def count_product(self, left: Any, right: Any) -> None:
        """Spend what it takes to go over one value for each character of the other."""
        before = self._characters
        self.count(left)
        between = self._characters
        self.count(right)
        # Characters are compared much faster than they are copied.
        self.spend((between - before) * (self._characters - between) // 100)


def check_length(length: int) -> None:
    """Raise `TemplateError` for a text that would be too long."""
    if length > MAX_LENGTH:
        raise TemplateError(f"the text is longer than {MAX_LENGTH} characters")


def joined(pieces: Iterable[str]) -> str:
    """The text that pieces make; raises `TemplateError` as soon as it is too long."""
    parts, length = [], 0
    for piece in pieces:
        length += len(piece)
        check_length(length)
        parts.append(piece)
    return "".join(parts)
