"""Plug-ins are installed and edited while a server chats."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from package_site import PackageSite, handler, package_site
from serving import Serve, Server, Socket, eventually, stream

from jupyter_ai.plugins import loading
from jupyter_ai.server import plugin_reload

SAYS = "from serving import stream\n"
WAITS = "import sys; sys.acme_gate.wait(30)"
BODY = "self.reply('{0} begins', message); await stream('gate').get(); self.reply('{0} ends', message)"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PackageSite]:
    with package_site(tmp_path) as site:
        yield site


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What an import waits for that `WAITS`."""
    gate = threading.Event()
    monkeypatch.setattr(sys, "acme_gate", gate, raising=False)
    yield gate
    gate.set()


async def reload(server: Server) -> dict[str, Any]:
    response = await server.post("api/ai/plugins/reload", {})
    assert response.status == 200, response.body
    told: dict[str, Any] = response.json()
    return told


async def answer(chat: Socket, prompt: str) -> str:
    human = await chat.ask(prompt)
    return str((await chat.last("agent", reply_to=human))["body"])


async def test_a_new_command_answers_in_a_chat_that_is_open(server: Server, site: PackageSite) -> None:
    chat = await server.chat()
    site.install("acme_live", handler("acme_live", body="self.reply('Here', message)"))
    told = await reload(server)
    options = (await server.get("api/ai/chats/autocomplete_options?partialCommand=/acme")).json()["options"]

    assert [plugin["slash_id"] for plugin in told["added"]] == ["acme_live"]
    assert [option["label"] for option in options] == ["/acme_live"]
    assert await answer(chat, "/acme_live") == "Here"


async def test_a_run_goes_on_with_the_code_that_it_began_with(serve: Serve, site: PackageSite) -> None:
    file = site.install_editable("acme_run", handler("acme_run", before=SAYS, body=BODY.format("Old")))
    site.read_paths()
    server = await serve()
    await server.ready()
    chat = await server.chat()
    human = await chat.ask("/acme_run")
    await chat.last("agent", reply_to=human, body="Old begins")
    file.write_text(handler("acme_run", before=SAYS, body=BODY.format("New")))
    told = await reload(server)
    stream("gate").put_nowait("go on")
    await chat.last("agent", reply_to=human, body="Old ends")

    assert [plugin["name"] for plugin in told["edited"]] == ["acme_run"]
    assert await answer(chat, "/acme_run") == "New begins"
    stream("gate").put_nowait("go on")
    await chat.last("agent", body="New ends")


async def test_an_edit_that_fails_is_told_and_the_old_code_answers(serve: Serve, site: PackageSite) -> None:
    file = site.install_editable("acme_slip", handler("acme_slip", body="self.reply('Old', message)"))
    site.read_paths()
    server = await serve()
    await server.ready()
    chat = await server.chat()
    file.write_text("import acme_absent\n")
    told = await reload(server)

    assert [plugin["where"] for plugin in told["failed"]] == [f"{file}:1"]
    assert "acme_absent" in told["failed"][0]["trouble"]
    assert await answer(chat, "/acme_slip") == "Old"


async def test_what_lacked_a_package_is_told_once_it_is_there(server: Server, site: PackageSite) -> None:
    site.install("acme_needy", handler("acme_needy", before="import acme_needed"))
    await reload(server)
    (site.path / "acme_needed.py").touch()

    told = [[plugin["name"] for plugin in (await reload(server))["added"]] for _ in "ab"]

    assert told == [["acme_needy"], []]


async def test_a_command_that_was_removed_is_no_more(serve: Serve, site: PackageSite) -> None:
    site.install("acme_gone", handler("acme_gone", body="self.reply('Here', message)"))
    server = await serve()
    await server.ready()
    chat = await server.chat()
    assert await answer(chat, "/acme_gone") == "Here"
    site.uninstall("acme_gone")
    await reload(server)

    assert await answer(chat, "/acme_gone") == (
        "There is no command `/acme_gone`. `/help` lists the commands."
    )


async def test_another_version_of_what_is_imported_asks_for_a_restart(
    serve: Serve, site: PackageSite
) -> None:
    site.install("acme_dep", handler("acme_dep"))
    server = await serve()
    await server.ready()
    site.install("acme_dep", handler("acme_dep"), "2.0")

    assert (await reload(server))["restart"] == ["acme-dep is 2.0 now, and this server has imported 1.0"]


async def test_a_second_reload_is_told_whose_import_has_not_returned(
    serve: Serve, site: PackageSite, gate: threading.Event
) -> None:
    file = site.install_editable("acme_hang", handler("acme_hang"))
    site.read_paths()
    server = await serve()
    await server.ready()
    file.write_text(handler("acme_hang", before=WAITS))
    first = asyncio.create_task(reload(server))
    await eventually(lambda: server.host.reloader is not None and server.host.reloader.importing is not None)
    second = await server.post("api/ai/plugins/reload", {})
    gate.set()

    assert second.status == 409
    assert "the import of `acme_hang` of acme_hang 1.0 (acme_hang:Handler)" in second.json()["message"]
    assert [plugin["name"] for plugin in (await first)["edited"]] == ["acme_hang"]


async def test_a_new_plug_in_whose_import_has_not_returned_is_told(
    server: Server, site: PackageSite, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin_reload, "_PATIENCE", 2.0)
    monkeypatch.setattr(loading, "_PATIENCE", 0)
    await server.ready()
    site.install("acme_late", handler("acme_late", before=WAITS))
    told = await reload(server)

    assert ["its import has not returned" in plugin["reason"] for plugin in told["failed"]] == [True]


async def test_a_pth_file_that_cannot_be_read_is_told(server: Server, site: PackageSite) -> None:
    await server.ready()
    (site.path / "bad.pth").write_text("import sys; sys.exit(4)\n")
    (failed,) = (await reload(server))["failed"]

    assert (failed["name"], failed["where"]) == ("bad.pth", str(site.path / "bad.pth"))
    assert failed["reason"] == "SystemExit: 4; correct the file, or delete it"
