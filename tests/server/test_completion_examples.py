"""The published completion providers, over the WebSocket of a real server."""

from __future__ import annotations

import asyncio
import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from naps import patch_sleep
from serving import Serve, Socket

EXAMPLES = Path(__file__).parents[1] / "providers" / "examples"
CELL = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}


def load_example(name: str) -> ModuleType:
    spec = spec_from_file_location(f"served_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asked(**fields: Any) -> dict[str, Any]:
    request = {"number": 7, "prefix": "", "suffix": "", "mime": "text/plain", "stream": True, **fields}
    return {"language": "text", "path": "a.txt", **request}


async def streamed(editor: Socket) -> dict[str, str]:
    """The first reply's items, each as it was at its end, by token."""
    reply = await editor.receive()
    assert reply is not None
    ends: dict[str, str] = {}
    while len(ends) < len(reply["list"]["items"]):
        chunk = await editor.receive()
        assert chunk is not None
        if chunk["done"]:
            ends[chunk["response"]["token"]] = chunk["response"]["insertText"]
    assert ends.keys() == {item["token"] for item in reply["list"]["items"]}
    return ends


async def test_two_suggestions_are_streamed_at_once(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = await serve()
    example = load_example("completion_provider")
    yields = asyncio.sleep
    patch_sleep(monkeypatch, example, "asyncio", lambda _: yields(0))
    server.host.completions.register(example.MyCompletionProvider(model_id="model_a"))
    editor = await server.ws("api/ai/completion/inline")
    await editor.send(asked())

    assert [text.strip() for text in (await streamed(editor)).values()] == [
        "An elephant dancing in the rain",
        "A flock of birds flying around a mountain",
    ]


async def test_several_suggestions_are_replied_at_once(serve: Serve) -> None:
    server = await serve()
    example = load_example("completion_provider")
    server.host.completions.register(example.MyCompletionProvider(model_id="model_a"))
    editor = await server.ws("api/ai/completion/inline")
    await editor.send(asked(stream=False))
    reply = await editor.receive()

    assert reply is not None
    assert [item["insertText"] for item in reply["list"]["items"]] == [
        "An ant minding its own business",
        "A bug searching for a snack",
    ]


async def test_a_provider_completes_from_the_unsaved_cells_of_a_collaborative_notebook(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real `jupyter-server-ydoc`; also by our own way to it."""
    pytest.importorskip("jupyter_server_ydoc")
    from jupyter_ai.completions import live_document
    from jupyter_ai.completions.models import InlineCompletionRequest
    from jupyter_ai.completions.notebook_cells import Neighbours

    cells = [{"id": "a", "source": "saved = 1", **CELL}, {"id": "b", "source": "", **CELL}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    monkeypatch.setattr(live_document, "_OPENING", 20)  # seconds; must not pass
    monkeypatch.chdir(tmp_path)  # where it keeps the changes
    server = await serve(config={"BaseFileIdManager": {"db_path": str(tmp_path / "ids.db")}})
    manager = server.app.extension_manager
    for name in ("jupyter_server_fileid", "jupyter_server_ydoc"):
        manager.add_extension(name, enabled=True)
        manager.link_extension(name)
        manager.load_extension(name)
    (tmp_path / "root" / "n.ipynb").write_text(json.dumps(notebook))
    live = await server.settings["jupyter_server_ydoc"].get_document(
        path="n.ipynb", content_type="notebook", file_format="json", copy=False, create=True
    )
    source = live.ycells[0]["source"]
    source += "\ntyped = 2"
    await server.ready()
    example = load_example("notebook_provider")
    server.host.completions.register(example.MyCompletionProvider(model_id="model_a"))
    editor = await server.ws("api/ai/completion/inline")
    request = asked(
        prefix="x = ", stream=False, path="n.ipynb", cell_id="b", language="python", trigger="explicit"
    )
    await editor.send(request)
    reply = await editor.receive()
    around = await live_document.LiveDocuments(server.settings).around(InlineCompletionRequest(**request))

    assert reply is not None
    assert [item["insertText"] for item in reply["list"]["items"]] == ["<saved = 1\ntyped = 2\n\nx = |>"]
    assert around == Neighbours(("saved = 1\ntyped = 2",))
