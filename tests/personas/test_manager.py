"""Who is there, who answers, and that a chat has one of each."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.engine import run
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.personas import BasePersona, PersonaRequirementsUnmet
from jupyter_ai.testing import HANG, FakeModel


class Fix(BaseChatHandler):
    """A chat handler that is registered as a persona."""

    id = "fix"
    name = "Fixer"
    help = "Mends it"
    routing_type = SlashCommandRoutingType(slash_id="fix")
    uses_llm = False

    async def process_message(self, message: HumanChatMessage) -> None:
        self.reply(f"mended {message.prompt.split(None, 1)[1]}", message)


def speakers(reply: Any) -> list[str]:
    return sorted(message.persona.name for message in reply.messages)


async def test_several_answer_side_by_side(make_chat: Any, persona: Any) -> None:
    """Each waits for the other."""
    here = {"Ada": asyncio.Event(), "Bob": asyncio.Event()}

    def meets(other: str) -> Any:
        async def answer(self: BasePersona, message: Any) -> None:
            here[self.name].set()
            await here[other].wait()
            self.send_message("met")

        return answer

    chat = make_chat(personas=[persona("Ada", meets("Bob")), persona("Bob", meets("Ada"))])

    assert speakers(await chat.send("@Ada @Bob meet")) == ["Ada", "Bob"]


async def test_the_last_one_addressed_answers_what_follows(make_chat: Any, persona: Any, echo: type) -> None:
    chat = make_chat(personas=[echo, persona("Ada", lambda self, m: "yes")], model=FakeModel(["yes"]))
    await chat.send("@Echo @Ada one")
    assert speakers(await chat.send("two")) == ["Ada"]

    await chat.send("@Jupyternaut back")

    assert speakers(await chat.send("three")) == ["Jupyternaut"]


async def test_clearing_the_chat_ends_that(make_chat: Any, echo: type) -> None:
    chat = make_chat(personas=[echo], model=FakeModel(["yes"]))
    await chat.send("@Echo one")

    await chat.clear()

    assert speakers(await chat.send("two")) == ["Jupyternaut"]


async def test_slash_command_goes_to_its_handler_whoever_is_addressed(make_chat: Any, echo: type) -> None:
    chat = make_chat(personas=[echo])
    await chat.send("@Echo one")

    assert speakers(await chat.send("/help")) == ["Jupyternaut"]
    assert "`/help`" in (await chat.send("@Echo /help")).text


async def test_persona_refuses_commands_that_it_does_not_list(make_chat: Any, persona: Any) -> None:
    chat = make_chat(personas=[persona("Ada", lambda self, m: "hi", slash_commands={"clear"})])

    reply = await chat.send("@Ada /help")

    assert reply.text == "Ada does not take `/help`. Leave out @Ada."


async def test_unknown_name_is_questioned(make_chat: Any, echo: type) -> None:
    chat = make_chat(personas=[echo])

    assert (await chat.send("@Ehco hi")).text == "There is nobody called `@Ehco`. Did you mean `@Echo`?"
    assert "write it in backticks" in (await chat.send("@dataclass what does it do?")).text


async def test_ones_own_name_is_text_where_nobody_else_is(make_chat: Any, echo: type) -> None:
    model = FakeModel(["Hi."])
    chat = make_chat(personas=[echo], model=model)

    assert (await chat.send("@tester is my name")).text == "Hi."
    assert model.prompts[0].endswith("@tester is my name")


async def test_who_says_nothing_is_told_of_beside_who_answers(make_chat: Any, persona: Any) -> None:
    chat = make_chat(personas=[persona("Ada", lambda self, m: None), persona("Bob", lambda self, m: "hi")])

    alone = await chat.send("@Ada hi")
    both = await chat.send("@Ada @Bob hi")

    assert [(m.body, m.metadata) for m in alone.messages] == [("Ada said nothing.", {"empty": True})]
    assert sorted(message.body for message in both.messages) == ["Ada said nothing.", "hi"]


async def test_what_a_thread_says_counts_as_said(make_chat: Any, persona: Any) -> None:
    async def answer(self: BasePersona, message: Any) -> None:
        await asyncio.to_thread(self.send_message, "hi")

    assert (await make_chat(personas=[persona("Ada", answer)]).send("@Ada hi")).text == "hi"


async def test_handler_is_addressed_by_name_and_by_command(make_chat: Any) -> None:
    chat = make_chat(personas=[Fix])

    assert (await chat.send("@Fixer the roof")).text == "mended the roof"
    assert (await chat.send("/fix the roof")).text == "mended the roof"
    assert len([member for member in (await chat.open()).personas.members() if member.name == "Fixer"]) == 1


async def test_none_is_made_before_one_may_be_addressed(make_chat: Any, persona: Any) -> None:
    made: list[int] = []

    def init(self: BasePersona, **arguments: Any) -> None:
        BasePersona.__init__(self, **arguments)
        made.append(1)

    cls = persona("Ada", lambda self, m: "hi", __init__=init)
    chat = make_chat(personas=[cls], model=FakeModel(["yes"]))
    await chat.send("hello")
    assert made == []

    await chat.send("@Ada hello")
    await chat.send("@Ada again")

    assert made == [1]


async def test_constructor_that_fails_costs_nobody_else(make_chat: Any, persona: Any, echo: type) -> None:
    def init(self: BasePersona, **_: Any) -> None:
        raise PersonaRequirementsUnmet("the tool `abacus` is missing")

    chat = make_chat(personas=[persona("Ada", lambda self, m: "hi", __init__=init), echo])

    assert (await chat.send("@Echo go")).text == "go"
    plugins = (await chat.open()).engine.plugins.plugins("jupyter_ai.personas")
    assert [p.trouble for p in plugins if p.trouble] == [
        "PersonaRequirementsUnmet in its constructor: the tool `abacus` is missing"
    ]


async def test_defaults_that_fail_cost_nobody_else(make_chat: Any, persona: Any, echo: type) -> None:
    cls = persona("Ada", lambda self, m: "hi")
    cls.defaults = property(lambda self: 1 / 0)  # type: ignore[method-assign, assignment]

    assert (await make_chat(personas=[cls, echo]).send("@Echo go")).text == "go"


async def test_of_two_of_one_name_one_answers_and_the_other_is_told(make_chat: Any, persona: Any) -> None:
    one, other = (persona("Ada", lambda self, m: type(self).__name__, which=i) for i in range(2))
    other.__name__ = "Other"
    chat = make_chat(personas=[one, other])

    reply = await chat.send("@Ada who?")

    assert len(reply.messages) == 1
    plugins = (await chat.open()).engine.plugins.plugins("jupyter_ai.personas")
    assert [p.name for p in plugins if p.trouble and "is that of persona" in p.trouble] == ["Other"]


async def test_completion_offers_names_and_arguments(make_chat: Any, persona: Any, tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    chat = make_chat(personas=[persona("Data Fred", lambda self, m: "hi")])

    assert await chat.complete("@da") == ["@Data-Fred"]
    assert await chat.complete("@file:") == ["@file:a.py "]


async def test_reloaded_persona_is_made_anew_and_the_old_one_finishes(
    make_chat: Any, persona: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(run, "STOP_GRACE", 20)  # seconds: its answer ends before, however slow the machine is
    calls: list[str] = []
    model = FakeModel(["old", HANG])

    async def shutdown(self: BasePersona) -> None:
        calls.append("shutdown")

    old = persona("Ada", lambda self, m: self.stream_reply(m.body, m), shutdown=shutdown)
    chat = make_chat(personas=[old], model=model)
    asking = asyncio.create_task(chat.send("@Ada go"))
    await model.hanging.wait()
    inner = await chat.open()
    plugin = next(p for p in inner.engine.plugins.plugins("jupyter_ai.personas") if p.name == "Ada")

    plugin.obj = persona("Ada", lambda self, m: "new")
    inner.engine.renew_plugins()

    assert (await chat.send("@Ada who?")).text == "new"
    assert calls == []
    await chat.stop()
    assert (await asking).text.startswith("old")
    await asyncio.sleep(0)
    assert calls == ["shutdown"]
