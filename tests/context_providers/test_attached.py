"""What is attached to a message: read when it is answered, in the server's root alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.context_providers import BaseCommandContextProvider, ContextCommand
from jupyter_ai.models import (
    Attachment,
    AttachmentSelection,
    FileAttachment,
    HumanChatMessage,
    NotebookAttachment,
    NotebookCell,
)
from jupyter_ai.personas import BasePersona, PersonaDefaults
from jupyter_ai.testing import FakeModel, Reply

PNG = b"\x89PNG\r\n\x1a\n"
OUTPUT = {"output_type": "stream", "name": "stdout", "text": "42"}
CELLS = [
    {"id": "a", "cell_type": "markdown", "source": "# Whales", "metadata": {}},
    {"id": "b", "cell_type": "code", "source": "6 * 7", "outputs": [OUTPUT], "metadata": {}},
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The server's root, and a secret beside it."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("classified")
    (root / "a.py").write_text("one\ntwo\nthree\n")
    (root / "[b].py").write_text("brackets")
    (root / "n.ipynb").write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": CELLS}))
    (root / "image.png").write_bytes(PNG)
    return root


def cells(*ids: str) -> NotebookAttachment:
    chosen = tuple(NotebookCell(id=id, input_type="code") for id in ids)
    return NotebookAttachment(value="n.ipynb", cells=chosen or None)


async def ask(make_chat: Any, root: Path | str, *attached: Attachment, **model: Any) -> tuple[str, Reply]:
    """What the model is asked, and the reply."""
    fake = FakeModel(["Yes."], **model)
    reply = await make_chat(model=fake, root_dir=str(root)).send("Why?", attachments=attached)
    return fake.prompts[0], reply


@pytest.mark.parametrize(
    ("attached", "name", "content"),
    [
        (FileAttachment(value="a.py"), "a.py", "one\ntwo\nthree"),
        (FileAttachment(value="RTC:a.py"), "a.py", "one\ntwo\nthree"),
        (
            FileAttachment(value="a.py", selection=AttachmentSelection(start=(1, 0), end=(2, 3))),
            "a.py#L2-3",
            "two\nthree",
        ),
        (FileAttachment(value="[b].py"), "[b].py", "brackets"),
        (FileAttachment(value="sub"), "sub", "(It is empty.)"),
        (cells(), "n.ipynb", "[cell 1: markdown]\n# Whales\n\n[cell 2: code]\n6 * 7"),
        (cells("b"), "n.ipynb (1 cell)", "[cell 2: code]\n6 * 7\n\n[output of cell 2]\n42"),
    ],
)
async def test_the_model_reads_it_and_the_reply_tells(
    make_chat: Any, root: Path, attached: Attachment, name: str, content: str
) -> None:
    asked, reply = await ask(make_chat, root, attached)

    [row] = reply.metadata["context"]["included"]
    assert f"```\n{content}\n```" in asked
    assert asked.endswith("Why?")
    assert (row["command"], row["name"], row["reason"]) == ("attachment", name, None)


async def test_what_was_read_is_told_with_the_reply_live_and_in_the_history(
    make_chat: Any, root: Path
) -> None:
    chat = make_chat(model=FakeModel(["Yes."]), root_dir=str(root))

    reply = await chat.send("Why?", attachments=[FileAttachment(value="a.py")])
    history = json.loads((await chat.open()).history_json())["messages"]

    context = reply.metadata["context"]
    frames = [frame for frame in chat.frames if frame["type"].startswith("agent-stream")]
    assert [frames[0]["metadata"]["context"], frames[-1]["metadata"]["context"]] == [context, context]
    assert history[1]["metadata"]["context"] == context


async def test_image_is_sent_to_a_model_that_takes_images(make_chat: Any, root: Path) -> None:
    model = FakeModel(["Blue."], profile={"image_inputs": True})
    chat = make_chat(model=model, root_dir=str(root))

    await chat.send("What?", attachments=[FileAttachment(value="image.png")])

    assert [part["type"] for part in model.asked[0][-1].content] == ["text", "image_url"]


async def test_what_is_said_without_words_is_to_look(make_chat: Any, root: Path) -> None:
    model = FakeModel(["Yes."])

    await make_chat(model=model, root_dir=str(root)).send(" ", attachments=[FileAttachment(value="a.py")])

    assert model.prompts[0].endswith("See what is attached.")


async def test_what_is_typed_has_room_before_what_is_attached(make_chat: Any, root: Path) -> None:
    (root / "long.txt").write_text("x" * 60_000)
    chat = make_chat(model=FakeModel(["Yes."]), root_dir=str(root))

    await chat.send("Hi")
    reply = await chat.send("@file:a.py @chat", attachments=[FileAttachment(value="long.txt")])

    rows = reply.metadata["context"]["included"]
    assert [(row["name"], row["reason"]) for row in rows] == [
        ("2 messages", None),
        ("a.py", None),
        ("long.txt", "there is no room for it"),
    ]


async def test_a_large_one_leaves_the_others_their_room(make_chat: Any, root: Path) -> None:
    for name, size in (("long.txt", 90_000), ("longer.txt", 150_000), ("short.txt", 3_000)):
        (root / name).write_text("x" * size)
    chat = make_chat(model=FakeModel(["Yes."]), root_dir=str(root))

    reply = await chat.send(
        "Why?", attachments=[FileAttachment(value=n) for n in ("long.txt", "longer.txt", "short.txt")]
    )

    long, longer, short = (row["tokens"] for row in reply.metadata["context"]["included"])
    assert short == 1_000
    assert long == longer > 5_000


async def test_a_cell_that_is_gone_is_told_beside_those_that_are_read(make_chat: Any, root: Path) -> None:
    asked, reply = await ask(make_chat, root, cells("b", "gone"))

    reasons = [row["reason"] for row in reply.metadata["context"]["included"]]
    assert "6 * 7" in asked
    assert reasons == [None, "1 of the cells is not in it as it was saved last"]


# Attacks: each is told with its reason, nothing is read, and the answer comes.


def make_pipe(root: Path) -> None:
    os.mkfifo(root / "pipe.txt")


def make_sparse(root: Path) -> None:
    with (root / "sparse.txt").open("wb") as file:
        file.truncate(10 << 30)


def make_links(root: Path) -> None:
    (root / "link.txt").symlink_to(root.parent / "secret.txt")
    (root / "out").symlink_to(root.parent)
    (root / "zero").symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("path", "make", "reason"),
    [
        ("../secret.txt", None, "outside"),
        ("sub/../../secret.txt", None, "outside"),
        ("{root}/../secret.txt", None, "outside"),
        ("/etc/passwd", None, "outside"),
        ("RTC:../secret.txt", None, "outside"),
        ("../*", None, "outside"),
        ("link.txt", make_links, "outside"),
        ("out/secret.txt", make_links, "outside"),
        ("out", make_links, "outside"),
        ("zero", make_links, "outside"),
        ("/dev/zero", None, "outside"),
        ("pipe.txt", make_pipe, "a pipe"),
        ("sparse.txt", make_sparse, "larger than 1,048,576 bytes"),
        ("gone.py", None, "no file"),
        ("*.py", None, "no file"),
        ("nul\0l", None, "null character"),
        ("x" * 1_000, None, "cannot be read"),
        ("image.png", None, "takes no images"),
    ],
)
async def test_what_is_refused_is_told_and_the_answer_comes(
    make_chat: Any, root: Path, path: str, make: Any, reason: str
) -> None:
    if make is not None:
        make(root)

    asked, reply = await ask(make_chat, root, FileAttachment(value=path.format(root=root)))

    [row] = reply.metadata["context"]["included"]
    assert reply.text == "Yes."
    assert reason in row["reason"]
    assert row["characters"] == 0
    assert "classified" not in asked


async def test_device_in_the_root_is_not_read(make_chat: Any) -> None:
    _, reply = await ask(make_chat, "/dev", FileAttachment(value="zero"))

    assert "a device" in reply.metadata["context"]["included"][0]["reason"]


# Who reads it


class Loop(BaseChatHandler):
    """Asks the context commands by itself, as handlers written for 2.x do."""

    id = name = "loop"
    help = "Says what the context commands add"
    routing_type = SlashCommandRoutingType(slash_id="loop")
    uses_llm = False

    async def process_message(self, message: HumanChatMessage) -> None:
        parts = [await each.make_context_prompt(message) for each in self.context_providers.values()]
        self.reply("".join(parts), message)


async def test_a_handler_that_asks_the_context_commands_gets_it(make_chat: Any, root: Path) -> None:
    chat = make_chat(handlers=[Loop], root_dir=str(root))

    reply = await chat.send("/loop", attachments=[FileAttachment(value="a.py")])

    assert "one\ntwo" in reply.text
    assert reply.metadata["context"]["included"][0]["name"] == "a.py"


class Reader(BasePersona):
    """Reads what is attached as personas for 3.x do: by ids."""

    @property
    def defaults(self) -> PersonaDefaults:
        return PersonaDefaults(name="Reader")

    async def process_message(self, message: HumanChatMessage) -> None:
        paths = [self.resolve_attachment_to_path(id) for id in message.attachments]
        kept = self.ychat.get_attachments()
        values = [kept[id]["value"] for id in message.attachments]
        self.send_message(f"{paths} {values}\n{self.process_attachments(message)}")


async def test_a_persona_takes_attachments_for_ids(make_chat: Any, root: Path) -> None:
    chat = make_chat(personas=[Reader], root_dir=str(root))

    reply = await chat.send("@Reader go", attachments=[FileAttachment(value="a.py"), cells("b")])

    assert reply.text.startswith(f"{[str(root / 'a.py'), str(root / 'n.ipynb')]} {['a.py', 'n.ipynb']}\n")
    assert "File `a.py`:\n\none\ntwo\nthree" in reply.text
    assert "[output of cell 2]\n42" in reply.text


class Small(Reader):
    """Asks a model of its own, with a small window."""

    asked = FakeModel(["Yes."], profile={"max_input_tokens": 1_000})

    def get_model(self) -> Any:
        return self.asked

    async def process_message(self, message: HumanChatMessage) -> None:
        await self.stream_reply(message.body, message)


async def test_the_room_is_that_of_the_model_that_a_persona_asks(make_chat: Any, root: Path) -> None:
    (root / "long.txt").write_text("x" * 6_000)
    chat = make_chat(personas=[Small], root_dir=str(root))

    reply = await chat.send("@Reader go", attachments=[FileAttachment(value="long.txt")])

    context = reply.metadata["context"]
    assert context["room"] < 1_000 // 2
    assert context["included"][0]["left_out"] > 4_000


class File(BaseCommandContextProvider):
    """A command of somebody's that takes the place of `@file:`."""

    id = "file"
    help = "Knows of no attachments"

    async def _make_context_prompt(self, message: HumanChatMessage, commands: list[ContextCommand]) -> str:
        return "a file"


async def test_where_nobody_reads_it_that_is_told(make_chat: Any, root: Path) -> None:
    chat = make_chat(model=FakeModel(["Yes."]), context_providers=[File], root_dir=str(root))

    reply = await chat.send("Why?", attachments=[FileAttachment(value="a.py")])

    assert "not installed" in reply.metadata["context"]["included"][0]["reason"]
