"""Persona files of a folder: run where they are allowed, and nowhere else."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.engine.engine import EngineOptions
from jupyter_ai.errors import NotAllowed, ReloadRuns
from jupyter_ai.personas import local_personas
from jupyter_ai.personas.allowed_folders import AllowedFolders
from jupyter_ai.personas.local_personas import LocalPersonas, LocalPolicy

SOURCE = """\
import sys
sys.ran_persona_files.append({name!r})

from dataclasses import dataclass

from jupyter_ai.personas import BasePersona, PersonaDefaults


@dataclass
class Word:
    text: "str"


class Local(BasePersona):
    @property
    def defaults(self):
        return PersonaDefaults(name={name!r}, description="Is local", avatar_path="ada.svg")

    async def process_message(self, message):
        self.send_message(Word({says!r}).text)
"""


def source(name: str = "Ada", says: str = "old") -> str:
    return SOURCE.format(name=name, says=says)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the personas whose files were run, in order."""
    names: list[str] = []
    monkeypatch.setattr(sys, "ran_persona_files", names, raising=False)
    return names


@pytest.fixture
def folder(tmp_path: Path, ran: list[str]) -> Path:
    """A folder of persona files in the root of the chats, with one file."""
    path = tmp_path / "root" / ".jupyter" / "personas"
    path.mkdir(parents=True)
    (path / "ada.py").write_text(source())
    return path


@pytest.fixture
def start(make_chat: Any, folder: Path, tmp_path: Path) -> Callable[..., Any]:
    """Begin a chat about the root, or a folder in it; what was allowed is kept from one to the next."""

    def start(policy: LocalPolicy = "ask", about: str | None = None) -> Any:
        chat = make_chat()
        chat._options = EngineOptions(
            root_dir=str(tmp_path / "root"),
            preferred_dir=about,
            local_personas=policy,
            allowed_folders=tmp_path / "user" / "folders.json",
            greet=False,
            threads=False,
        )
        return chat

    return start


@pytest.fixture
async def allowed(start: Callable[..., Any]) -> Any:
    """A chat in which the folder was allowed."""
    chat = start()
    await chat.send("/personas allow")
    return chat


async def test_nothing_is_run_before_it_is_allowed(start: Any, ran: list[str]) -> None:
    chat = start()

    assert "that are not run: `/personas` tells more" in (await chat.send("@Ada hi")).text
    assert "you have not allowed it" in (await chat.send("/personas")).text
    assert "you have not allowed it" in (await chat.send("/refresh-personas")).text
    assert await chat.complete("@A") == []
    assert ran == []


async def test_what_was_allowed_is_run_now_and_after_a_restart(start: Any, ran: list[str]) -> None:
    assert "- `@Ada`: Is local" in (await start().send("/personas allow")).text

    assert (await start().send("@Ada hi")).text == "old"
    assert ran == ["Ada", "Ada"]


async def test_it_is_remembered_outside_of_the_folder(allowed: Any, tmp_path: Path) -> None:
    assert str(tmp_path / "root/.jupyter/personas") in (tmp_path / "user/folders.json").read_text()
    assert sorted(p.name for p in (tmp_path / "root").rglob("*")) == [".jupyter", "ada.py", "personas"]


async def test_what_is_forgotten_is_run_no_more(allowed: Any, start: Any) -> None:
    await allowed.send("/personas forget")

    assert "nobody called `@Ada`" in (await allowed.send("@Ada hi")).text
    assert "nobody called `@Ada`" in (await start().send("@Ada hi")).text


@pytest.mark.parametrize(("policy", "runs"), [("allow", ["Ada"]), ("forbid", [])])
async def test_the_administrator_decides_for_all(start: Any, ran: list[str], policy: str, runs: Any) -> None:
    await start(policy).send("@Ada hi")

    assert ran == runs


async def test_what_is_forbidden_cannot_be_allowed(start: Any, ran: list[str]) -> None:
    await start().send("/personas allow")
    ran.clear()
    chat = start("forbid")

    assert "does not let persona files be run" in (await chat.send("/personas allow")).text
    assert "nobody called `@Ada`" in (await chat.send("@Ada hi")).text
    assert ran == []


async def test_one_person_allows_it_for_their_own_chats(allowed: Any) -> None:
    engine = (await allowed.open()).engine
    other = await engine.default_chat("bob")

    assert other.personas.find("Ada") is None


async def test_nobody_else_allows_it_in_a_shared_chat(start: Any, ran: list[str]) -> None:
    reply = await start().send("/personas allow", user="mallory")

    assert reply.text == "Only the owner of this chat can say which code runs in it."
    assert ran == []


async def test_the_nearest_folder_above_the_chat_counts(start: Any, folder: Path, ran: list[str]) -> None:
    nearer = folder.parent.parent / "a" / ".jupyter" / "personas"
    nearer.mkdir(parents=True)
    (nearer / "bob.py").write_text(source("Bob"))
    (folder.parent.parent / "a" / "b").mkdir()

    await start(about="a/b").send("/personas allow")
    assert ran == ["Bob"]

    await start().send("/personas")
    assert ran == ["Bob"]


async def test_a_folder_above_the_root_is_not_looked_at(start: Any, folder: Path, tmp_path: Path) -> None:
    folder.parent.rename(tmp_path / ".jupyter")

    assert "There is no folder" in (await start().send("/personas allow")).text


async def test_an_edited_file_is_run_again_and_others_are_not(
    allowed: Any, folder: Path, ran: list[str]
) -> None:
    (folder / "bob.py").write_text(source("Bob"))
    await allowed.send("/refresh-personas")
    old = (await allowed.open()).personas.find("Bob").voice
    (folder / "ada.py").write_text(source(says="new"))

    assert "`@Ada`, `@Bob`" in (await allowed.send("/refresh-personas")).text
    assert (await allowed.send("@Ada hi")).text == "new"
    assert (await allowed.open()).personas.find("Bob").voice is old
    assert ran == ["Ada", "Bob", "Ada"]


async def test_a_persona_is_gone_with_its_file(allowed: Any, folder: Path) -> None:
    module = type((await allowed.open()).personas.find("Ada").voice).__module__
    assert module in sys.modules
    (folder / "ada.py").unlink()

    assert "nobody called `@Ada`" in (await allowed.send("@Ada hi")).text
    assert module not in sys.modules


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise ValueError('a slip')", "ValueError: a slip"),
        ("import sys\nsys.exit(3)", "SystemExit"),
        ("x = (", "SyntaxError"),
        ("\0", "null bytes"),
        ("from jupyter_ai.personas import BasePersona", "it defines no persona"),
        (
            "from jupyter_ai.personas import BasePersona\nclass A(BasePersona): pass",
            "`process_message` is not defined",
        ),
    ],
)
async def test_a_file_that_cannot_be_used_is_told_and_costs_no_other(
    allowed: Any, folder: Path, text: str, told: str
) -> None:
    (folder / "wrong.py").write_text(text)

    answer = (await allowed.send("/refresh-personas")).text

    assert "`wrong.py` cannot be used" in answer
    assert told in answer
    assert (await allowed.send("@Ada hi")).text == "old"


async def test_a_constructor_that_fails_is_told(allowed: Any, folder: Path) -> None:
    (folder / "bob.py").write_text(source("Bob") + "\n    def __init__(self, **kwargs):\n        1 / 0\n")

    assert "`bob.py` cannot be used: ZeroDivisionError" in (await allowed.send("/refresh-personas")).text


async def test_after_an_edit_that_fails_the_old_persona_answers(allowed: Any, folder: Path) -> None:
    (folder / "ada.py").write_text("raise ValueError('a slip')")

    assert "a slip" in (await allowed.send("/refresh-personas")).text
    assert (await allowed.send("@Ada hi")).text == "old"


async def test_a_file_that_does_not_return_is_waited_for_no_longer_than_others_like(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(sys, "may_go_on", go_on.wait, raising=False)
    monkeypatch.setattr(local_personas, "_PATIENCE", 0.01)
    (folder / "ada.py").write_text(f"import sys\nsys.may_go_on()\n{source()}")
    root, log = tmp_path / "root", logging.getLogger("test")
    local = LocalPersonas(root, root, "allow", AllowedFolders(None), log=log, on_change=lambda: None)

    assert await local.ready() is True
    with pytest.raises(ReloadRuns):  # another thread runs it
        await local.refresh()

    go_on.set()
    monkeypatch.setattr(local_personas, "_PATIENCE", 20)
    while local._running.locked():  # noqa: ASYNC110 - a thread's
        await asyncio.sleep(0)
    await local.refresh()
    assert [plugin.name for plugin in local.serving("")] == ["ada.py"]
    local.close()


async def test_a_failure_at_the_start_is_said_in_the_chat(allowed: Any, start: Any, folder: Path) -> None:
    (folder / "ada.py").write_text("raise ValueError('a slip')")
    chat = start()
    await chat.send("/help")

    assert [m.body for m in chat.messages if "slip" in m.body] == [
        f"Persona file `ada.py` cannot be used: ValueError: a slip ({folder / 'ada.py'}:1)"
    ]


async def test_a_file_takes_no_name_of_an_installed_persona(allowed: Any, folder: Path) -> None:
    (folder / "fake.py").write_text(source("Jupyternaut", "fake"))

    assert "its name 'Jupyternaut' is that of" in (await allowed.send("/refresh-personas")).text
    assert "fake" not in (await allowed.send("@Jupyternaut hi")).text


async def test_its_picture_may_be_beside_it(allowed: Any, folder: Path) -> None:
    (folder / "ada.svg").write_bytes(b"<svg/>")

    assert (await allowed.open()).personas.avatar("ada.py") == (b"<svg/>", "image/svg+xml")


# Ways to have code run that nobody has allowed


def put_link(path: Path, target: Path) -> None:
    """A link to `target` in place of `path`."""
    if path.exists():
        path.rename(path.with_name("as-it-was"))
    path.symlink_to(target)


async def test_a_folder_that_is_a_link_out_of_the_root_is_refused(
    start: Any, folder: Path, tmp_path: Path, ran: list[str]
) -> None:
    folder.parent.rename(tmp_path / "elsewhere")
    put_link(folder.parent, tmp_path / "elsewhere")
    chat = start()

    assert "There is no folder" in (await chat.send("/personas allow")).text
    assert "outside of the folder" in (await chat.send("/personas")).text
    await start("allow").send("@Ada hi")
    assert ran == []


@pytest.mark.parametrize("place", ["", "root"])
async def test_a_file_that_is_a_link_out_of_the_folder_is_refused(
    allowed: Any, folder: Path, tmp_path: Path, ran: list[str], place: str
) -> None:
    target = tmp_path / place / "bob.py"
    target.write_text(source("Bob"))
    (folder / "bob.py").symlink_to(target)

    assert "`bob.py` cannot be used: `" in (await allowed.send("/refresh-personas")).text
    assert ran == ["Ada"]


async def test_a_link_in_place_of_an_allowed_folder_is_not_allowed(
    allowed: Any, folder: Path, tmp_path: Path, ran: list[str]
) -> None:
    evil = tmp_path / "root" / "evil"
    evil.mkdir()
    (evil / "eve.py").write_text(source("Eve"))
    put_link(folder, evil)

    assert "you have not allowed it" in (await allowed.send("/refresh-personas")).text
    assert ran == ["Ada"]


async def test_another_folder_is_not_allowed_with_one(
    allowed: Any, start: Any, folder: Path, ran: list[str]
) -> None:
    other = folder.parent.parent / "other" / ".jupyter" / "personas"
    other.mkdir(parents=True)
    (other / "eve.py").write_text(source("Eve"))

    assert "you have not allowed it" in (await start(about="other").send("/personas")).text
    assert ran == ["Ada"]


async def test_a_folder_that_was_exchanged_since_it_was_shown_is_not_allowed(
    start: Any, tmp_path: Path
) -> None:
    personas = (await start().open()).personas

    with pytest.raises(NotAllowed, match="Look at that one first"):
        await personas.local.allow(tmp_path / "shown")


async def test_bytecode_and_hidden_files_are_not_run(allowed: Any, folder: Path, ran: list[str]) -> None:
    for name in ("_helper.py", ".hidden.py", "bob.pyc", "notes.txt"):
        (folder / name).write_text(source("Eve"))
    await allowed.send("/refresh-personas")

    assert ran == ["Ada"]


async def test_a_file_with_allowed_folders_that_cannot_be_read_allows_nothing(
    allowed: Any, start: Any, tmp_path: Path
) -> None:
    (tmp_path / "user" / "folders.json").write_text("{")

    assert "nobody called `@Ada`" in (await start().send("@Ada hi")).text
    assert "remove it and allow them again" in (await start().send("/personas allow")).text
