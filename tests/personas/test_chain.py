"""Personas that address personas."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_ai.testing import HANG, FakeModel


async def test_one_that_is_addressed_answers_in_the_same_exchange(make_chat: Any, persona: Any) -> None:
    ada = persona("Ada", lambda self, message: "@Bob what do you think?")
    bob = persona("Bob", lambda self, message: f"{message.sender.rpartition(':')[2]} asks: {message.body}")

    reply = await make_chat(personas=[ada, bob]).send("@Ada go")

    assert [m.body for m in reply.messages] == ["@Bob what do you think?", "Ada asks: what do you think?"]


async def test_mention_within_a_message_asks_nobody(make_chat: Any, persona: Any) -> None:
    ada = persona("Ada", lambda self, message: "I would ask @Bob.")
    bob = persona("Bob", lambda self, message: "hm")

    assert (await make_chat(personas=[ada, bob]).send("@Ada go")).text == "I would ask @Bob."


async def test_chain_ends(make_chat: Any, persona: Any) -> None:
    ada = persona("Ada", lambda self, message: "@Bob ping")
    bob = persona("Bob", lambda self, message: "@Ada pong")

    reply = await make_chat(personas=[ada, bob]).send("@Ada go")

    assert [m.persona.name for m in reply.messages] == ["Ada", "Bob", "Ada", "Bob", "Jupyternaut"]
    assert reply.messages[-1].body.startswith("3 personas have followed one another")


async def test_personas_that_ask_again_and_again_come_to_an_end(make_chat: Any, persona: Any) -> None:
    async def ask(self: Any, message: Any) -> None:
        for _ in range(17):
            self.send_message("@Bob well?")

    bob = persona("Bob", lambda self, message: "yes")

    reply = await make_chat(personas=[persona("Ada", ask), bob]).send("@Ada go")

    assert [m.body for m in reply.messages].count("yes") == 16
    assert "Personas have asked one another 16 times; no further one is asked." in reply.text


async def test_stop_ends_the_whole_tree(make_chat: Any, persona: Any) -> None:
    model = FakeModel(["hm", HANG])
    ada = persona("Ada", lambda self, message: "@Bob think")
    bob = persona("Bob", lambda self, message: self.stream_reply(message.body, message))
    chat = make_chat(personas=[ada, bob], model=model)
    asking = asyncio.create_task(chat.send("@Ada go"))
    await model.hanging.wait()

    await chat.stop()

    assert (await asking).messages[-1].body == "hm\n\n(AI response stopped by user)"
    assert model.closed == 1
