"""Servers for the tests of this directory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from fake_ollama import find_nothing
from serving import Serve, Server, Steps, never_greet, start_server


@pytest.fixture
def jupyter_dirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's Jupyter is read or written."""
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "1")
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    find_nothing(monkeypatch)


@pytest.fixture
async def serve(tmp_path: Path, jupyter_dirs: None) -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(
            *handlers: type, root: str = "root", config: dict[str, Any] | None = None, greet: bool = False
        ) -> Server:
            (tmp_path / root).mkdir(exist_ok=True)
            server = start_server(tmp_path / root, config or {}, stack)
            if not greet:
                never_greet(server)
            server.add(*handlers)
            return server

        yield start


@pytest.fixture
async def server(serve: Serve) -> Server:
    """A server with the built-in plug-ins and `/steps`, ready to answer."""
    server = await serve(Steps)
    await server.ready()
    return server


@pytest.fixture(autouse=True)
def no_streams() -> None:
    Steps.streams.clear()
    Steps.closed.clear()
