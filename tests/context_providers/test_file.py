"""`@file:`: what a model reads of a file, and what nobody reads."""

from __future__ import annotations

import asyncio
import os
import threading
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.context_providers import file
from jupyter_ai.testing import FakeModel

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The server's root, and a secret beside it."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("classified")
    (root / "a.py").write_text("one\ntwo\nthree\n")
    (root / "sub" / "b c.md").write_text("# B")
    (root / ".hidden.py").write_text("")
    (root / "a.bin").write_bytes(b"a\0")
    (root / "b.bin").write_bytes(b"\xff\xfea")  # half a letter of UTF-16
    (root / "c.bin").write_bytes(b"\xe9\x01")
    (root / "image.png").write_bytes(PNG)
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
        ('@file:"a.py"#L2-3', "```\ntwo\nthree\n```"),
        ("@FILE:a.py#L2", "```\ntwo\n```"),
    ],
)
async def test_file_is_read(make_chat: Any, root: Path, command: str, content: str) -> None:
    asked = await read(make_chat, root, f"What is in {command}?")

    assert content in asked
    assert asked.endswith("?")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
async def test_lines_end_where_editors_end_them(make_chat: Any, root: Path, end: str) -> None:
    (root / "a.py").write_text(f"one\f\u2028\x1c\x85{end}two{end}", newline="")

    assert "```\ntwo\n```" in await read(make_chat, root, "@file:a.py#L2")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_text_is_read_in_the_usual_encodings(make_chat: Any, root: Path, encoding: str) -> None:
    (root / "a.txt").write_text("Zoë: 5 €", encoding=encoding)

    assert "```\nZoë: 5 €\n```" in await read(make_chat, root, "@file:a.txt")


async def test_fence_outlasts_those_of_the_file(make_chat: Any, root: Path) -> None:
    (root / "a.md").write_text("```\ncode\n```")

    assert "````\n```\ncode\n```\n````" in await read(make_chat, root, "@file:a.md")


async def test_what_there_is_no_room_for_is_left_out_and_said(make_chat: Any, root: Path) -> None:
    (root / "long.txt").write_text("x" * 30_000)
    (root / "other.txt").write_text("y" * 30_000)

    asked = await read(make_chat, root, "@file:long.txt @file:other.txt")

    left_out = 30_000 - asked.count("y" * 1000) * 1000
    assert "x" * 30_000 in asked
    assert 15_000 < left_out < 20_000
    assert "(left out for lack of room: " in asked


@pytest.mark.parametrize("command", ["@file:sub", "@file:sub/"])
async def test_folder_is_listed(make_chat: Any, root: Path, command: str) -> None:
    (root / "sub/deep").mkdir()

    assert "in which are:\n\n```\nb c.md (3 bytes)\ndeep/\n```" in await read(make_chat, root, command)


@pytest.mark.parametrize("command", ["@file:sub", "@file:sub/*.txt"])
async def test_name_that_is_not_utf_8_is_told_with_a_mark(make_chat: Any, root: Path, command: str) -> None:
    (root / os.fsdecode(b"sub/\xff.txt")).write_text("five")
    model = FakeModel(["Yes."])

    reply = await make_chat(model=model, root_dir=str(root)).send(command)

    assert "\ufffd.txt" in model.prompts[0]
    assert model.prompts[0].encode()
    assert all(row["name"].encode() for row in reply.metadata["context"]["included"])


async def test_files_that_match_a_pattern_are_read(make_chat: Any, root: Path) -> None:
    (root / "sub/c.py").write_text("four")

    asked = await read(make_chat, root, "@file:**/*.py")

    assert "`a.py`, which holds:\n\n```\none" in asked
    assert "`sub/c.py`, which holds:\n\n```\nfour" in asked
    assert ".hidden" not in asked


async def test_of_a_pattern_what_cannot_be_read_is_said(make_chat: Any, root: Path) -> None:
    asked = await read(make_chat, root, "@file:*.txt")

    assert "(left out: link.txt: `link.txt` is outside" in asked
    assert "(left out: pipe.txt: `pipe.txt` is not a file but" in asked


async def test_image_is_sent_to_a_model_that_takes_images(make_chat: Any, root: Path) -> None:
    model = FakeModel(["Blue."], profile={"image_inputs": True})

    await make_chat(model=model, root_dir=str(root)).send("What is in @file:image.png?")

    text, image = model.asked[0][-1].content
    assert text["text"].endswith("What is in `image.png`?")
    assert image["image_url"] == {"url": f"data:image/png;base64,{b64encode(PNG).decode()}"}


async def test_reply_tells_what_was_included(make_chat: Any, root: Path) -> None:
    chat = make_chat(model=FakeModel(["Yes."]), root_dir=str(root))

    reply = await chat.send("@file:a.py#L2 @file:sub")

    context = reply.metadata["context"]
    assert [(row["command"], row["name"], row["kind"], row["characters"]) for row in context["included"]] == [
        ("@file:a.py#L2", "a.py#L2", "text", 4),
        ("@file:sub", "sub", "listing", 16),
    ]
    assert 0 < context["tokens"] < context["room"]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("@file:../secret.txt", "outside"),
        ("@file:/etc/passwd", "outside"),
        ("@file:link.txt", "outside"),
        ("@file:pipe.txt", "a pipe"),
        ("@file:a.bin", "not a text file"),
        ("@file:b.bin", "not a text file"),
        ("@file:c.bin", "not a text file"),
        ("@file:a.py#outputs", "only a notebook has outputs"),
        ("@file:image.png", "takes no images"),
        ("@file:*.none", "no file matches"),
        ("@file:..", "outside"),
        ("@file:sub/../..", "outside"),
        ("@file:**/..", "cannot lead upwards"),
        ("@file:**/../a.py", "cannot lead upwards"),
        ("@file:../*", "outside"),
        (r"@file:sub\b.md", "separated by `/`: `@file:sub/b.md`"),
        (r'@file:"sub\b.md"', "separated by `/`"),
        ("@file:a.py#L9" + "9" * 5_000, "no such lines, but 3 lines"),
        ("@file:sub/../../*", "outside"),
        ("@file:gone.py", "no file"),
        ("@file:", "names no file"),
        ("@file:a.py#L9", "no such lines, but 3 lines"),
        ("@file:a.py#L3-2", "no such lines"),
        ("@file:a.py#L0", "no such lines"),
    ],
)
async def test_refusal_names_file_and_reason(make_chat: Any, root: Path, command: str, reason: str) -> None:
    model = FakeModel(["Yes."])

    reply = await make_chat(model=model, root_dir=str(root)).send(f"Read {command}")

    assert reply.text.startswith(f"`{command[:200]}")
    assert len(reply.text) < 400
    assert reason in reply.text
    assert model.asked == []


async def test_file_that_takes_long_holds_up_neither_stop_nor_the_end(
    make_chat: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_slowly(*_: Any) -> Any:
        daemons.append(threading.current_thread().daemon)
        loop.call_soon_threadsafe(begun.set)
        release.wait(20)

    loop, begun, release = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    daemons = list[bool]()
    monkeypatch.setattr(file, "read_any", read_slowly)
    chat = make_chat(root_dir=str(root))
    asking = asyncio.create_task(chat.send("@file:a.py"))
    await begun.wait()

    await chat.stop()
    state = (await asking).state
    release.set()

    assert (state, daemons) == ("stopped", [True])


async def test_name_with_spaces_that_is_not_quoted_is_recognised(make_chat: Any, root: Path) -> None:
    reply = await make_chat(root_dir=str(root)).send("What is in @file:sub/b c.md, please?")

    assert reply.text.endswith('no file `sub/b`. A name with spaces is quoted: `@file:"sub/b c.md"`.')


@pytest.mark.parametrize(
    ("partial", "labels"),
    [
        ("@file:", ["@file:a.py ", "@file:image.png ", "@file:sub/"]),
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
    (root / os.fsdecode(b"sub/\xff.txt")).touch()

    assert await make_chat(root_dir=str(root)).complete(partial) == labels


# Attacks: each is refused with the reason, and nothing is read.


async def refused(make_chat: Any, root: Path | str, path: str) -> str:
    """Why `@file:path` is refused; the model is not asked."""
    model = FakeModel(["Yes."])
    reply = await make_chat(model=model, root_dir=str(root)).send(f"@file:{path}")
    assert model.asked == []
    assert "classified" not in reply.text
    return str(reply.text)


@pytest.mark.parametrize("path", ["../secret.txt", "sub/../../secret.txt"])
async def test_way_upwards_is_refused(make_chat: Any, root: Path, path: str) -> None:
    assert "outside" in await refused(make_chat, root, path)


async def test_absolute_path_is_refused(make_chat: Any, root: Path) -> None:
    assert "outside" in await refused(make_chat, root, str(root.parent / "secret.txt"))


async def test_link_to_a_file_outside_is_refused(make_chat: Any, root: Path) -> None:
    assert "outside" in await refused(make_chat, root, "link.txt")


@pytest.mark.parametrize("path", ["out/secret.txt", "out/", "out/*"])
async def test_link_to_a_folder_outside_is_refused(make_chat: Any, root: Path, path: str) -> None:
    (root / "out").symlink_to(root.parent)

    assert "outside" in await refused(make_chat, root, path)


async def test_pattern_does_not_follow_links_to_folders_outside(make_chat: Any, root: Path) -> None:
    (root / "out").symlink_to(root.parent)

    assert "no file matches" in await refused(make_chat, root, "*/secret*")


async def test_device_is_refused(make_chat: Any) -> None:
    assert "a device" in await refused(make_chat, "/dev", "zero")


async def test_file_of_10_gb_is_refused(make_chat: Any, root: Path) -> None:
    with (root / "sparse.txt").open("wb") as file:
        file.truncate(10 << 30)

    assert "larger than 1,048,576 bytes" in await refused(make_chat, root, "sparse.txt")


async def test_pipe_is_refused(make_chat: Any, root: Path) -> None:
    assert "a pipe" in await refused(make_chat, root, "pipe.txt")


@pytest.mark.parametrize("path", ["/proc/self/environ", "proc/self/environ"])
async def test_what_the_kernel_tells_is_refused(make_chat: Any, root: Path, path: str) -> None:
    (root / "proc").symlink_to("/proc")

    assert "outside" in await refused(make_chat, root, path)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("sub/secret.txt", "outside"), ("a.py", "cannot be read"), ("sub", "not a folder")],
)
async def test_link_that_takes_the_place_of_what_was_checked_is_refused(
    make_chat: Any, root: Path, path: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "sub/secret.txt").write_text("harmless")
    real_open = os.open

    def open_late(name: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        swapped = root / path.partition("/")[0]
        if Path(name) == root / path and not swapped.is_symlink():
            swapped.rename(root / "gone")
            swapped.symlink_to(root.parent / "secret.txt" if path == "a.py" else root.parent)
        return real_open(name, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", open_late)

    assert reason in await refused(make_chat, root, path)
