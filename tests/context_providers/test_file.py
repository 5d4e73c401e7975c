"""`@file:`: what a model reads of a file, and what nobody reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.testing import FakeModel


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The server's root, and a secret beside it."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (root / "a.py").write_text("one\ntwo\nthree\n")
    (root / "sub" / "b c.md").write_text("# B")
    (root / ".hidden.py").write_text("")
    (root / "image.png").write_bytes(b"\x89PNG\0")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    os.mkfifo(root / "pipe.txt")
    return root


async def read(make_chat: Any, root: Path, prompt: str) -> str:
    """What the model is asked."""
    model = FakeModel(["Yes."])
    await make_chat(model=model, root_dir=str(root)).send(prompt)
    return model.prompts[0]


@pytest.mark.parametrize(
    ("command", "content"),
    [
        ("@file:a.py", "```\none\ntwo\nthree\n```"),
        ("@file:a.py#L2", "```\ntwo\n```"),
        ("@file:a.py#L2-3", "```\ntwo\nthree\n```"),
        ("@file:a.py#L2-L9", "```\ntwo\nthree\n```"),
        ('@file:"sub/b c.md"', "```\n# B\n```"),
        (r"@file:sub/b\ c.md", "```\n# B\n```"),
    ],
)
async def test_file_is_read(make_chat: Any, root: Path, command: str, content: str) -> None:
    asked = await read(make_chat, root, f"What is in {command}?")

    assert content in asked
    assert asked.endswith("?")


async def test_fence_outlasts_those_of_the_file(make_chat: Any, root: Path) -> None:
    (root / "a.md").write_text("```\ncode\n```")

    assert "````\n```\ncode\n```\n````" in await read(make_chat, root, "@file:a.md")


async def test_what_there_is_no_room_for_is_left_out_and_said(make_chat: Any, root: Path) -> None:
    (root / "long.txt").write_text("x" * 60_000)
    (root / "other.txt").write_text("y" * 60_000)

    asked = await read(make_chat, root, "@file:long.txt @file:other.txt")

    assert (asked.count("x" * 60_000), asked.count("y" * 40_000), asked.count("y" * 40_001)) == (1, 1, 0)
    assert "(left out for lack of room: 20,000 more characters)" in asked


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("@file:../secret.txt", "outside"),
        ("@file:/etc/passwd", "outside"),
        ("@file:link.txt", "outside"),
        ("@file:pipe.txt", "a pipe"),
        ("@file:image.png", "not a text file"),
        ("@file:sub", "a folder"),
        ("@file:gone.py", "no file"),
        ("@file:a.py#L9", "no such lines, but 3 lines"),
        ("@file:a.py#L3-2", "no such lines"),
        ("@file:a.py#L0", "no such lines"),
    ],
)
async def test_refusal_names_file_and_reason(make_chat: Any, root: Path, command: str, reason: str) -> None:
    model = FakeModel(["Yes."])

    reply = await make_chat(model=model, root_dir=str(root)).send(f"Read {command}")

    assert reply.text.startswith(f"`{command}`: ")
    assert reason in reply.text
    assert model.asked == []


@pytest.mark.parametrize(
    ("partial", "labels"),
    [
        ("@file:", ["@file:a.py ", "@file:sub/"]),
        ("@file:a", ["@file:a.py "]),
        ("@file:.", ["@file:.hidden.py "]),
        ("@file:sub/", [r"@file:sub/b\ c.md "]),
        (r"@file:sub/b\ ", [r"@file:sub/b\ c.md "]),
        ("@file:../", []),
        ("@file:/etc/", []),
        ("@file:gone/", []),
    ],
)
async def test_paths_are_completed(make_chat: Any, root: Path, partial: str, labels: list[str]) -> None:
    (root / "link.txt").unlink()
    (root / "pipe.txt").unlink()

    assert await make_chat(root_dir=str(root)).complete(partial) == labels
