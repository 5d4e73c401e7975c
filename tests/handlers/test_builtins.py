"""The built-in commands: the default answer, `/help` and `/clear`."""

import asyncio
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from jupyter_ai.chat_handlers import ClearChatHandler, DefaultChatHandler, HelpChatHandler
from jupyter_ai.models import TextSelection
from jupyter_ai.testing import HANG, FakeModel


async def test_the_default_handler_asks_with_prompt_memory_and_selection(make_chat) -> None:
    model = FakeModel(["An ", "answer"])
    chat = make_chat(model=model)
    await chat.send("first")
    reply = await chat.send("second", selection=TextSelection(source="x = 1"))
    system, *rest = model.asked[1]

    assert (reply.text, reply.chunks, reply.pending) == (
        "An answer",
        ["An ", "answer"],
        ["Generating response"],
    )
    assert isinstance(system, SystemMessage)
    assert [(type(m), m.content) for m in rest] == [
        (HumanMessage, "first"),
        (AIMessage, "An answer"),
        (HumanMessage, "second\n\n```\nx = 1\n```"),
    ]


async def test_a_stopped_answer_is_remembered_as_far_as_it_went(make_chat) -> None:
    model = FakeModel(["so far", HANG])
    chat = make_chat(model=model)
    sending = asyncio.create_task(chat.send("hello"))
    await model.hanging.wait()
    await chat.stop()
    await sending

    assert [m.content for m in (await chat.open()).memory.messages] == ["hello", "so far"]


async def test_an_answer_that_failed_or_was_empty_is_not_remembered(make_chat) -> None:
    for script in ([], [ValueError()], ["a", ValueError()]):
        chat = make_chat(model=FakeModel(script))
        await chat.send("hello")

        assert (await chat.open()).memory.messages == []


async def test_the_answer_to_a_message_that_was_cleared_is_not_remembered(make_chat) -> None:
    model = FakeModel(["so far", HANG])
    chat = make_chat(model=model)
    sending = asyncio.create_task(chat.send("hello"))
    await model.hanging.wait()
    await chat.clear()
    await sending

    assert ((await chat.open()).memory.messages, chat.messages) == ([], [])


async def test_help_lists_the_commands_that_are_there(make_chat) -> None:
    reply = await make_chat().send("/help")

    assert reply.text.startswith("Hello, I am Jupyternaut.")
    assert "* `/clear`: Forgets everything" in reply.text
    assert "* `/help`: Shows the commands" in reply.text
    assert "default" not in reply.text


async def test_clear_forgets_what_was_said_and_remembered(make_chat) -> None:
    chat = make_chat(model=FakeModel(["a"]))
    await chat.send("hello")
    reply = await chat.send("/clear")

    assert (chat.messages, reply.messages, reply.state) == ([], [], "done")
    assert (await chat.open()).memory.messages == []


async def test_clear_of_a_guest_is_refused_in_a_sentence_and_is_no_failure(make_chat) -> None:
    reply = await make_chat().send("/clear", user="guest")

    assert (reply.text, reply.state) == (
        "Only the owner of this chat can clear what others said in it.",
        "done",
    )


def test_they_are_found_under_their_2x_names() -> None:
    from jupyter_ai_builtin_handlers.clear import ClearChatHandler as Clear
    from jupyter_ai_builtin_handlers.default import DefaultChatHandler as Default
    from jupyter_ai_builtin_handlers.help import HelpChatHandler as Help

    assert (ClearChatHandler, DefaultChatHandler, HelpChatHandler) == (Clear, Default, Help)


async def test_context_commands_add_to_the_prompt_and_are_replaced_in_it(make_chat) -> None:
    class Clock:
        async def make_context_prompt(self, message: Any) -> str:
            return "It is noon." if "@clock" in message.prompt else ""

        def replace_prompt(self, prompt: str) -> str:
            return prompt.replace("@clock", "the clock")

    model = FakeModel(["a"])
    chat = make_chat(model=model)
    (await chat.open()).context_providers["clock"] = Clock()
    await chat.send("Look at @clock")
    system, human = model.asked[0][0].content, model.asked[0][-1].content

    assert "It is noon." in system + human
    assert "Look at the clock" in human
