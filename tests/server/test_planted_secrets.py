"""Secrets that are no API keys, keys that come in pieces, and words that are no keys, at a server."""

from __future__ import annotations

import json
import logging
import os

import pytest
from serving import Serve, Socket, Steps, begin, stream, text_of

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage

HEADER = "header-planted-0123456789"
PASSWORD = "proxy/planted-0123456789"
TOKEN = "parameter-planted-0123456789"
KEY = "sk-planted-0123456789abcdefghijklmnopqrstuvwxyz"
SECRETS = {
    "network_headers": {"X-Team": f"Bearer {HEADER}"},
    "network_proxy": "http://me:proxy%2Fplanted-0123456789@127.0.0.1:9",
    "model_parameters": {"acme:one": {"gateway_token": TOKEN}},
}


class Tells(BaseChatHandler):
    """It fails with all that it knows."""

    id = "tells"
    name = "Tells"
    help = "Tells"
    routing_type = SlashCommandRoutingType(slash_id="tells")
    uses_llm = False

    async def process_message(self, message: HumanChatMessage) -> None:
        told = f"{HEADER}, {PASSWORD}, {TOKEN}"
        self.reply(told, message)
        logging.getLogger("tells").warning(told)
        raise ValueError(told)


async def failed(chat: Socket, prompt: str) -> None:
    human = await chat.ask(prompt)
    while not (await chat.last("agent", reply_to=human))["metadata"].get("error"):
        pass


async def test_secrets_that_are_no_keys(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    server = await serve(Tells, config={"AiExtension": SECRETS})
    chat = await server.chat()

    await failed(chat, "/tells")

    log = caplog.text + "".join(str(record.exc_text) for record in server.errors)
    for told in (json.dumps(chat.frames), log):
        assert "-planted-0" not in told.replace("%2F", "-")
        assert "ValueError: [network_headers], [network_proxy], [gateway_token]" in told


async def test_the_configuration_is_logged_without_them(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    server = await serve(config={"AiExtension": {"default_api_keys": {"A_KEY": KEY}, **SECRETS}})
    logging.getLogger("traitlets").warning("Config changed: %r", server.extension.config)

    told = caplog.messages[-1]
    assert "'A_KEY': '[A_KEY]'" in told
    assert "planted-0" not in told


@pytest.mark.parametrize("size", [4, 7, 16])
async def test_a_key_in_small_chunks(serve: Serve, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setenv("ACME_API_KEY", KEY)
    server = await serve(Steps)
    chat = await server.chat()
    _, reply = await begin(chat, "small", "key ")

    for at in range(0, len(KEY), size):
        stream("small").put_nowait(KEY[at : at + size])
    stream("small").put_nowait(" sk-plan")
    stream("small").put_nowait(None)
    await chat.until("agent-stream-chunk", id=reply, stream_complete=True)

    assert text_of(chat.frames, reply) == "key [ACME_API_KEY] sk-plan"
    again = await server.chat()
    assert KEY[:12] not in json.dumps(again.frames)
    assert "key [ACME_API_KEY] sk-plan" in json.dumps(again.frames)


async def test_what_is_held_back_is_sent_when_it_is_stopped(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", KEY)
    server = await serve(Steps)
    chat = await server.chat()
    human, reply = await begin(chat, "held", "see sk-plan")

    await chat.send({"type": "stop", "target": human})
    await chat.until("agent-stream-chunk", id=reply, stream_complete=True)

    assert text_of(chat.frames, reply).startswith("see sk-plan\n\n")


@pytest.mark.parametrize("key", [b"\xffabcdefgh12345678", b"a\nb\r\xf0\x9f12345678"])
async def test_a_strange_key_stops_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch, key: bytes) -> None:
    monkeypatch.setitem(os.environb, b"FOO_TOKEN", key)
    monkeypatch.setenv("ACME_API_KEY", KEY)
    server = await serve(Steps)
    chat = await server.chat()
    _, reply = await begin(chat, "strange", f"{KEY} ")
    stream("strange").put_nowait(None)

    assert text_of(chat.frames, reply) == "[ACME_API_KEY] "


async def test_words_stay(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "anything")
    monkeypatch.setenv("X_PASSWORD", "problems")
    server = await serve()
    chat = await server.chat()
    helped = await chat.last("agent", reply_to=await chat.ask("/help"))

    assert "[" not in helped["body"]
    assert "problems" in (await server.get("api/ai/health")).json()
