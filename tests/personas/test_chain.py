"""Personas that address personas."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from jupyter_ai.models import FileAttachment, TextSelection
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


async def test_personas_that_ask_again_and_again_come_to_an_end_and_that_is_told_once(
    make_chat: Any, persona: Any
) -> None:
    async def ask(self: Any, message: Any) -> None:
        for _ in range(19):
            self.send_message("@Bob well?")

    bob = persona("Bob", lambda self, message: "yes")

    reply = await make_chat(personas=[persona("Ada", ask), bob]).send("@Ada go")

    assert [m.body for m in reply.messages].count("yes") == 16
    assert reply.text.count("Personas may ask one another 16 times in an answer") == 1


async def test_only_what_people_type_is_carried_out(make_chat: Any, persona: Any, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("secret = 1")
    model = FakeModel(["hm"])
    ada = persona("Ada", lambda self, message: f"@{message.prompt} look at @file:a.py")
    bob = persona("Bob", lambda self, message: self.stream_reply(message.body, message))
    chat = make_chat(personas=[ada, bob], model=model, root_dir=str(tmp_path))

    for name in ("Bob", "Jupyternaut"):
        await chat.send(f"@Ada {name}")

    assert len(model.prompts) == 2
    assert all("look at @file:a.py" in prompt for prompt in model.prompts)
    assert all("secret" not in prompt for prompt in model.prompts)


async def test_what_the_person_gave_goes_along(make_chat: Any, persona: Any, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one = 1")
    model = FakeModel(["hm"])
    ada = persona("Ada", lambda self, message: "@Bob what is it?")
    bob = persona("Bob", lambda self, message: self.stream_reply(message.body, message))
    chat = make_chat(personas=[ada, bob], model=model, root_dir=str(tmp_path))

    await chat.send(
        "@Ada go",
        attachments=[FileAttachment(value="a.py")],
        selection=TextSelection(type="text", source="two = 2"),
    )

    assert "one = 1" in model.prompts[0]
    assert "what is it?\n\n```\ntwo = 2" in model.prompts[0]


async def test_one_that_is_addressed_after_the_answer_is_not_asked_and_that_is_logged(
    make_chat: Any, persona: Any, caplog: Any
) -> None:
    async def later(self: Any) -> None:
        await over.wait()
        self.send_message("@Bob and you?")

    def answer(self: Any, message: Any) -> str:
        tasks.append(asyncio.create_task(later(self)))
        return "later"

    over = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []
    chat = make_chat(personas=[persona("Ada", answer), persona("Bob", lambda self, message: "hm")])
    await chat.send("@Ada go")

    over.set()
    await tasks[0]

    assert "Ada addressed Bob after its answer" in caplog.text
    assert "hm" not in [message.body for message in chat.messages]


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
