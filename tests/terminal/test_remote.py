"""The chats of a running server: found, joined, stopped and come back to."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from serving import TOKEN, Server, stream

from jupyter_ai.errors import ChatUnreachable
from jupyter_ai.terminal.client import ChatClient, Option
from jupyter_ai.terminal.places import choose_chat, find_place, named_place
from jupyter_ai.terminal.remote import RemoteLink, RemotePlace, parse_url

CLI = [sys.executable, "-c", "from jupyter_ai.cli import main; main()"]


@pytest.fixture
def place(server: Server) -> RemotePlace:
    return RemotePlace(server.url, lambda: TOKEN)


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("http://localhost:8888", ("http://localhost:8888/", "")),
        ("localhost:8888", ("http://localhost:8888/", "")),
        ("http://localhost:8888/tree?token=abc", ("http://localhost:8888/", "abc")),
        ("https://hub.example/user/ada/lab/tree/a.ipynb?x=1", ("https://hub.example/user/ada/", "")),
    ],
)
def test_url_as_a_browser_has_it(url: str, parsed: tuple[str, str]) -> None:
    assert parse_url(url) == parsed


def test_what_is_no_url_is_told() -> None:
    with pytest.raises(ChatUnreachable, match="is not the URL of a server"):
        parse_url("ftp://example/")


async def test_an_answer_streams_from_a_server(place: RemotePlace, read: Any) -> None:
    async with ChatClient(await place.link(None)) as client:
        await read(client, 1)
        client.say("/steps one")
        stream("one").put_nowait("Hel")
        while not any(m.text == "Hel" for m in client.state.messages.values()):
            await read(client, 1)
        stream("one").put_nowait("lo")
        stream("one").put_nowait(None)
        while client.busy:
            await read(client, 1)

        assert [m.text for m in client.state.messages.values()][-1] == "Hello"


async def test_stop_from_another_client(place: RemotePlace, read: Any) -> None:
    link = await place.link(None)
    async with ChatClient(link) as one, ChatClient(link) as two:
        one.say("/steps forever")
        stream("forever").put_nowait("So")
        while not two.state.open:
            await read(two, 1)
        two.stop()
        while one.busy or not one.state.messages:
            await read(one, 1)

        assert [m.text for m in one.state.messages.values()][-1] == "So\n\n(AI response stopped by user)"


async def test_a_cut_connection_is_resumed(server: Server, place: RemotePlace, read: Any) -> None:
    async with ChatClient(await place.link(None)) as client:
        client.say("/steps cut")
        stream("cut").put_nowait("Hel")
        while not any(m.text == "Hel" for m in client.state.messages.values()):
            await read(client, 1)
        for connection in list(server.host.connections):
            connection.abort()
        stream("cut").put_nowait("lo")
        stream("cut").put_nowait(None)
        while client.busy:
            await read(client, 1)

        assert [m.text for m in client.state.messages.values()][-1] == "Hello"


async def test_settled_is_where_the_chat_is_now(place: RemotePlace, read: Any) -> None:
    link = await place.link(None)
    async with ChatClient(link) as client:
        client.say("/help")
        while client.busy or not client.state.messages:
            await read(client, 1)

        assert await link.settled("h", client.state.epoch, client.state.seq or 0) == client.state.seq
        assert await link.settled("h", "another epoch", 0) == 0


async def test_commands_are_asked_for(place: RemotePlace) -> None:
    options = await (await place.link(None)).options("")

    assert Option("/help", "Shows the commands and what they do", True) in options


async def test_commands_are_those_of_the_chat(place: RemotePlace) -> None:
    made = await place.create("A title")

    assert await (await place.link(made)).options("/he") == [
        Option("/help", "Shows the commands and what they do", True)
    ]
    with pytest.raises(ChatUnreachable, match="no such chat"):
        await RemoteLink(place, "gone").options("/he")


async def test_chats_are_listed_created_and_chosen(place: RemotePlace, read: Any) -> None:
    made = await choose_chat(place, None, "A title")
    assert made is not None
    default, listed = await place.chats()

    assert (default.is_default, listed) == (True, made)
    assert await choose_chat(place, "A title", None) == made
    assert await choose_chat(place, made.id[:8], None) == made
    assert await choose_chat(place, None, None) is None
    with pytest.raises(ChatUnreachable, match=r"There is no chat 'other'.*--list"):
        await choose_chat(place, "other", None)


async def test_a_deleted_chat_has_no_way_back(server: Server, place: RemotePlace, read: Any) -> None:
    made = await place.create("A title")
    async with ChatClient(await place.link(made)) as client:
        await read(client, 1)
        await server.delete(f"api/ai/chats/{made.id}")

        with pytest.raises(ChatUnreachable, match="deleted"):
            await read(client, 9)


async def test_a_wrong_token_is_told(server: Server) -> None:
    with pytest.raises(ChatUnreachable, match=r"does not let us in\. Give its token with --token"):
        await named_place(server.url, "wrong")


async def test_a_server_without_the_extension_is_told(server: Server) -> None:
    with pytest.raises(ChatUnreachable, match="jupyter server extension list"):
        await named_place(server.url.replace("/a%40b/", "/elsewhere/"), TOKEN)


async def test_no_server_is_told(jupyter_dirs: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(ChatUnreachable, match=r"No server answers at .* Start one with `jupyter server`"):
        await named_place(f"http://127.0.0.1:{port}", "")


async def test_a_running_server_is_found_with_its_token(server: Server, tmp_path: Path) -> None:
    (tmp_path / "runtime" / "jpserver-1.json").write_text(runtime_file(server))
    told: list[str] = []

    place = await find_place(tmp_path, "", local=False, log=server.app.log, tell=told.append)

    assert isinstance(place, RemotePlace)
    assert (place.url, told) == (server.url, [])


async def test_a_wrong_exported_token_gives_way_to_the_servers_own(server: Server, tmp_path: Path) -> None:
    (tmp_path / "runtime" / "jpserver-1.json").write_text(runtime_file(server))
    told: list[str] = []

    place = await find_place(tmp_path, "wrong", local=False, log=server.app.log, tell=told.append)

    assert isinstance(place, RemotePlace)
    assert [chat.is_default for chat in await place.chats()] == [True]
    assert told == []


async def test_a_server_that_refuses_every_token_is_no_reason_to_answer_locally(
    server: Server, jupyter_dirs: Path
) -> None:
    (jupyter_dirs / "runtime" / "jpserver-1.json").write_text(runtime_file(server, token="old"))
    pipe = asyncio.subprocess.PIPE

    process = await asyncio.create_subprocess_exec(
        *CLI, "chat", "/help", stdout=pipe, stderr=pipe, env={**os.environ, "JUPYTER_TOKEN": "wrong"}
    )
    async with asyncio.timeout(20):
        out, err = await process.communicate()

    assert (process.returncode, out) == (2, b"")
    assert err.decode().splitlines() == [
        f"Error: {server.url} does not let us in. Give its token with --token; `jupyter server list` shows "
        "it. Or answer in this process with --local."
    ]


async def test_the_command_line_asks_a_running_server(server: Server, jupyter_dirs: Path) -> None:
    (jupyter_dirs / "runtime" / "jpserver-1.json").write_text(runtime_file(server))
    pipe = asyncio.subprocess.PIPE

    process = await asyncio.create_subprocess_exec(*CLI, "chat", stdin=pipe, stdout=pipe, stderr=pipe)
    async with asyncio.timeout(20):
        out, err = await process.communicate(b"/help\n")

    assert (process.returncode, err) == (0, b"")
    assert b"`/steps`: Streams what a test says" in out
    assert b"\x1b" not in out


def runtime_file(server: Server, **changes: Any) -> str:
    import json

    info = {**server.app.server_info(), "url": server.url, "pid": os.getpid(), **changes}
    return json.dumps(info)
