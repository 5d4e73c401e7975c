"""A package whose import does not return takes no model away but its own."""

import asyncio
import importlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from serving import Serve, Server, text_of

from jupyter_ai.plugins import loading
from jupyter_ai.server import config, listings

GUARD = 30.0  # seconds; a time-out that must not be reached
CULPRIT = "the import of `aaa` of hang 1.0 (hang_p:P) has not returned"


@dataclass
class Hang:
    """An import: `reached` once it hangs; it goes on when `opened` is set."""

    opened: threading.Event
    reached: threading.Event


@pytest.fixture
def hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hang]:
    """A package `hang` with providers of both kinds, whose import hangs."""
    gate = ModuleType("slow_imports_gate")
    gate.__dict__["opened"] = opened = threading.Event()
    gate.__dict__["reached"] = reached = threading.Event()
    monkeypatch.setitem(sys.modules, gate.__name__, gate)
    site = tmp_path / "site"
    info = site / "hang-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hang\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[jupyter_ai.model_providers]\naaa = hang_p:P\n"
        "[jupyter_ai.embeddings_model_providers]\naaa = hang_p:P\n"
    )
    source = f"from slow_imports_gate import opened, reached\nreached.set()\nopened.wait({GUARD})\n"
    (site / "hang_p.py").write_text(source)
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    for module in (config, listings, loading):
        monkeypatch.setattr(module, "_PATIENCE", 0.01)
    yield Hang(opened, reached)
    opened.set()
    for thread in threading.enumerate():  # none imports the next test's
        if thread.name.startswith("load "):
            thread.join(GUARD)
    sys.modules.pop("hang_p", None)


async def test_the_offline_model_answers(hang: Hang, serve: Serve) -> None:
    server = await serve()
    chat = await server.chat()

    await chat.ask("hello")
    stream = await chat.last("agent-stream")
    await chat.last("agent-stream-chunk", stream_complete=True)

    assert "offline model" in text_of(chat.frames, stream["id"])
    assert not hang.opened.is_set()


async def answer(server: Server) -> str:
    chat = await server.chat()
    human = await chat.ask("hello")
    return str((await chat.last("agent", reply_to=human))["body"])


async def test_whoever_asks_for_its_model_is_told_what_hangs(
    hang: Hang, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await serve(config={"AiExtension": {"default_language_model": "aaa:m"}})
    assert await asyncio.to_thread(hang.reached.wait, GUARD)
    ready = server.host.plugins.ready
    monkeypatch.setattr(server.host.plugins, "ready", lambda group, *_, **named: ready(group, 0.01, **named))

    assert CULPRIT in await answer(server)


async def test_the_listings_tell_what_there_is(hang: Hang, serve: Serve) -> None:
    server = await serve()

    listed = (await server.get("api/ai/providers")).json()["providers"]
    embeddings = (await server.get("api/ai/providers/embeddings")).json()["providers"]

    assert "mockllm" in [entry["id"] for entry in listed]
    assert "openai" in [entry["id"] for entry in embeddings]
    assert not hang.opened.is_set()


async def test_the_settings_can_be_read_and_changed(hang: Hang, serve: Serve) -> None:
    server = await serve()

    assert (await server.get("api/ai/config")).json()["model_provider_id"] == "mockllm:offline"
    change = {"model_provider_id": "mockllm:offline", "send_with_shift_enter": True}
    assert (await server.post("api/ai/config", change)).status == 204
    refusal = await server.post("api/ai/config", {"model_provider_id": "aaa:m"})
    assert CULPRIT in refusal.json()["message"]


async def test_health_names_it(hang: Hang, serve: Serve) -> None:
    server = await serve()
    await server.get("api/ai/providers")

    problems = (await server.get("api/ai/health")).json()["problems"]

    assert problems == [f"plug-ins: {CULPRIT}"]
