"""Facts of a conversation over the WebSocket."""

from __future__ import annotations

import socket
from typing import Any

from serving import Serve, Server, Socket, Steps, begin, eventually, stream, text_of

STOPPED = "(AI response stopped by user)"


async def test_connection_is_the_first_frame(server: Server) -> None:
    chat = await server.ws()

    frame = await chat.receive()

    assert frame is not None
    assert frame["type"] == "connection"
    assert frame["history"] == {"messages": [], "pending_messages": []}
    assert frame["epoch"] == (await server.host.ready()).epoch


async def test_a_prompt_is_answered_by_a_stream(server: Server) -> None:
    chat = await server.chat()

    await chat.send({"prompt": "Hello"})
    await chat.until("agent-stream-chunk", stream_complete=True)

    types = [frame["type"] for frame in chat.frames[1:]]
    assert types[:4] == ["human", "pending", "close-pending", "agent-stream"]
    assert set(types[4:]) == {"agent-stream-chunk"}
    assert text_of(chat.frames, chat.frames[4]["id"])


async def test_every_frame_after_the_first_bears_the_next_number(server: Server) -> None:
    chat = await server.chat()

    await chat.send({"prompt": "Hello"})
    await chat.until("agent-stream-chunk", stream_complete=True)

    numbers = [frame["seq"] for frame in chat.frames]
    assert numbers == sorted(set(numbers))


async def test_the_human_message_names_its_sender_and_shows_the_selection(server: Server) -> None:
    chat = await server.chat()

    await chat.send({"prompt": "/help me", "selection": {"type": "cell", "source": "x = 1"}})
    human = await chat.last("human")

    assert human["prompt"] == "/help me"
    assert human["body"] == "/help me\n\n```\nx = 1\n```"
    assert human["selection"] == {"type": "cell", "source": "x = 1"}
    assert human["client"]["id"] == chat.frames[0]["client_id"]
    assert human["client"]["display_name"].startswith("Anonymous")
    assert human["client"]["initials"]


async def test_the_last_chunk_is_the_only_complete_one(server: Server) -> None:
    chat = await server.chat()
    _, reply = await begin(chat, "a")

    stream("a").put_nowait("two")
    stream("a").put_nowait(None)
    await chat.until("agent-stream-chunk", stream_complete=True)
    await chat.ask("/help")

    chunks = [f for f in chat.frames if f["type"] == "agent-stream-chunk" and f["id"] == reply]
    assert [c["stream_complete"] for c in chunks] == [False] * (len(chunks) - 1) + [True]
    assert text_of(chat.frames, reply) == "One two"


async def test_two_tabs_see_the_same(server: Server) -> None:
    one, other = await server.chat(), await server.chat()

    human = await one.ask("/help")

    assert (await one.last("agent"))["body"] == (await other.last("agent", reply_to=human))["body"]


async def test_a_new_connection_gets_the_history(server: Server) -> None:
    chat = await server.chat()
    human, reply = await begin(chat, "a")

    late = await server.chat()

    messages = late.frames[0]["history"]["messages"]
    assert [m["id"] for m in messages] == [human, reply]
    assert (messages[1]["body"], messages[1]["complete"]) == ("One ", False)
    stream("a").put_nowait("two")
    stream("a").put_nowait(None)
    await late.until("agent-stream-chunk", stream_complete=True)
    assert text_of(late.frames, reply) == "One two"


async def test_what_is_pending_is_in_the_history(server: Server) -> None:
    chat = await server.chat()
    human = await chat.ask("/steps a")
    await chat.until("pending")

    late = await server.chat()

    pending = late.frames[0]["history"]["pending_messages"]
    assert [(p["reply_to"], p["closed"]) for p in pending] == [(human, False)]


async def test_stop_ends_a_hanging_stream(server: Server) -> None:
    chat = await server.chat()
    _, reply = await begin(chat, "a")

    await chat.send({"type": "stop"})
    last = await chat.last("agent-stream-chunk", stream_complete=True)

    assert last["content"].endswith(STOPPED)
    assert text_of(chat.frames, reply) == f"One \n\n{STOPPED}"
    assert Steps.closed == ["a"]


async def test_stop_before_the_first_token(server: Server) -> None:
    chat = await server.chat()
    human = await chat.ask("/steps a")
    await chat.until("pending")

    await chat.send({"type": "stop"})
    seen = await chat.until("agent-stream-chunk", stream_complete=True)

    assert [f["type"] for f in seen] == ["close-pending", "agent-stream", "agent-stream-chunk"]
    assert seen[1]["reply_to"] == human
    assert seen[2]["content"] == STOPPED


async def test_stop_from_another_tab(server: Server) -> None:
    one, other = await server.chat(), await server.chat()
    _, reply = await begin(one, "a")

    await other.send({"type": "stop"})
    last = await one.last("agent-stream-chunk", id=reply, stream_complete=True)

    assert STOPPED in last["content"]


async def test_stop_from_another_browser(server: Server) -> None:
    """The token gives each browser another anonymous name; all who hold it are one."""
    chat, other = await server.chat(), await server.chat()
    await begin(chat, "a")
    await other.ask("/help")
    assert _sender(other, "/help") != _sender(chat, "/steps a")

    await other.send({"type": "stop"})
    last = await chat.last("agent-stream-chunk", stream_complete=True)

    assert last["content"].endswith(STOPPED)


async def test_stop_of_one_message_leaves_the_others(server: Server) -> None:
    chat = await server.chat()
    human, reply = await begin(chat, "a")
    _, other = await begin(chat, "b")

    await chat.send({"type": "stop", "target": human})
    await chat.until("agent-stream-chunk", id=reply, stream_complete=True)
    stream("b").put_nowait("two")
    stream("b").put_nowait(None)
    await chat.until("agent-stream-chunk", id=other, stream_complete=True)

    assert text_of(chat.frames, reply).endswith(STOPPED)
    assert text_of(chat.frames, other) == "One two"


async def test_stop_with_nothing_to_stop_is_no_error(server: Server) -> None:
    chat = await server.chat()

    await chat.send({"type": "stop"})
    await chat.ask("/help")

    assert "error" not in {frame["type"] for frame in chat.frames}


async def test_clear_of_one_exchange(server: Server) -> None:
    chat = await server.chat()
    human, _ = await begin(chat, "a")
    kept = await chat.ask("/help")
    await chat.until("agent", reply_to=kept)

    await chat.send({"type": "clear", "target": human})
    cleared = await chat.last("clear")

    assert cleared["targets"] == [human]
    history = (await server.get("api/ai/chats/history")).json()
    assert [m["id"] for m in history["messages"] if m["type"] == "human"] == [kept]
    assert Steps.closed == ["a"]


async def test_clear_of_everything_brings_the_help_message(serve: Serve) -> None:
    server = await serve(greet=True)
    chat = await server.chat()
    if not chat.frames[0]["history"]["messages"]:
        await chat.until("agent")
    await chat.ask("/help")

    await chat.send({"type": "clear"})
    seen = await chat.until("clear")
    greeting = await chat.last("agent")

    assert seen[-1]["targets"] is None
    assert "/help" in greeting["body"]
    history = (await server.get("api/ai/chats/history")).json()
    assert [m["id"] for m in history["messages"]] == [greeting["id"]]


async def test_clear_of_an_unknown_message_is_told(server: Server) -> None:
    chat = await server.chat()

    await chat.send({"type": "clear", "target": "nobody"})
    error = await chat.last("error")

    assert error["code"] == "not-found"
    assert "nobody" in error["reason"]


async def test_the_last_client_leaves_and_the_answer_is_whole(server: Server) -> None:
    chat = await server.chat()
    _, reply = await begin(chat, "a")
    chat.abort()
    await eventually(lambda: not server.host.connections)

    stream("a").put_nowait("two ")
    stream("a").put_nowait("three")
    stream("a").put_nowait(None)
    await eventually(lambda: not _running(server))
    back = await server.chat()

    message = back.frames[0]["history"]["messages"][-1]
    assert (message["id"], message["body"], message["complete"]) == (reply, "One two three", True)


async def test_chats_are_apart(server: Server) -> None:
    created = (await server.post("api/ai/chats", {"title": "Other"})).json()
    chat, other = await server.chat(), await server.chat(f"api/ai/chats/{created['id']}")

    await other.ask("/help")
    await other.until("agent")
    await chat.send({"prompt": ""})
    seen = await chat.until("error")

    assert len(seen) == 1


async def test_short_requests_in_a_row_are_not_held_up(server: Server) -> None:
    """Nagle's algorithm with delayed acknowledgements would cost 40 ms each."""
    await server.chat()

    sockets = [connection.ws_connection.stream.socket for connection in server.host.connections]
    assert [s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for s in sockets] == [1]


async def test_prompts_keep_the_server_from_being_culled(server: Server) -> None:
    chat = await server.chat()
    before = server.settings.get("api_last_activity")

    await begin(chat, "a")

    assert server.settings["api_last_activity"] != before
    assert server.extension.current_activity()
    stream("a").put_nowait(None)
    await chat.until("agent-stream-chunk", stream_complete=True)
    await eventually(lambda: not _running(server))
    assert not server.extension.current_activity()


def _sender(chat: Socket, prompt: str) -> str:
    human = next(f for f in chat.frames if f["type"] == "human" and f["prompt"] == prompt)
    return str(human["client"]["username"])


def _running(server: Server) -> Any:
    chat = server.host.default_chat()
    assert chat is not None
    return chat.runs


async def test_attachments_are_in_the_message_and_come_back(server: Server) -> None:
    attached = [{"type": "notebook", "value": "a.ipynb", "cells": [{"id": "c", "input_type": "code"}]}]
    chat = await server.chat()

    await chat.send({"prompt": "/help", "attachments": attached})
    live = await chat.last("human")
    again = await server.ws()
    history = (await again.last("connection"))["history"]["messages"]

    assert live["attachments"] == history[0]["attachments"] == attached


async def test_the_next_to_answer_is_told_to_who_asks_for_it(server: Server) -> None:
    chat = await server.ws("api/ai/chats?personas=1")
    seen = await chat.until("persona")
    id = (await server.get("api/ai/chats")).json()["chats"][0]["id"]

    await server.patch(f"api/ai/chats/{id}", {"persona": "Reviewer"})

    assert [frame["type"] for frame in seen] == ["connection", "persona"]
    assert await chat.last("persona") == {"type": "persona", "name": "Reviewer"}


async def test_after_a_restart_it_is_told_once_personas_are_loaded(serve: Serve) -> None:
    server = await serve()
    chat = await server.chat()
    human = await chat.ask("@Reviewer hello")
    await chat.last("agent-stream-chunk", stream_complete=True)
    await server.host.aclose()

    again = await (await serve()).ws("api/ai/chats?personas=1")

    assert await again.last("persona", name="Reviewer")
    assert human in str(again.frames[0]["history"])
