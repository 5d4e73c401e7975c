"""Persona files over HTTP and in a chat of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from serving import Serve

ADA = """\
from jupyter_ai.personas import BasePersona, PersonaDefaults

class Ada(BasePersona):
    @property
    def defaults(self):
        return PersonaDefaults(name="Ada")

    async def process_message(self, message):
        self.send_message("here")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "root" / ".jupyter" / "personas"
    path.mkdir(parents=True)
    (path / "ada.py").write_text(ADA)
    return path


async def test_a_folder_is_allowed_as_it_was_shown(serve: Serve, folder: Path, tmp_path: Path) -> None:
    server = await serve()
    route = "api/ai/personas/local"
    shown = {"folder": str(folder), "files": ["ada.py"], "allowed": False, "problems": {}}
    assert (await server.get(route)).json() == shown
    assert b"(local file)" not in (await server.get("api/ai/plugins")).body

    refused = await server.post(route, {"folder": str(tmp_path), "allowed": True})
    assert (refused.status, "Look at that one first" in refused.json()["message"]) == (403, True)

    assert (await server.post(route, {**named(shown), "allowed": True})).json() == {**shown, "allowed": True}
    chat = await server.chat()
    human = await chat.ask("@Ada hi")
    assert (await chat.last("agent", reply_to=human))["body"] == "here"

    assert (await server.post(route, {**named(shown), "allowed": False})).json() == shown


async def test_packages_and_files_are_refreshed_in_a_chat(serve: Serve, folder: Path) -> None:
    server = await serve(config={"AiExtension": {"local_personas": "allow"}})
    chat = await server.chat()
    (folder / "ada.py").write_text(ADA.replace("Ada", "Bea"))
    human = await chat.ask("/refresh-personas")

    said = (await chat.last("agent", reply_to=human))["body"]

    assert said.startswith("Here are `@Jupyternaut`, `@Reviewer`, `@Bea`.")


async def test_a_reload_refreshes_files_and_the_list_of_plug_ins_has_them(serve: Serve, folder: Path) -> None:
    server = await serve(config={"AiExtension": {"local_personas": "allow"}})
    await server.ready()
    (folder / "ada.py").write_text(ADA.replace("Ada", "Bea"))
    (folder / "cy.py").write_text(ADA.replace("Ada", "Cy"))
    (folder / "bad.py").write_text("1 / 0")

    told = (await server.post("api/ai/plugins/reload")).json()
    plugins = (await server.get("api/ai/plugins")).json()["plugins"]
    (folder / "cy.py").unlink()
    gone = (await server.post("api/ai/plugins/reload")).json()["removed"]

    local = [each for each in plugins if each["distribution"] == "(local file)"]
    assert [[each["name"] for each in told[key]] for key in ("added", "edited", "removed", "failed")] == [
        ["cy.py"],
        ["ada.py"],
        [],
        ["bad.py"],
    ]
    assert [(each["name"], each["state"]) for each in local] == [
        ("ada.py", "loaded"),
        ("bad.py", "failed"),
        ("cy.py", "loaded"),
    ]
    assert "ZeroDivisionError" in local[1]["reason"]
    assert local[1]["where"] == str(folder / "bad.py")
    assert [each["name"] for each in gone] == ["cy.py"]


def named(shown: dict[str, Any]) -> dict[str, Any]:
    return {"folder": shown["folder"]}
