"""Somebody who talks in a chat, as a random number generator has it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Protocol

__all__ = ["Talk", "talk"]

_MOST = 4  # messages that wait for an answer
_ASKED = ("recite", "recite", "recite", "/count", "/pair", "/whole", "/late")
_ADDRESSED = ("@Jupyternaut recite", "@Jupyternaut recite", "@Ada @Bob recite", "@Ada @Bob recite")


class Talk(Protocol):
    """What a person can do in a chat."""

    async def ask(self, prompt: str) -> None: ...

    async def stop(self) -> None: ...

    async def clear(self, target: str | None) -> None: ...

    def asked(self) -> list[str]:
        """The ids of the human messages that can be seen."""

    def waiting(self) -> int:
        """How many of them wait for an answer."""


async def talk(chat: Talk, random: Random, *, personas: bool = False) -> None:
    """Ask, and now and then stop or clear, for ever. With `personas`, everybody who answers is addressed."""
    asked = (*_ASKED[3:], *_ADDRESSED) if personas else _ASKED
    while True:
        action = random.choices((partial(_ask, asked=asked), _stop, _clear), (12, 2, 1))[0]
        await action(chat, random)
        await asyncio.sleep(random.choice((0, 0.005, 0.03)))
        while chat.waiting() > _MOST:  # noqa: ASYNC110 - people look up now and then
            await asyncio.sleep(0.01)


async def _ask(chat: Talk, random: Random, asked: Sequence[str]) -> None:
    await chat.ask(_prompt(random, asked))


async def _stop(chat: Talk, random: Random) -> None:
    await asyncio.sleep(random.random() / 20)
    await chat.stop()


async def _clear(chat: Talk, random: Random) -> None:
    asked = chat.asked()
    if asked:
        await chat.clear(None if random.random() < 0.1 else random.choice(asked))


def _prompt(random: Random, asked: Sequence[str]) -> str:
    command = random.choice(asked)
    if command == "/whole":
        return f"/whole {random.randint(1, 5)} {random.choice((0, 2, 20))}"
    if random.random() < 0.02:
        return f"{command} {random.choice((1500, 60000))} 0"
    count, delay = random.choice(((5, 0), (40, 1), (20, 3), (30, 10), (100, 10)))
    return f"{command} {random.randint(1, count)} {delay}"
