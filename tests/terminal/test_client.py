"""A client stays in its chat: it comes back after a drop, and says nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_ai.errors import ChatUnreachable
from jupyter_ai.terminal.client import ChatClient
from jupyter_ai.terminal.state import Grew, Lost, Refused, Said, Settled, Synced


async def test_a_prompt_is_sent_and_comes_back(
    frames: Any, scripted: Any, scripted_link: Any, read: Any
) -> None:
    connection = scripted([frames.connection()])
    async with ChatClient(scripted_link(connection)) as client:
        await read(client, 1)
        client.say("hi")
        assert (client.unconfirmed, client.busy) == (["hi"], True)
        connection.give(frames.human("h", "hi"))
        await read(client, 1)
        assert (client.unconfirmed, client.busy) == ([], True)
        connection.give(frames.agent("a", "Hello", "h"))
        await read(client, 1)

        assert connection.sent == [{"prompt": "hi"}]
        assert not client.busy
    assert connection.closed


async def test_what_is_said_before_the_history_is_there_is_sent_once(
    frames: Any, scripted: Any, scripted_link: Any, read: Any, until: Any
) -> None:
    connection = scripted()
    async with ChatClient(scripted_link(connection)) as client:
        client.say("hi")
        connection.give(frames.connection())
        await read(client, 1)
        client.say("ho")
        await until(lambda: len(connection.sent) == 2)

        assert connection.sent == [{"prompt": "hi"}, {"prompt": "ho"}]


async def test_after_a_drop_it_gets_what_it_missed(
    frames: Any, scripted: Any, scripted_link: Any, read: Any, pause: Any
) -> None:
    first = scripted([frames.connection(), frames.stream("s"), frames.chunk("s", 0, "Hel")])
    missed = frames.chunk("s", 3, "lo", last=True)
    link = scripted_link(first, ConnectionError("no answer"), scripted([frames.resumed(), missed]))
    async with ChatClient(link, pause=pause) as client:
        await read(client, 3)
        first.drop()
        events = await read(client, 4)

        message = client.state.messages["s"]
        assert events == [
            Lost("the connection was lost"),
            Lost("no answer"),
            Synced(first=False),
            Grew(message),
        ]
        assert link.opened == [("", None), ("e1", 2), ("e1", 2)]
        assert message.text == "Hello"


async def test_a_missing_chunk_brings_the_whole_history(
    frames: Any, scripted: Any, scripted_link: Any, read: Any, pause: Any
) -> None:
    first = scripted([frames.connection(), frames.stream("s"), frames.chunk("s", 1, "ello")])
    link = scripted_link(first, scripted([frames.connection(frames.stream("s", body="Hello"))]))
    async with ChatClient(link, pause=pause) as client:
        await read(client, 5)

        assert link.opened == [("", None), ("e1", None)]
        assert client.state.messages["s"].text == "Hello"


async def test_a_prompt_that_was_taken_before_the_drop_is_not_sent_again(
    frames: Any, scripted: Any, scripted_link: Any, read: Any, pause: Any, until: Any
) -> None:
    first = scripted([frames.connection()])
    taken = frames.human("h", "taken")
    second = scripted([frames.resumed(), taken])
    async with ChatClient(scripted_link(first, second), pause=pause) as client:
        await read(client, 1)
        client.say("taken")
        client.say("lost")
        first.drop()
        await read(client, 3)
        await until(lambda: second.sent)

        assert second.sent == [{"prompt": "lost"}]


async def test_stop_waits_for_the_connection(
    frames: Any, scripted: Any, scripted_link: Any, read: Any, pause: Any, until: Any
) -> None:
    first, second = scripted([frames.connection()]), scripted([frames.resumed()])
    async with ChatClient(scripted_link(first, second), pause=pause) as client:
        await read(client, 1)
        first.closed = True
        client.stop("h")
        await until(lambda: first.sent)
        first.drop()
        await read(client, 2)
        await until(lambda: second.sent)

        assert second.sent == [{"type": "stop", "target": "h"}]


async def test_it_gives_up_where_there_is_no_way_back(
    frames: Any, scripted: Any, scripted_link: Any, read: Any, pause: Any
) -> None:
    first = scripted([frames.connection()])
    async with ChatClient(scripted_link(first, ChatUnreachable("deleted")), pause=pause) as client:
        await read(client, 1)
        first.drop()
        await read(client, 1)

        with pytest.raises(ChatUnreachable, match="deleted"):
            await client.next_event()


async def test_no_connection_at_all_is_told(scripted_link: Any) -> None:
    with pytest.raises(ChatUnreachable, match="no answer"):
        async with ChatClient(scripted_link(ConnectionError("no answer"))):
            pass


async def test_it_gives_up_after_so_many_attempts(
    frames: Any, scripted: Any, scripted_link: Any, read: Any, pause: Any
) -> None:
    first, away = scripted([frames.connection()]), ConnectionError("no answer")
    async with ChatClient(scripted_link(first, away, away), pause=pause, attempts=2) as client:
        await read(client, 1)
        first.drop()
        await read(client, 3)

        with pytest.raises(ChatUnreachable, match="no answer"):
            await client.next_event()


async def test_a_refused_prompt_is_not_sent_again(
    frames: Any, scripted: Any, scripted_link: Any, read: Any
) -> None:
    connection = scripted([frames.connection()])
    async with ChatClient(scripted_link(connection)) as client:
        await read(client, 1)
        client.say("too long")
        connection.give({"type": "error", "reason": "The frame is too large.", "code": "invalid-frame"})

        assert await read(client, 1) == [Refused("The frame is too large.")]
        assert client.unconfirmed == []


async def test_settled_comes_after_all_that_was_said(
    frames: Any, scripted: Any, scripted_link: Any, read: Any
) -> None:
    connection = scripted([frames.connection(), frames.human("h", "hi")])
    link = scripted_link(connection)
    link.settled_at = frames.seq + 1
    async with ChatClient(link) as client:
        await read(client, 2)
        client.settle("h")
        connection.give(frames.agent("a", "Hello", "h"))

        assert await read(client, 2) == [Said(client.state.messages["a"]), Settled("h")]


async def test_what_was_settled_before_a_restart_is_settled(
    frames: Any, scripted: Any, scripted_link: Any, read: Any, pause: Any, make_frames: Any
) -> None:
    human = frames.human("h", "hi")
    first, second = scripted([frames.connection(human)]), scripted([make_frames("e2").connection(human)])
    link = scripted_link(first, second)
    link.settled_at = 1000
    async with ChatClient(link, pause=pause) as client:
        await read(client, 1)
        client.settle("h")
        first.drop()

        assert await read(client, 3) == [Lost("the connection was lost"), Synced(first=False), Settled("h")]


async def test_the_engine_in_this_process_answers(link: Any, read: Any) -> None:
    async with ChatClient(await link()) as client:
        client.say("/help")
        events = await read(client, 3)

        assert [type(event) for event in events] == [Synced, Said, Said]
        assert "/clear" in client.state.messages[events[2].message.id].text
