"""The server extension of the docs registers its provider with a running server."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

import pytest
from pages import blocks
from serving import Serve

PAGE = Path(__file__).parents[2] / "docs/authors/completions.md"


async def test_the_extension_of_the_docs_registers_its_provider(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for block in blocks(PAGE.read_text()):
        if block.file in ("acme_extension.py", "acme_snippets.py"):
            (tmp_path / block.file).write_text(block.text)
    monkeypatch.syspath_prepend(tmp_path)
    server = await serve()
    importlib.import_module("acme_extension")._load_jupyter_server_extension(server.app)
    await asyncio.sleep(0)
    editor = await server.ws("api/ai/completion/inline")
    request = {"prefix": "#plot", "suffix": "", "mime": "text/x-python", "path": "a.py", "language": "python"}
    await editor.send({"number": 1, "stream": False, "trigger": "explicit", **request})
    reply = await editor.receive()

    assert reply is not None
    assert [item["provider"] for item in reply["list"]["items"]] == ["acme-snippets"]
