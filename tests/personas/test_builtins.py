"""Jupyternaut and the reviewer."""

from __future__ import annotations

from typing import Any

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import CellSelection, HumanChatMessage
from jupyter_ai.testing import FakeModel


class Own(BaseChatHandler):
    """A default handler of somebody else's."""

    id = "own"
    name = "Own"
    help = "Answers"
    routing_type = SlashCommandRoutingType(slash_id=None)
    uses_llm = False

    async def process_message(self, message: HumanChatMessage) -> None:
        self.reply(f"own: {message.body}", message)


async def test_jupyternaut_answers_as_the_default_handler_does(make_chat: Any) -> None:
    model = FakeModel(["Hello."])
    chat = make_chat(model=model)

    addressed, plain = await chat.send("@Jupyternaut hi"), await chat.send("hi")

    assert addressed.text == plain.text == "Hello."
    assert [messages[-1].content for messages in model.asked] == ["hi", "hi"]
    assert len(model.asked[1]) == len(model.asked[0]) + 2  # it remembers


async def test_jupyternaut_is_whoever_replaces_the_default_handler(make_chat: Any) -> None:
    assert (await make_chat(handlers=[Own]).send("@Jupyternaut hi")).text == "own: hi"


async def test_reviewer_reads_what_is_selected(make_chat: Any) -> None:
    from jupyter_ai_builtin_personas.reviewer import Reviewer

    model = FakeModel(["Line 1 fails."])
    chat = make_chat(personas=[Reviewer], model=model)

    reply = await chat.send("@Reviewer what of this?", selection=CellSelection(source="1 / 0"))

    assert (reply.text, reply.messages[0].persona.name) == ("Line 1 fails.", "Reviewer")
    assert model.asked[0][0].content.startswith("You are Reviewer, who reviews code")
    assert "1 / 0" in model.prompts[0]


async def test_reviewer_takes_no_commands(make_chat: Any) -> None:
    from jupyter_ai_builtin_personas.reviewer import Reviewer

    reply = await make_chat(personas=[Reviewer]).send("@Reviewer /clear")

    assert "does not take `/clear`" in reply.text
