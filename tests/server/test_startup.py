"""The start and the end of the chat on a server."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from serving import Serve, Steps, begin, eventually, stream
from tornado.httpclient import HTTPClientError

from jupyter_ai.chat_handlers import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.engine.store import StoreError
from jupyter_ai.errors import EngineUnavailable
from jupyter_ai.models import HumanChatMessage
from jupyter_ai.plugins import CHAT_HANDLERS


async def test_the_server_answers_before_anything_of_the_chat_is_loaded(serve: Serve) -> None:
    server = await serve()

    status = await server.get("api/status")

    assert status.status == 200
    assert server.host.state == "waiting"
    assert server.host.plugins.plugins() == []


async def test_a_request_for_the_chat_starts_it(serve: Serve) -> None:
    server = await serve()

    chat = await server.ws()

    assert (await chat.receive() or {})["type"] == "connection"
    assert server.host.state == "ready"


async def test_it_starts_without_a_request(serve: Serve) -> None:
    server = await serve()

    await eventually(lambda: server.host.state == "ready")

    await server.ready()
    assert server.host.plugins.loaded(CHAT_HANDLERS)


async def test_requests_that_come_early_share_one_start(serve: Serve) -> None:
    server = await serve()

    engines = await asyncio.gather(*(server.host.ready() for _ in range(5)))

    assert len({id(engine) for engine in engines}) == 1


async def test_a_failure_is_told_and_the_server_goes_on(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await serve()
    monkeypatch.setattr(server.host, "_prepare", lambda: 1 / 0)

    refused = await server.get("api/ai/chats")
    health = await server.get("api/ai/health")

    assert refused.status == 503
    assert "ZeroDivisionError" in refused.json()["message"]
    assert health.status == 200
    assert health.json()["problems"] == ["engine: ZeroDivisionError: division by zero"]
    assert health.json()["engine"]["state"] == "failed"
    with pytest.raises(HTTPClientError, match="503"):
        await server.ws()
    assert (await server.get("api/status")).status == 200
    assert [record.getMessage() for record in server.errors] == ["The chat engine could not be started."]


async def test_two_servers_on_one_root(serve: Serve) -> None:
    one, other = await serve(), await serve()
    await one.ready()
    await other.ready()

    health = (await other.get("api/ai/health")).json()
    chat = await other.chat()

    assert health["store"]["path"] != (await one.get("api/ai/health")).json()["store"]["path"]
    assert "is in use by another server" in health["store"]["notice"]
    told = [message["body"] for message in chat.frames[0]["history"]["messages"]]
    assert told == [health["store"]["notice"]]


async def test_two_servers_on_two_roots(serve: Serve) -> None:
    one, other = await serve(root="one"), await serve(root="other")
    await one.ready()
    await other.ready()

    await (await one.chat()).ask("/help")

    assert (await other.get("api/ai/chats/history")).json()["messages"] == []
    assert (await other.get("api/ai/health")).json()["store"]["notice"] is None


async def test_the_store_is_where_the_administrator_wants_it(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "chats.db"
    server = await serve(config={"AiExtension": {"chat_store_path": str(path)}})
    await server.ready()

    assert (await server.get("api/ai/health")).json()["store"]["path"] == str(path)
    assert path.exists()


class Deaf(BaseChatHandler):
    """Swallows its cancellation."""

    id = "deaf"
    name = "Deaf"
    help = "Goes on"
    routing_type = SlashCommandRoutingType(slash_id="deaf")
    uses_llm = False

    over: asyncio.Event

    async def process_message(self, message: HumanChatMessage) -> None:
        while not self.over.is_set():
            with suppress(asyncio.CancelledError):
                await self.over.wait()


async def test_stopping_waits_for_no_handler(serve: Serve) -> None:
    Deaf.over = asyncio.Event()
    server = await serve(Steps, Deaf)
    await server.ready()
    chat = await server.chat()
    await begin(chat, "a")
    await chat.ask("/deaf")

    async with asyncio.timeout(2):
        await server.extension.stop_extension()

    assert await chat.closed() is None
    assert Steps.closed == ["a"]
    assert (await server.get("api/ai/chats")).status == 503
    assert (await server.get("api/ai/health")).json()["engine"]["state"] == "closed"
    Deaf.over.set()


async def test_stopping_while_starting(serve: Serve) -> None:
    server = await serve()
    request = asyncio.create_task(server.get("api/ai/chats"))
    await eventually(lambda: server.host.state == "starting")

    await server.extension.stop_extension()

    assert (await request).status == 503
    assert server.errors == []


async def test_stopping_before_the_start_has_begun(serve: Serve) -> None:
    server = await serve()
    server.host.start()  # a task that has taken no step yet

    await server.host.aclose()

    async with asyncio.timeout(5):
        with pytest.raises(EngineUnavailable, match="stopping"):
            await server.host.ready()


async def test_stopping_while_the_default_chat_opens(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = await serve()
    opening = asyncio.Event()

    async def hang(engine: Any) -> None:
        opening.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(server.host, "_open_default_chat", hang)
    server.host.start()
    await opening.wait()

    await server.extension.stop_extension()

    assert server.host.engine is not None
    with pytest.raises(StoreError, match="closed"):
        await server.host.engine.store.chats()
    with pytest.raises(EngineUnavailable):
        await server.host.ready()


async def test_stopping_before_the_start(serve: Serve) -> None:
    server = await serve()

    await server.extension.stop_extension()
    await server.host.aclose()

    assert server.host.state == "closed"


async def test_the_preferred_directory_reaches_the_handlers(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "root" / "work").mkdir(parents=True)
    server = await serve(Steps, config={"FileContentsManager": {"preferred_dir": "work"}})
    await server.ready()

    handler = server.settings["jai_chat_handlers"]["/steps"]

    assert (handler.root_dir, handler.output_dir) == (
        str(tmp_path / "root"),
        str(tmp_path / "root" / "work"),
    )


async def test_traits_reach_the_engine(serve: Serve) -> None:
    config = {
        "default_max_chat_history": None,
        "help_message_template": "Hi, {persona_name}",
        "model_parameters": {"mockllm:offline": {"delay_ms": 0}},
        "error_logs_dir": "/var/log",
    }
    server = await serve(config={"AiExtension": config})

    options = (await server.host.ready()).options

    assert options.max_chat_history is None
    assert options.help_message_template == "Hi, {persona_name}"
    assert options.model_parameters == {"mockllm:offline": {"delay_ms": 0}}
    assert options.error_logs_dir == "/var/log"


class TestSettings:
    """The keys that plug-ins of 2.x read."""

    async def test_every_key_is_there_at_once_and_imports_nothing(self, serve: Serve) -> None:
        server = await serve()

        assert {
            "jai_config_manager",
            "jai_chat_handlers",
            "jai_root_chat_handlers",
            "jai_context_providers",
            "jai_message_interrupted",
            "jai_event_loop",
            "jai_completions",
            "lm_providers",
            "em_providers",
            "model_parameters",
            "chat_history",
            "pending_messages",
            "llm_chat_memory",
            "dask_client_future",
            "allowed_models",
            "blocked_models",
        } <= set(server.settings)
        assert server.settings["jai_event_loop"] is asyncio.get_running_loop()
        assert server.host.plugins.plugins() == []

    async def test_before_the_chat_is_open_they_are_empty(self, serve: Serve) -> None:
        settings = (await serve()).settings

        assert dict(settings["jai_chat_handlers"]) == {}
        assert list(settings["chat_history"]) == []
        assert list(settings["pending_messages"]) == []
        assert not hasattr(settings["llm_chat_memory"], "messages")

    async def test_providers_are_loaded_by_whoever_reads_them(self, serve: Serve) -> None:
        settings = (await serve()).settings

        assert "mockllm" in settings["lm_providers"]
        assert settings["lm_providers"]["mockllm"].id == "mockllm"
        assert "mockllm" not in settings["em_providers"]
        assert settings["jai_config_manager"].lm_provider is settings["lm_providers"]["mockllm"]

    @pytest.mark.parametrize(
        "read",
        [
            lambda handlers: handlers["/help"],
            lambda handlers: handlers.get("/help"),
            lambda handlers: dict(handlers)["/help"],
            lambda handlers: dict(handlers.items())["/help"],
            lambda handlers: handlers.copy()["/help"],
            lambda handlers: next(value for value in handlers.values() if value.id == "help"),
        ],
        ids=["item", "get", "dict", "items", "copy", "values"],
    )
    async def test_every_reader_gets_the_default_chats_handler(self, serve: Serve, read: Any) -> None:
        server = await serve()
        await server.host.ready()
        await eventually(lambda: server.host.default_chat() is not None)
        chat = server.host.default_chat()
        assert chat is not None

        handler = read(server.settings["jai_chat_handlers"])

        assert handler is chat.handlers["/help"]

    async def test_they_stand_for_the_default_chat(self, serve: Serve) -> None:
        server = await serve(Steps)
        await server.ready()
        connection = await server.chat()
        human = await connection.ask("/steps a")
        await connection.until("pending")
        settings = server.settings

        assert [message.id for message in settings["chat_history"]] == [human]
        assert [message.reply_to for message in settings["pending_messages"]] == [human]
        assert settings["llm_chat_memory"].messages == []
        root = next(iter(settings["jai_root_chat_handlers"].values()))
        assert root is server.host.default_chat()
        stream("a").put_nowait("x")
        reply = await connection.last("agent-stream")
        assert set(settings["jai_message_interrupted"]) == {reply["id"]}

    async def test_a_plugin_may_add_to_them(self, serve: Serve) -> None:
        server = await serve()
        await server.ready()
        await server.chat()
        settings = server.settings

        settings["jai_chat_handlers"]["/mine"] = "mine"
        settings["jai_message_interrupted"]["x"] = asyncio.Event()
        settings["jai_message_interrupted"].pop("x")

        assert settings["jai_chat_handlers"]["/mine"] == "mine"
        assert "x" not in settings["jai_message_interrupted"]

    async def test_providers_see_the_servers_settings(self, serve: Serve) -> None:
        server = await serve()
        await server.host.ready()
        from jupyter_ai_magics import BaseProvider

        assert BaseProvider.server_settings["jai_config_manager"] is server.settings["jai_config_manager"]
        with pytest.raises(TypeError):
            BaseProvider.server_settings["x"] = 1  # type: ignore[index]


_PROGRAM = """
import json, os, sys
from jupyter_server.serverapp import ServerApp
app = ServerApp(jpserver_extensions={extensions}, allow_root=True, root_dir={root!r}, token="t")
app.initialize(argv=[], find_extensions=False, new_httpserver=False)
print(json.dumps(sorted(sys.modules)))
os._exit(0)
"""


def modules_of_a_server(root: Path, extensions: dict[str, bool]) -> set[str]:
    program = _PROGRAM.format(extensions=extensions, root=str(root))
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.usefixtures("jupyter_dirs")
def test_a_server_that_answers_has_imported_nothing_but_us(tmp_path: Path) -> None:
    without = modules_of_a_server(tmp_path, {})

    added = modules_of_a_server(tmp_path, {"jupyter_ai": True}) - without

    others = {name.partition(".")[0] for name in added} - {"jupyter_ai", "jupyter_ai_magics"}
    assert others - set(sys.stdlib_module_names) == set()
    assert not {name for name in added if name.startswith(("jupyter_ai.engine", "jupyter_ai.models"))}
