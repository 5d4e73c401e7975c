"""The engine in the terminal's own process."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.errors import ChatUnreachable
from jupyter_ai.models import ListOptionsEntry
from jupyter_ai.server.host import HostOptions
from jupyter_ai.terminal.client import ChatClient, Option
from jupyter_ai.terminal.local import LocalPlace
from jupyter_ai.testing import FakeModel


class FileProvider:
    """A context command as a plug-in may define one."""

    id = "file"
    help = "The text of a file"
    requires_arg = True
    only_start = False
    command_id = "@file"

    def __init__(self, **_: Any) -> None:
        pass

    async def make_context_prompt(self, message: Any) -> str:
        return ""

    def replace_prompt(self, prompt: str) -> str:
        return prompt

    def get_arg_options(self, arg_prefix: str) -> list[ListOptionsEntry]:
        label = f"@file:{arg_prefix}th"
        return [ListOptionsEntry(id=label, label=label, description="", only_start=False)]


async def start(folder: Path) -> LocalPlace:
    return await LocalPlace.start(
        HostOptions(root_dir=str(folder), data_dir=str(folder)), logging.getLogger()
    )


async def test_commands_and_their_arguments(link: Any) -> None:
    link = await link(context_providers=[FileProvider])

    assert Option("/help", "Shows the commands and what they do", True) in await link.options("")
    assert Option("@file:", "The text of a file", False) in await link.options("")
    assert await link.options("@file:pa") == [Option("@file:path", "", False)]
    assert await link.options("@other:x") == []


async def test_it_settles_at_the_end_of_the_run(link: Any, read: Any) -> None:
    link = await link(model=FakeModel(["Hel", "lo"]))
    async with ChatClient(link) as client:
        client.say("hi")
        await read(client, 2)
        (human,) = client.state.messages

        seq = await link.settled(human, client.state.epoch, 0)
        while (client.state.seq or 0) < seq:
            await read(client, 1)
        assert [message.text for message in client.state.messages.values()] == ["hi", "Hello"]


async def test_chats_are_kept_for_the_next_time(tmp_path: Path, read: Any) -> None:
    place = await start(tmp_path)
    made = await place.create("A title")
    async with ChatClient(await place.link(made)) as client:
        client.say("/help")
        while client.busy or not client.state.messages:
            await read(client, 1)
    await place.aclose()

    place = await start(tmp_path)
    assert made in await place.chats()
    async with ChatClient(await place.link(made)) as client:
        await read(client, 1)
        assert "/help" in [message.text for message in client.state.messages.values()]
    await place.aclose()


async def test_a_slow_reader_comes_back_for_what_it_missed(link: Any, read: Any, pause: Any) -> None:
    link = await link()
    async with ChatClient(link, pause=pause) as client:
        await read(client, 1)
        for n in range(20):
            link.chat.say(f"{n} " + "x" * (1 << 19))
        while len(client.state.messages) < 20:
            await read(client, 1)

        assert [m.text.split()[0] for m in client.state.messages.values()] == [str(n) for n in range(20)]


async def test_a_title_is_checked_as_a_server_checks_it(tmp_path: Path) -> None:
    place = await start(tmp_path)
    try:
        with pytest.raises(ChatUnreachable, match=r"title: .* at most 200 characters"):
            await place.create("x" * 201)

        assert (await place.create("  Whales\n")).title == "Whales"
    finally:
        await place.aclose()
