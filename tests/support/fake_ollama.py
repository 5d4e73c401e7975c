"""What is taken for an Ollama server: it answers every GET alike, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from jupyter_ai.keys.names import partner_key_names
from jupyter_ai.ollama_probe import Address

ELSEWHERE = "models.example"
"""An `OLLAMA_HOST` that is not this machine, so that nobody is asked."""

TAGS = json.dumps({"models": [{"name": "llama9:8b", "size": 1}, {"name": "other"}]}).encode()


def find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no key and no Ollama server of this machine be found."""
    monkeypatch.setenv("OLLAMA_HOST", ELSEWHERE)
    for name in partner_key_names():
        monkeypatch.delenv(name, raising=False)


@contextmanager
def serving(answer: bytes, status: int = 200) -> Iterator[tuple[Address, list[str]]]:
    """A server that is taken for Ollama, and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path} {self.headers['content-length']}")
            self.send_response(status)
            self.send_header("Location", "http://models.example/")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Address("127.0.0.1", server.server_address[1]), asked
        finally:
            server.shutdown()
            thread.join()
