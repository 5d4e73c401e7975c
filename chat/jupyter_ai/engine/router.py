"""Who answers a prompt: a slash command's handler, personas, the default handler, or "did you mean".

1. A slash command goes to its handler, whoever is addressed before it.
2. Else who is addressed answers: one persona or several, at the beginning of the prompt or within it. An
   unknown name at the beginning is questioned. What begins with names of people alone is not answered, and
   no command; where nobody else is there, one's own name is text.
3. Else the persona that was addressed last in this chat.
4. Else the default handler, or where there is none the only persona.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from jupyter_ai.code_spans import code_span
from jupyter_ai.engine.addresses import address_of, find_addresses

__all__ = [
    "DEFAULT",
    "Addressed",
    "Choice",
    "DidYouMean",
    "ForPeople",
    "Handled",
    "Voices",
    "arguments",
    "distance",
    "route",
]

DEFAULT = "default"
"""The routing key of the handler that answers what is no command."""

_COMMAND = re.compile(r"/([A-Za-z0-9_-]+)(?:\s|$)")
_MAX_DISTANCE = 2


@dataclass(frozen=True, slots=True)
class Voices:
    """Whom a prompt could address: `personas` and `people` by name; `sticky` was addressed last."""

    personas: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    """Context commands, such as `@cell`: no addresses."""

    sticky: str | None = None
    alone: bool = False
    """Whether `people` are the names of who asks, and of nobody else."""


@dataclass(frozen=True, slots=True)
class Handled:
    """The handler with routing key `key` ("default" or "/name") answers, for the personas addressed."""

    key: str
    addressed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Addressed:
    """These personas answer `text`, the prompt without the addresses at its beginning."""

    names: tuple[str, ...]
    text: str
    explicit: bool = True  # they were named


@dataclass(frozen=True, slots=True)
class ForPeople:
    """The prompt is for a person: nobody answers."""


@dataclass(frozen=True, slots=True)
class DidYouMean:
    """`command` (or `@name`) is not known; `suggestions` are near, the nearest first."""

    command: str
    suggestions: tuple[str, ...]

    def text(self) -> str:
        """What to tell the person."""
        is_name = self.command.startswith("@")
        what = "nobody called" if is_name else "no command"
        if not self.suggestions:
            return f"There is {what} {code_span(self.command)}. {_NO_NAME if is_name else _LISTED}"
        names = " or ".join(code_span(name) for name in self.suggestions)
        return f"There is {what} {code_span(self.command)}. Did you mean {names}?"


_LISTED = "`/help` lists the commands."
_NO_NAME = "`/personas` lists who is there; write it in backticks if it is no name."

Choice = Handled | Addressed | ForPeople | DidYouMean

_NOBODY = Voices()


def route(prompt: str, keys: Collection[str], voices: Voices = _NOBODY) -> Choice:
    """Decide who answers `prompt`, given the routing keys of all handlers and who could be addressed."""
    contexts = {name.casefold() for name in voices.contexts}
    people = (name for name in voices.people if name.casefold() not in contexts)
    found = find_addresses(prompt, (*people, *voices.personas))  # of one name, the persona
    leading = _personas(found.leading, voices)
    if found.leading and not leading:
        if not voices.alone:
            return ForPeople()
        found = replace(found, leading=(), text=prompt.strip())
    command = _command(found.text, keys)
    if isinstance(command, DidYouMean):
        return command
    if command is not None:
        return Handled(command, (*leading, *_personas(found.mentioned, voices)))
    if found.unknown is not None and found.unknown.casefold() not in contexts:
        return _unknown(found.unknown, voices)
    return _by_voice((*leading, *_personas(found.mentioned, voices)), found.text, keys, voices)


def _by_voice(names: tuple[str, ...], text: str, keys: Collection[str], voices: Voices) -> Choice:
    if names:
        return Addressed(names, text)
    if voices.sticky is not None:
        return Addressed((voices.sticky,), text, explicit=False)
    if DEFAULT not in keys and len(voices.personas) == 1:
        return Addressed(voices.personas, text, explicit=False)
    return Handled(DEFAULT)


def _personas(names: Iterable[str], voices: Voices) -> tuple[str, ...]:
    return tuple(name for name in names if name in voices.personas)


def _command(text: str, keys: Collection[str]) -> str | DidYouMean | None:
    """The command that `text` begins with, if it is a known one.

    An unknown one is questioned if it stands alone or is within edit distance 2 of a command; anything else
    is text (`/s, I was joking`). No slash id has a `-`: `/my-command` is `/my_command`, if there is one.
    """
    match = _COMMAND.match(text)
    if match is None:
        return None
    command = f"/{match[1].replace('-', '_')}"
    if command in keys:
        return command
    if "-" in match[1]:
        return None
    near = _near(command, (key for key in keys if key != DEFAULT))
    return DidYouMean(command, near) if near or text == command else None


def _unknown(name: str, voices: Voices) -> DidYouMean:
    near = _near(f"@{name}", (f"@{persona}" for persona in voices.personas))
    return DidYouMean(address_of(name), tuple(address_of(each.removeprefix("@")) for each in near))


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
    ranked = sorted((distance(command.casefold(), key.casefold()), key) for key in keys)
    if not ranked or ranked[0][0] > _MAX_DISTANCE:
        return ()
    return tuple(key for edits, key in ranked if edits == ranked[0][0])[:3]
