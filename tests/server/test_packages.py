"""The handlers of the documentation, installed as third parties' packages, answer on a real server."""

import subprocess
import sys
from pathlib import Path

import pytest
from serving import Serve, text_of

PACKAGES = Path(__file__).parents[1] / "packages"
CELL = {
    "type": "cell-with-error",
    "source": "1 / 0",
    "error": {"name": "ZeroDivisionError", "value": "division by zero", "traceback": ["Traceback …"]},
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip put the two packages, their metadata with them."""
    target = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--target", str(target)]
    subprocess.run([*pip, *options, str(PACKAGES / "acme_custom"), str(PACKAGES / "acme_fix")], check=True)
    return target


@pytest.fixture
def on_path(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(installed))


async def test_the_custom_command_of_the_documentation_answers(on_path: None, serve: Serve) -> None:
    server = await serve()
    await server.ready()
    chat = await server.chat()

    human = await chat.ask("/custom please")

    assert (await chat.last("agent", reply_to=human))["body"] == "<your-response>"


async def test_fix_streams_the_answer_of_its_chain(on_path: None, serve: Serve) -> None:
    server = await serve()
    await server.ready()
    chat = await server.chat()

    await chat.send({"prompt": "/fix in one line", "selection": CELL})
    stream = await chat.last("agent-stream")
    last = await chat.last("agent-stream-chunk", stream_complete=True)

    assert "offline model" in text_of(chat.frames, stream["id"])
    assert last["metadata"]["model_name"] == "offline"
    assert [f["body"] for f in chat.frames if f["type"] == "pending"] == ["Analyzing error"]


async def test_fix_without_a_cell_says_what_it_needs(on_path: None, serve: Serve) -> None:
    server = await serve()
    await server.ready()
    chat = await server.chat()

    human = await chat.ask("/fix")

    assert "requires an active code cell" in (await chat.last("agent", reply_to=human))["body"]


async def test_the_packages_are_listed_with_their_versions(on_path: None, serve: Serve) -> None:
    server = await serve()
    await server.ready()

    listed = {p["name"]: p for p in (await server.get("api/ai/plugins")).json()["plugins"]}

    assert listed["acme-fix"]["distribution"] == "acme-fix"
    assert (listed["acme-fix"]["version"], listed["acme-fix"]["state"]) == ("1.2.0", "loaded")
    assert listed["custom"]["slash_id"] == "custom"
