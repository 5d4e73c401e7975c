"""What a persona can do."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableLambda

from jupyter_ai.models import CellSelection
from jupyter_ai.personas import BasePersona
from jupyter_ai.testing import HANG, FakeModel


async def pieces(*items: Any) -> AsyncIterator[Any]:
    for item in items:
        if isinstance(item, Exception):
            raise item
        yield item


async def instance(chat: Any, name: str) -> BasePersona:
    """The persona of a chat."""
    found = (await chat.open()).personas.find(name).voice
    assert isinstance(found, BasePersona)
    return found


async def test_message_comes_under_its_name(make_chat: Any, echo: type) -> None:
    reply = await make_chat(personas=[echo]).send("@Echo hello")

    assert [(m.persona.name, m.body) for m in reply.messages] == [("Echo", "hello")]


async def test_selection_stays_in_the_body(make_chat: Any, echo: type) -> None:
    reply = await make_chat(personas=[echo]).send("@Echo look", selection=CellSelection(source="x = 1"))

    assert reply.text == "look\n\n```\nx = 1\n```"


@pytest.mark.parametrize(
    "chunks",
    [
        ("a", "b"),
        (AIMessageChunk(content="a"), AIMessageChunk(content="b")),
        ({"content": "a"}, {"text": "b"}, {"content": None}),
        ({"choices": [{"delta": {"content": "a"}}]}, {"choices": [{"delta": {"content": "b"}}]}),
    ],
)
async def test_stream_takes_text_message_chunks_and_dictionaries(
    make_chat: Any, persona: Any, chunks: tuple[Any, ...]
) -> None:
    cls = persona("Ada", lambda self, message: self.stream_message(pieces(*chunks)))

    reply = await make_chat(personas=[cls]).send("@Ada go")

    assert (reply.text, reply.chunks) == ("ab", ["a", "b"])


@pytest.mark.parametrize(
    ("misuse", "told"),
    [
        (lambda self: self.send_message(3), "send_message() of Ada takes a str, not a int."),
        (lambda self: self.stream_message(["a"]), "stream_message() of Ada takes an asynchronous iterator"),
        (lambda self: self.stream_message(pieces(3)), "that Ada gave to `stream_message` yielded a int"),
        (
            lambda self: self.stream_reply("", None, RunnableLambda(lambda _: 3)),
            "The runnable of Ada yielded a int; `stream_reply` takes",
        ),
    ],
)
async def test_misuse_names_the_persona_and_what_it_called(
    make_chat: Any, persona: Any, misuse: Any, told: str
) -> None:
    chat = make_chat(personas=[persona("Ada", lambda self, message: misuse(self))])

    assert told in (await chat.send("@Ada go")).text


async def test_stream_that_raises_ends_and_is_told(make_chat: Any, persona: Any) -> None:
    cls = persona("Ada", lambda self, message: self.stream_message(pieces("a", ValueError("no ink"))))

    reply = await make_chat(personas=[cls]).send("@Ada go")

    assert reply.messages[0].body == "a"
    assert "`Ada` failed: **ValueError**: no ink" in reply.text


async def test_reply_streams_a_chain(make_chat: Any, persona: Any) -> None:
    chain = RunnableLambda(lambda text: f"{text}!")
    cls = persona("Ada", lambda self, message: self.stream_reply(message.body, message, chain=chain))

    assert (await make_chat(personas=[cls]).send("@Ada go")).text == "go!"


async def test_reply_without_a_chain_asks_the_model_with_prompt_context_and_memory(
    make_chat: Any, persona: Any, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("forty-two")
    model = FakeModel(["Yes."])
    cls = persona(
        "Ada", lambda self, m: self.stream_reply(m.body, m), system_prompt="You are {persona_name}, a poet."
    )
    chat = make_chat(personas=[cls], model=model)

    await chat.send("@Ada read @file:a.txt")
    await chat.send("and?")

    system, question, answer, last = model.asked[1]
    assert system.content == "You are Ada, a poet."
    assert (question.content, answer.content, last.content) == ("read `a.txt`", "Yes.", "and?")
    assert "forty-two" in model.asked[0][1].content


async def test_stop_ends_its_stream(make_chat: Any, persona: Any) -> None:
    model = FakeModel(["Once", HANG])
    chat = make_chat(personas=[persona("Ada", lambda self, m: self.stream_reply(m.body, m))], model=model)
    asking = asyncio.create_task(chat.send("@Ada tell"))
    await model.hanging.wait()

    await chat.stop()

    assert (await asking).text == "Once\n\n(AI response stopped by user)"
    assert model.closed == 1


async def test_status_is_shown_and_gives_way_to_the_message(make_chat: Any, persona: Any) -> None:
    async def answer(self: BasePersona, message: Any) -> None:
        self.set_status("is looking")
        self.set_writing_status(True)
        self.send_message("found")

    chat = make_chat(personas=[persona("Ada", answer)])
    reply = await chat.send("@Ada look")

    assert reply.pending == ["is looking", "Ada is writing"]
    shown = [frame["type"] for frame in chat.frames if "pending" in frame["type"] or frame["type"] == "agent"]
    assert shown == ["pending", "close-pending", "pending", "close-pending", "agent"]


async def test_message_may_be_sent_from_a_thread(make_chat: Any, persona: Any) -> None:
    async def answer(self: BasePersona, message: Any) -> None:
        await asyncio.to_thread(lambda: self.send_message(f"{threading.current_thread() is not main}"))
        await asyncio.sleep(0)

    main = threading.main_thread()

    assert (await make_chat(personas=[persona("Ada", answer)]).send("@Ada go")).text == "True"


async def test_it_reads_the_chat(make_chat: Any, persona: Any) -> None:
    def answer(self: BasePersona, message: Any) -> str:
        return "; ".join(
            f"{said.sender.rpartition(':')[2]}: {said.body}" for said in self.ychat.get_messages()
        )

    chat = make_chat(personas=[persona("Ada", answer)])
    await chat.send("@Ada one")

    reply = await chat.send("two")

    assert reply.text == "tester: @Ada one; Ada: tester: @Ada one; tester: two"


async def test_it_adds_to_the_chat_in_its_own_name(make_chat: Any, persona: Any) -> None:
    cls = persona("Ada", lambda self, message: self.chat.add_message({"body": "added"}))

    reply = await make_chat(personas=[cls]).send("@Ada go")

    assert [(m.persona.name, m.body) for m in reply.messages] == [("Ada", "added")]


async def test_names_that_3x_personas_read_are_there(make_chat: Any, persona: Any) -> None:
    seen: dict[str, Any] = {}

    def answer(self: BasePersona, message: Any) -> str:
        for name in ("sender", "raw_time", "attachments", "metadata"):
            seen[name] = getattr(message, name)
        return "ok"

    chat = make_chat(personas=[persona("Ada", answer, description="A poet")])
    await chat.send("@Ada go")
    ada = await instance(chat, "Ada")

    assert seen == {"sender": "tester", "raw_time": False, "attachments": [], "metadata": {}}
    assert ada.id == f"jupyter-ai-personas::{type(ada).__module__.partition('.')[0]}::Ada"
    assert ada.as_user_dict()["display_name"] == "Ada"
    assert ada.event_loop is asyncio.get_running_loop()
    assert ada.parent.personas[ada.id] is ada


async def test_persona_written_for_3x_runs_unchanged(make_chat: Any) -> None:
    from jupyter_ai_persona_manager import BasePersona as Base
    from jupyter_ai_persona_manager import PersonaDefaults

    class Debugger(Base):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.log.info("%s is here", self.name)

        @property
        def defaults(self) -> PersonaDefaults:
            return PersonaDefaults(
                name="Debugger",
                description="Counts",
                avatar_path="/api/ai/static/jupyternaut.svg",
                system_prompt="You count.",
            )

        async def process_message(self, message: Any) -> None:
            before = [each for each in self.ychat.get_messages() if each.sender != self.id]
            self.send_message(f"{len(before)}: {message.body}")

    reply = await make_chat(personas=[Debugger]).send("@debugger hello")

    assert reply.text == "1: hello"
    assert reply.messages[0].persona.avatar_route == "api/ai/static/jupyternaut.svg"


async def test_places(make_chat: Any, echo: type, tmp_path: Path) -> None:
    chat = make_chat(personas=[echo])
    ada = await instance(chat, "Echo")
    assert (ada.get_dotjupyter_dir(), ada.get_mcp_settings()) == (None, None)

    (tmp_path / ".jupyter").mkdir()
    (tmp_path / ".jupyter" / "mcp_settings.json").write_text(json.dumps({"servers": {}}))

    assert ada.get_chat_dir() == ada.get_workspace_dir() == str(tmp_path)
    assert Path(ada.get_chat_path()).parent == tmp_path
    assert not Path(ada.get_chat_path(relative=True)).is_absolute()
    assert ada.get_dotjupyter_dir() == str(tmp_path / ".jupyter")
    assert ada.get_mcp_settings() == {"servers": {}}


async def test_attachments_are_read_in_the_root_only(make_chat: Any, echo: type, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    ada = await instance(make_chat(personas=[echo]), "Echo")
    message = type("Message", (), {"attachments": ["a.txt", {"value": "/etc/passwd"}]})

    text = ada.process_attachments(message)

    assert ada.resolve_attachment_to_path("a.txt") == str(tmp_path / "a.txt")
    assert ada.resolve_attachment_to_path("../a.txt") is None
    assert text is not None
    assert "File `a.txt`:\n\ntext" in text
    assert "outside" in text


async def test_model_that_is_not_there_is_told(make_chat: Any, persona: Any) -> None:
    chat = make_chat(personas=[persona("Ada", lambda self, m: self.stream_reply(m.body, m))])
    (await chat.open()).engine.config_manager._lm_providers = {}

    assert "NoModelConfigured" in (await chat.send("@Ada go")).text


async def test_failure_is_told_by_its_own_words(make_chat: Any, persona: Any) -> None:
    async def handle(self: BasePersona, exc: Exception) -> None:
        self.send_message(f"Sorry: {exc}")

    def fail(self: BasePersona, message: Any) -> None:
        raise ValueError("no ink")

    cls = persona("Ada", fail, handle_uncaught_exception=handle)

    assert (await make_chat(personas=[cls]).send("@Ada go")).text == "Sorry: no ink"


async def test_old_name_of_the_package_serves_the_same_classes() -> None:
    import jupyter_ai_persona_manager

    assert jupyter_ai_persona_manager.BasePersona is BasePersona
