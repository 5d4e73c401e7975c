"""`@chat`: what was said before."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_ai.testing import FakeModel


async def test_earlier_messages_are_added(make_chat: Any) -> None:
    model = FakeModel(["Aye."])
    chat = make_chat(model=model)
    await chat.send("Ahoy")

    reply = await chat.send("Sum up @chat")

    assert "```\nTester:\nAhoy\n\nJupyternaut:\nAye.\n```" in model.prompts[-1]
    assert model.prompts[-1].endswith("Sum up this chat")
    assert reply.metadata["context"]["included"][0]["name"] == "2 messages"


async def test_number_bounds_them(make_chat: Any) -> None:
    model = FakeModel(["Aye."])
    chat = make_chat(model=model)
    await chat.send("Ahoy")

    await chat.send("@chat:1")

    assert "```\nJupyternaut:\nAye.\n```" in model.prompts[-1]


async def test_earlier_ones_are_left_out_for_lack_of_room(make_chat: Any) -> None:
    model = FakeModel(["Aye."], profile={"max_input_tokens": 400})
    chat = make_chat(model=model)
    await chat.send("x" * 600)

    reply = await chat.send("@chat")

    kept, left_out = reply.metadata["context"]["included"]
    assert (kept["name"], left_out["name"]) == ("1 messages", "1 earlier messages")
    assert "no room" in left_out["reason"]


@pytest.mark.parametrize(
    ("prompt", "reason"), [("@chat", "nothing was said"), ("@chat:0", "say how many"), ("@chat:x", "say how")]
)
async def test_what_cannot_be_added_is_told(make_chat: Any, prompt: str, reason: str) -> None:
    assert reason in (await make_chat().send(prompt)).text
