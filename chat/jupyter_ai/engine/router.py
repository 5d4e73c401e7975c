"""Who answers a prompt: a slash command's handler, the default handler, or "did you mean"."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass

__all__ = ["DEFAULT", "DidYouMean", "Handled", "arguments", "distance", "route"]

DEFAULT = "default"
"""The routing key of the handler that answers what is no command."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]+)(?:\s|$)")
_MAX_DISTANCE = 2


@dataclass(frozen=True, slots=True)
class Handled:
    """The handler with routing key `key` ("default" or "/name") answers."""

    key: str


@dataclass(frozen=True, slots=True)
class DidYouMean:
    """`command` is not known; `suggestions` are near, the nearest first."""

    command: str
    suggestions: tuple[str, ...]

    def text(self) -> str:
        """What to tell the person."""
        if not self.suggestions:
            return f"There is no command `{self.command}`. `/help` lists the commands."
        names = " or ".join(f"`{name}`" for name in self.suggestions)
        return f"There is no command `{self.command}`. Did you mean {names}?"


def route(prompt: str, keys: Collection[str]) -> Handled | DidYouMean:
    """Decide who answers `prompt`, given the routing keys of all handlers.

    A known command goes to its handler. An unknown one is questioned if it stands alone or is within edit
    distance 2 of a command; anything else is text for the default handler (`/s, I was joking`).
    """
    prompt = prompt.strip()
    match = _COMMAND.match(prompt)
    if match is None:
        return Handled(DEFAULT)
    command = f"/{match[1]}"
    if command in keys:
        return Handled(command)
    near = _near(command, (key for key in keys if key != DEFAULT))
    if near or prompt == command:
        return DidYouMean(command, near)
    return Handled(DEFAULT)


def arguments(prompt: str) -> list[str]:
    """The words after the command, quotes respected; split at white space where quotes do not pair up."""
    try:
        words = shlex.split(prompt)
    except ValueError:
        words = prompt.split()
    return words[1:]


def distance(a: str, b: str, limit: int = _MAX_DISTANCE) -> int:
    """The number of single-character edits between two words, or `limit` + 1 if it is more."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return min(row[-1], limit + 1)


def _near(command: str, keys: Iterable[str]) -> tuple[str, ...]:
    ranked = sorted((distance(command.lower(), key.lower()), key) for key in keys)
    if not ranked or ranked[0][0] > _MAX_DISTANCE:
        return ()
    return tuple(key for edits, key in ranked if edits == ranked[0][0])[:3]
