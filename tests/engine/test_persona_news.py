"""Readers who ask for it are told who answers what is addressed to nobody."""

from __future__ import annotations

import json
from typing import Any

from jupyter_ai.engine.subscriber import Subscriber
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas import BasePersona, PersonaDefaults


class Ada(BasePersona):
    @property
    def defaults(self) -> PersonaDefaults:
        return PersonaDefaults(name="Ada")

    async def process_message(self, message: HumanChatMessage) -> None:
        self.send_message("yes")


class Reader(Subscriber):
    """Keeps what it is sent: the names in `persona` frames, of others the type."""

    def __init__(self, *, personas: bool = True) -> None:
        self.seen: list[str] = []
        super().__init__("reader", self._take, lambda: None, personas=personas)

    async def _take(self, frame: bytes) -> None:
        told = json.loads(frame)
        self.seen.append(repr(told["name"]) if told["type"] == "persona" else told["type"])

    async def told(self) -> list[str]:
        await self.drain()
        return [each for each in self.seen if each.startswith("'")]


async def test_it_is_told_after_the_connection_and_when_it_changes(make_chat: Any) -> None:
    made = make_chat(personas=[Ada])
    chat, reader = await made.open(), Reader()

    chat.subscribe(reader)
    await made.send("@Ada hello")
    await made.send("again")
    await made.clear()
    names = await reader.told()

    assert names == ["''", "'Ada'", "''"]
    assert reader.seen[:2] == ["connection", "''"]


async def test_who_comes_later_is_told_what_holds_then(make_chat: Any) -> None:
    made = make_chat(personas=[Ada])
    await made.send("@Ada hello")
    chat, reader = await made.open(), Reader()

    chat.subscribe(reader, epoch=chat.outlet.epoch, since=chat.seq)

    assert await reader.told() == ["'Ada'"]


async def test_who_does_not_ask_is_not_told(make_chat: Any) -> None:
    made = make_chat(personas=[Ada])
    chat, reader = await made.open(), Reader(personas=False)

    chat.subscribe(reader)
    await made.send("@Ada hello")

    assert await reader.told() == []
    assert reader.seen


async def test_it_takes_no_number_of_the_frames_that_are_held(make_chat: Any) -> None:
    made = make_chat(personas=[Ada])
    chat, reader = await made.open(), Reader()
    chat.subscribe(reader)
    before = chat.seq

    chat.personas.sticky = "Ada"

    assert chat.seq == before
    assert await reader.told() == ["''", "'Ada'"]
