"""A small server with what OpenAI, Anthropic and Ollama answer; it is a proxy as well, and may speak TLS."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Upstream", "private_authority", "serve_models"]

_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
_CHOICE = {"index": 0, "finish_reason": "stop"}
_VECTOR = [0.5, 0.25]

ANSWERS: dict[str, dict[str, Any]] = {
    "chat/completions": {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{**_CHOICE, "message": {"role": "assistant", "content": "hello"}}],
        "usage": _USAGE,
    },
    "completions": {
        "id": "c",
        "object": "text_completion",
        "created": 1,
        "model": "m",
        "choices": [{**_CHOICE, "text": "hello", "logprobs": None}],
        "usage": _USAGE,
    },
    "embeddings": {
        "object": "list",
        "model": "m",
        "data": [{"object": "embedding", "index": 0, "embedding": _VECTOR}],
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    },
    "messages": {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "api/chat": {
        "model": "m",
        "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": "hello"},
        "done": True,
        "done_reason": "stop",
    },
    "api/embed": {"model": "m", "embeddings": [_VECTOR]},
}


@dataclass
class Request:
    """What came: the path as it was written, which a client of a proxy begins with the address."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: dict[str, Any]


@dataclass
class Upstream:
    """The server: where it is, and what was asked of it."""

    url: str
    requests: list[Request] = field(default_factory=list)
    status: int = 200
    silent: bool = False  # accept a request and never answer
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def last(self) -> Request:
        return self.requests[-1]


def private_authority(folder: Path) -> tuple[Path, SSLContext]:
    """The bundle of an authority, and a server's context with a certificate of it for `localhost`."""
    import trustme

    made, bundle = trustme.CA(), folder / "bundle.pem"
    made.cert_pem.write_to_path(str(bundle))
    context = SSLContext(PROTOCOL_TLS_SERVER)
    made.issue_cert("localhost").configure_cert(context)
    return bundle, context


@contextmanager
def serve_models(tls: SSLContext | None = None) -> Iterator[Upstream]:
    """A server on a free port while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            upstream.requests.append(Request(self.path, headers, body))
            if upstream.silent:
                upstream.stopped.wait()
                return
            self._answer(json.dumps(_answer(urlsplit(self.path).path, upstream.status)).encode())

        def _answer(self, content: bytes) -> None:
            self.send_response(upstream.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None  # type: ignore[method-assign]  # clients that go away
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme, host = ("http", "127.0.0.1") if tls is None else ("https", "localhost")
    upstream = Upstream(f"{scheme}://{host}:{server.server_port}")
    threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True).start()
    try:
        yield upstream
    finally:
        upstream.stopped.set()
        server.shutdown()
        server.server_close()


def _answer(path: str, status: int) -> dict[str, Any]:
    if status != 200:
        return {"type": "error", "error": {"type": "error", "message": f"status {status}"}}
    # A longer end first: "chat/completions" ends like "completions".
    return next(ANSWERS[end] for end in sorted(ANSWERS, key=len, reverse=True) if path.endswith(end))
