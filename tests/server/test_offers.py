"""What a server offers while no model is chosen, and that it asks nobody for it."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from fake_ollama import TAGS, serving
from serving import Serve, Server, Socket

Calls = list[tuple[Any, ...]]

KEY = "sk-planted-0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Where anything connected to, or looked up; only this machine can be reached."""
    seen: Calls = []
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def allow(address: Any) -> None:
        seen.append(address)
        assert address[0] in ("127.0.0.1", "::1", "localhost"), address

    def guarded(self: Any, address: Any) -> None:
        allow(address)
        connect(self, address)

    def guarded_ex(self: Any, address: Any) -> int:
        allow(address)
        return connect_ex(self, address)

    def looked_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        allow((host, port))
        return look_up(host, port, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return seen


async def answered(chat: Socket, prompt: str) -> list[str]:
    """What is replied to a prompt up to the reply to a `/help` after it: streams, then whole replies."""
    seen = len(chat.frames)
    human = await chat.ask(prompt)
    stream = await chat.last("agent-stream", reply_to=human)
    await chat.last("agent-stream-chunk", id=stream["id"], stream_complete=True)
    helped = await chat.ask("/help")
    await chat.until("agent", reply_to=helped)
    replies = [frame for frame in chat.frames[seen:] if frame["type"] == "agent"]
    return [frame["body"] for frame in replies if frame["reply_to"] == human]


async def offers(server: Server) -> Any:
    return (await server.get("api/ai/offers")).json()


async def test_nothing_found_nothing_said(serve: Serve) -> None:
    server = await serve()

    assert await offers(server) == {"offers": [], "chosen": False}
    assert await answered(await server.chat(), "hello") == []


async def test_what_was_found_is_offered_over_rest(serve: Serve, key: None, monkeypatch: Any) -> None:
    with serving(TAGS) as (address, _):
        monkeypatch.setenv("OLLAMA_HOST", str(address))
        server = await serve()

        found = await offers(server)

    assert found["chosen"] is False
    assert found["offers"][0] == {
        "model": "ollama:llama9:8b",
        "found": f"Ollama at {address}",
        "command": "/model ollama:llama9:8b",
        "installed": True,
        "install_hint": None,
    }
    assert found["offers"][1]["model"].startswith("openai-chat:")
    assert KEY not in json.dumps(found)


async def test_the_greeting_names_what_was_found(serve: Serve, key: None, monkeypatch: Any) -> None:
    with serving(TAGS) as (address, _):
        monkeypatch.setenv("OLLAMA_HOST", str(address))
        server = await serve(greet=True)
        chat = await server.ws()
        connection = await chat.receive()
        assert connection is not None
        greetings = connection["history"]["messages"] or [await chat.last("agent")]

    assert "Hello, I am Jupyternaut." in greetings[0]["body"]
    assert f"* Ollama at {address}: `/model ollama:llama9:8b`" in greetings[0]["body"]
    assert "* `OPENAI_API_KEY` in the environment: `/model openai-chat:" in greetings[0]["body"]


async def test_a_chat_is_told_once_after_the_first_answer(serve: Serve, key: None) -> None:
    server = await serve()
    chat = await server.chat()

    (note,) = await answered(chat, "hello")

    assert note.startswith("No language model is chosen, so the offline model answers.")
    assert "`/model openai-chat:" in note
    assert await answered(chat, "hello again") == []


@pytest.mark.parametrize("model", ["mockllm:offline", "mockllm:other"])
async def test_a_chosen_model_stays_alone(serve: Serve, key: None, model: str) -> None:
    server = await serve(config={"AiExtension": {"default_language_model": model}})

    assert (await offers(server))["chosen"] is True
    assert await answered(await server.chat(), "hello") == []


async def test_the_choice_of_a_person_lasts(serve: Serve, key: None) -> None:
    server = await serve()
    chat = await server.chat()
    human = await chat.ask("/model mockllm:offline")
    reply = await chat.last("agent", reply_to=human)

    assert reply["body"] == "The model is now `mockllm:offline` (chosen by you)."
    assert (await offers(server))["chosen"] is True
    await server.host.aclose()
    assert (await offers(await serve(root="another")))["chosen"] is True


async def test_a_blocked_provider_is_not_offered(serve: Serve, key: None) -> None:
    server = await serve(config={"AiExtension": {"allowed_providers": ["mockllm"]}})

    assert (await offers(server))["offers"] == []


async def test_nothing_is_sent_anywhere_before_a_model_is_chosen(
    serve: Serve, key: None, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OLLAMA_HOST")
    server = await serve(greet=True)
    calls.clear()  # jupyter_server has looked itself up
    chat = await server.chat()

    await answered(chat, "hello")
    human = await chat.ask("/model")
    await chat.last("agent", reply_to=human)
    await offers(server)
    await server.get("api/ai/providers")

    others = {address[:2] for address in calls} - {("127.0.0.1", server.port)}
    assert others == {("127.0.0.1", 11434)}
