"""A key is planted, everything around it fails and tells it, and then it is searched for everywhere."""

from __future__ import annotations

import base64
import json
import logging
import sys
import warnings
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import BaseModel
from serving import Serve, Server, Socket

from jupyter_ai import extension
from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.plugins import CHAT_HANDLERS, MODEL_PROVIDERS
from jupyter_ai.server import host
from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.auth import EnvAuthStrategy

NAME = "LEAKY_API_KEY"
KEY = "sk-planted+/\"key'\\0123456789abcdefghijklmnopqrstuvwxyzABCD"

MODELS = ["constructor", "validation", "call", "stream", "middle", "chunk"]
PATHS = ("config", "providers", "plugins", "health", "offers", "chats/history", f"chats/{KEY[:10]}")


def leak(key: str) -> None:
    """Raise what libraries raise: with the key in the message, in a URL, in locals and in the cause."""
    request = {
        "headers": {"Authorization": f"Bearer {key}"},
        "url": f"https://models.example/?k={quote(key)}",
    }
    try:
        raise KeyError(json.dumps(request))
    except KeyError as e:
        basic = base64.b64encode(f"user:{key}".encode()).decode()
        raise RuntimeError(f"401 for {request['url']}: {key!r} (Basic {basic}), {quote_plus(key)}") from e


class Account(BaseModel):
    key: int


class Leaky(BaseProvider, BaseChatModel):
    """Tells its key on every occasion."""

    id = "leaky"
    name = "Leaky"  # type: ignore[misc]
    models = MODELS  # type: ignore[misc]
    model_id_key = "model"
    auth_strategy = EnvAuthStrategy(name=NAME)

    model: str
    leaky_api_key: str

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        logging.getLogger("leaky").warning("connecting with %s", self.leaky_api_key)
        logging.getLogger("asyncio").error("a task failed", exc_info=ValueError(self.leaky_api_key))
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"{self.leaky_api_key} is deprecated", stacklevel=1)
        if self.model == "constructor":
            leak(self.leaky_api_key)
        if self.model == "validation":
            Account(key=self.leaky_api_key)  # type: ignore[arg-type]

    @property
    def _llm_type(self) -> str:
        return "leaky"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        leak(self.leaky_api_key)
        raise AssertionError

    async def _astream(
        self, messages: list[BaseMessage], *_: Any, **__: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        if self.model == "middle":
            yield ChatGenerationChunk(message=AIMessageChunk("half "))
        if self.model == "chunk":
            info = {"request": f"Bearer {self.leaky_api_key}"}
            message = AIMessageChunk(f"I use {self.leaky_api_key} for you", response_metadata=info)
            yield ChatGenerationChunk(message=message)
            return
        leak(self.leaky_api_key)


class Fails(BaseChatHandler):
    """Its account of a failure fails as well."""

    id = "fails"
    name = "Fails"
    help = "Fails"
    routing_type = SlashCommandRoutingType(slash_id="fails")
    uses_llm = False

    async def process_message(self, message: HumanChatMessage) -> None:
        leak(self.config_manager.keys.get(NAME) or "")

    async def handle_exc(self, e: Exception, message: HumanChatMessage) -> None:
        self.reply(f"Oh: {e}", message)
        raise ValueError(f"and again: {e}")


class Unmade(Fails):
    """It cannot be made."""

    id = "unmade"
    routing_type = SlashCommandRoutingType(slash_id="unmade")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        leak(self.config_manager.keys.get(NAME) or "")


class _Unloadable(type):
    @property
    def routing_type(cls) -> None:
        leak(KEY)


class Unloadable(metaclass=_Unloadable):
    """It cannot be registered."""


def forms() -> dict[str, str]:
    """The ways in which the key may be written, made without the code under test."""
    raw = KEY.encode()
    told = {
        "plain": KEY,
        "repr": repr(KEY)[1:-1],
        "json": json.dumps(KEY)[1:-1],
        "json in json": json.dumps(json.dumps(KEY))[3:-3],
        "url": quote(KEY),
        "url, all": quote(KEY, safe=""),
        "form": quote_plus(KEY),
        "end": KEY[-12:],
        "beginning": KEY[:20],
    }
    # Of base64 the letters that no neighbour changes.
    told |= {f"base64, {n} before": base64.b64encode(b"x" * n + raw)[4:-4].decode() for n in range(3)}
    return told


def places_with_key(said: dict[str, str]) -> dict[str, list[str]]:
    found = {place: [form for form, text in forms().items() if text in what] for place, what in said.items()}
    return {place: told for place, told in found.items() if told}


async def provoke(server: Server) -> tuple[list[Any], list[bytes]]:
    """Make everything fail; what came over WebSockets and over REST."""
    server.add(Fails, Unmade)
    server.host.plugins.add(MODEL_PROVIDERS, "leaky", Leaky, distribution="test")
    server.host.plugins.add(CHAT_HANDLERS, "unloadable", Unloadable, distribution="test")
    await server.ready()
    chat = await server.chat()
    for model in MODELS:
        chosen = await server.post("api/ai/config", {"model_provider_id": f"leaky:{model}"})
        assert chosen.status < 300, chosen.body
        await ended(chat, await chat.ask(f"hello {model}"))
    for prompt in ("/fails", "/unmade", "/model leaky:none", "/model nobody:none", "/help"):
        await ended(chat, await chat.ask(prompt))
    for frame in ({"type": KEY}, {"prompt": {KEY: KEY}}, {"type": "stop", "target": KEY}, KEY):
        await chat.send(json.dumps(frame))
    await ended(chat, await chat.ask("/fails"))
    bodies = [(await server.post("api/ai/config", request)).body for request in refused()]
    bodies += [(await server.get(f"api/ai/{path}")).body for path in PATHS]
    bodies.append((await server.post("api/ai/chats", {"title": [KEY]})).body)
    bodies.append((await server.delete(f"api/ai/api_keys/{quote(KEY, safe='')}")).body)
    return chat.frames, bodies


async def complete(server: Server) -> tuple[list[Any], list[bytes]]:
    """Have code completed by models that fail or tell the key, whole and streamed; likewise."""
    server.host.plugins.add(MODEL_PROVIDERS, "leaky", Leaky, distribution="test")
    await server.ready()
    editor = await server.ws("api/ai/completion/inline?status=1")
    asked = [(model, False) for model in ("constructor", "validation", "chunk")]
    asked += [(model, True) for model in ("stream", "middle", "chunk")]
    for number, (model, stream) in enumerate(asked):
        await server.post("api/ai/completion/model", {"id": f"leaky:{model}"})
        place = {"path": f"{number}.py", "language": "python", "suffix": "", "mime": "text/x-python"}
        await editor.send({"number": number, "prefix": "x = ", "stream": stream, **place})
        while (await answered(editor))["reply_to"] != number:
            pass
    await editor.send(json.dumps({"type": KEY}))
    await editor.last("error")
    bodies = [(await server.post("api/ai/completion/model", {"id": f"{KEY}:{KEY}"})).body]
    bodies += [(await server.get(f"api/ai/completion/{path}")).body for path in ("status", "models")]
    return editor.frames, bodies


async def answered(editor: Socket) -> Any:
    """The next frame that answers a request."""
    while (frame := await editor.receive()) is not None:
        if "reply_to" in frame:
            return frame
    raise AssertionError("the connection was closed")


def refused() -> Iterable[dict[str, Any]]:
    yield {"model_provider_id": KEY}
    yield {"model_provider_id": f"{KEY}:{KEY}"}
    yield {"send_with_shift_enter": KEY}
    yield {"fields": {"leaky:call": KEY}}
    yield {"api_keys": [KEY]}
    yield {"last_read": KEY}


async def ended(chat: Socket, human: str) -> None:
    """Wait for the last word of what answers a message: a whole reply, or the end of a stream."""
    streams = set()
    while (frame := await chat.receive()) is not None:
        if frame["type"] == "agent-stream" and frame["reply_to"] == human:
            streams.add(frame["id"])
        is_end = frame.get("stream_complete") and frame["id"] in streams
        failed = is_end and "error" in frame["metadata"]
        if (is_end and not failed) or (frame["type"] == "agent" and frame["reply_to"] == human):
            return
    raise AssertionError("the connection was closed")


def text_in(path: Path) -> str:
    """What is in the files below `path`, except in the store of keys."""
    files = [file for file in sorted(path.rglob("*")) if file.is_file() and file.name != "secrets.json"]
    return "\n".join(file.read_bytes().decode("latin-1") for file in files)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings are shown as outside of a test."""

    def show(message: Warning | str, category: type[Warning], *_: Any) -> None:
        print(f"{category.__name__}: {message}", file=sys.stderr)

    monkeypatch.setattr(warnings, "showwarning", show)


@pytest.fixture
def said(
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    shown: None,
) -> Callable[..., Any]:
    """Plants the key, and returns all that was said, by place."""

    async def plant(where: str, *, logs: bool = True, provoke: Any = provoke) -> dict[str, str]:
        options: dict[str, Any] = {"error_logs_dir": str(tmp_path / "errors")} if logs else {}
        if where == "environment":
            monkeypatch.setenv(NAME, KEY)
        if where == "default":
            options["default_api_keys"] = {NAME: KEY}
        server = await serve(config={"AiExtension": options}, greet=True)
        if where == "store":
            await server.ready()
            assert (await server.post("api/ai/config", {"api_keys": {NAME: KEY}})).status < 300
        frames, bodies = await provoke(server)
        await server.host.aclose()
        records = [f"{vars(record)!r} {record.exc_text}" for record in caplog.records]
        out, err = capfd.readouterr()
        return {
            "frames": json.dumps(frames, ensure_ascii=False),
            "rest": "\n".join(body.decode() for body in bodies),
            "error logs": text_in(tmp_path / "errors"),
            "disk": text_in(tmp_path / "data"),
            "log": "\n".join([caplog.text, *records]),
            "output": out + err,
        }

    return plant


@pytest.mark.parametrize("where", ["environment", "store", "default"])
async def test_the_key_is_nowhere(where: str, said: Callable[..., Any]) -> None:
    everything = await said(where)

    assert places_with_key(everything) == {}
    # And yet everything did fail, and was told.
    assert everything["frames"].count(f"[{NAME}]") > 10
    assert all(f"[{NAME}]" in everything[place] for place in ("rest", "error logs", "disk", "log", "output"))


async def test_the_key_is_in_nothing_about_completions(said: Callable[..., Any]) -> None:
    everything = await said("environment", provoke=complete)

    assert places_with_key(everything) == {}
    assert everything["frames"].count(f"[{NAME}]") > 5


async def test_the_key_is_in_no_traceback_in_the_chat(said: Callable[..., Any]) -> None:
    everything = await said("environment", logs=False)

    assert places_with_key(everything) == {}
    assert "Traceback (most recent call last)" in everything["frames"]
    assert "Traceback (most recent call last)" in everything["disk"]


async def test_without_redaction_it_is_everywhere(
    said: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (host, extension):
        monkeypatch.setattr(module, "start_redacting", lambda redactor: None)

    found = places_with_key(await said("environment"))

    assert set(found) == {"frames", "rest", "error logs", "disk", "log", "output"}
    assert {form for told in found.values() for form in told} > {"plain", "repr", "json", "url", "form"}
