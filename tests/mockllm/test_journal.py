"""The journal, and clients that hang up, over a real socket."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.responses import StreamingResponse

from mockllm.config import parse_responses
from mockllm.journal import Journal
from mockllm.providers.base import LLMProvider
from mockllm.registry import ProviderRegistry, register_provider
from mockllm.runner import MockServer
from mockllm.server import create_app

RULES = """\
settings: {delay_ms: 0}
rules:
  - exact: hang
    answer: a b c
    faults: {token_ms: 3600000}
  - exact: think
    answer: a b c
    faults: {first_token_ms: 3600000}
  - exact: cut
    answer: a b c
    faults: {cut_after: 2}
  - exact: endless
    answer: a b c
"""
KEY = "sk-" + "planted0" * 3

registry = ProviderRegistry()


@register_provider(
    "mine",
    endpoints=[
        {"path": "/chat"},
        {"path": "/endless/chat", "handler": "handle_endless"},
        {"path": "/deaf/chat", "handler": "handle_deaf"},
    ],
    registry=registry,
)
class Mine(LLMProvider):
    closed: list[str] = []  # noqa: RUF012 - the tests look at it

    async def handle_endless(self, request: Any) -> StreamingResponse:
        return StreamingResponse(self._endless())

    async def _endless(self) -> Any:
        try:
            while True:
                yield "x"
        finally:
            self.closed.append("endless")

    async def handle_deaf(self, request: Any) -> dict[str, Any]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.closed.append("deaf")
        return {"response": "too late"}


@pytest.fixture(scope="module")
def running() -> Iterator[MockServer]:
    with MockServer(create_app(parse_responses(RULES), registry=registry)) as server:
        yield server


@pytest.fixture
def server(running: MockServer) -> MockServer:
    running.journal.clear()
    Mine.closed.clear()
    return running


def ask(server: MockServer, prompt: str, path: str = "/chat", **more: Any) -> httpx.Response:
    return httpx.post(server.url + path, json={"prompt": prompt, **more}, trust_env=False)


def hang_up(server: MockServer, prompt: str, path: str = "/chat", until: bytes = b"", **more: Any) -> float:
    """Send a request on a socket, read up to some bytes, and close it; when that was."""
    body = json.dumps({"prompt": prompt, **more}).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection((httpx.URL(server.url).host, httpx.URL(server.url).port)) as client:
        client.sendall(head + body)
        seen = b""
        while until not in seen:
            seen += client.recv(1000)
        if not until:
            server.journal.wait_for(lambda entry: entry.handler is not None)
        return time.time()


def test_an_entry_says_what_was_asked_and_how_it_was_answered(server) -> None:
    ask(server, "endless", model="m1", stream=True)

    entry = server.journal.wait_for(lambda entry: entry.duration_ms is not None)
    found = entry.to_dict()
    assert (
        found.items()
        >= {
            "method": "POST",
            "path": "/chat",
            "provider": "mine",
            "handler": "handle_chat_completion",
            "model": "m1",
            "stream": True,
            "status": 200,
            "rule": "rules[3]",
            "prompt": "endless",
            "chunks": 1,
            "tokens": 3,
            "disconnected_at": None,
            "completed": True,
            "error": None,
        }.items()
    )
    assert 0 < found["first_byte_ms"] <= found["duration_ms"]
    assert abs(found["at"] - time.time()) < 10


def test_a_reply_that_is_not_streamed_counts_its_tokens(server) -> None:
    ask(server, "endless")

    assert server.journal.wait_for(lambda entry: entry.duration_ms is not None).tokens == 3


def test_the_journal_is_read_over_http(server) -> None:
    for prompt in ("one", "two", "three"):
        ask(server, prompt)
    httpx.get(server.url + "/models", trust_env=False)

    with httpx.Client(base_url=server.url, trust_env=False) as client:
        latest = client.get("/journal", params={"provider": "mine", "limit": 2}).json()["entries"]
        assert [entry["prompt"] for entry in latest] == ["three", "two"]
        assert len(client.get("/journal", params={"path": "/models"}).json()["entries"]) == 1
        assert client.get(f"/journal/{latest[0]['id']}").json()["body"] == {"prompt": "three"}
        assert client.get("/journal/0").status_code == 404
        assert client.delete("/journal").json() == {"status": "cleared"}
        assert client.get("/journal").json() == {"entries": []}


def test_no_secret_is_kept(server) -> None:
    httpx.post(
        server.url + "/chat?api_key=" + KEY,
        headers={"authorization": "Bearer my-own-words", "x-own": KEY},
        json={
            "prompt": f"my key is {KEY} or my-own-words",
            "api_key": "plain",
            "a": [{"Token": "plain"}],
            "max_tokens": 7,
        },
        trust_env=False,
    )

    entry = server.journal.wait_for(lambda entry: entry.duration_ms is not None)
    said = json.dumps(entry.to_dict(with_body=True))
    assert "x-own" in entry.header_names
    assert entry.body["max_tokens"] == 7
    for secret in (KEY, "plain", "my-own-words"):
        assert secret not in said


def test_a_long_prompt_is_cut(server) -> None:
    ask(server, "é" * 20_000)

    assert len(server.journal.entries[0].prompt.encode()) == 10_000


@pytest.mark.parametrize(
    ("prompt", "until", "tokens"), [("hang", b'"a "', 1), ("think", b"text/event-stream", 0)]
)
def test_a_client_that_leaves_a_hanging_stream_is_noticed_at_once(server, prompt, until, tokens) -> None:
    left = hang_up(server, prompt, until=until, stream=True)

    entry = server.journal.wait_for(lambda entry: entry.duration_ms is not None)
    assert 0 <= entry.disconnected_at - left < 0.2
    assert (entry.completed, entry.tokens) == (False, tokens)


def test_a_client_that_leaves_a_thinking_handler_is_noticed_at_once(server) -> None:
    left = hang_up(server, "think")

    entry = server.journal.wait_for(lambda entry: entry.duration_ms is not None)
    assert 0 <= entry.disconnected_at - left < 0.2
    assert entry.status is None


def test_a_stream_that_never_waits_is_closed_when_its_client_has_gone(server) -> None:
    hang_up(server, "x", "/endless/chat", until=b"x")

    assert server.journal.wait_for(lambda entry: entry.duration_ms is not None).disconnected_at
    assert Mine.closed == ["endless"]


def test_a_handler_that_swallows_its_cancellation_hurts_nobody(server) -> None:
    hang_up(server, "x", "/deaf/chat")

    entry = server.journal.wait_for(lambda entry: entry.duration_ms is not None)
    assert Mine.closed == ["deaf"]
    assert entry.completed is False
    assert ask(server, "endless").status_code == 200


def test_a_cut_stream_is_dropped_without_a_line_of_errors(server, caplog) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        ask(server, "cut", stream=True)

    entry = server.journal.wait_for(lambda entry: entry.duration_ms is not None)
    assert (entry.tokens, entry.completed, entry.disconnected_at) == (2, False, None)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_the_journal_keeps_the_latest() -> None:
    journal = Journal(limit=2)
    for path in ("/a", "/b", "/c"):
        journal.begin("GET", path)

    assert [entry.path for entry in journal.entries] == ["/b", "/c"]


def test_waiting_in_vain_says_what_there_was() -> None:
    journal = Journal()
    journal.begin("GET", "/a").status = 200

    with pytest.raises(TimeoutError, match="the journal: GET /a 200"):
        journal.wait_for(lambda entry: entry.path == "/b", timeout=0)


def test_a_large_body_is_not_kept_but_what_it_says_is(server) -> None:
    headers = {"authorization": "Bearer my-own-words"}
    body = {"model": "m", "stream": True, "prompt": "my-own-words", "more": "x" * 70_000}
    httpx.post(server.url + "/chat", headers=headers, json=body, trust_env=False)

    found = server.journal.entries[0].to_dict(with_body=True)
    assert (found["body"], found["body_bytes"] > 70_000, found["model"]) == (None, True, "m")
    assert "my-own-words" not in json.dumps(found)


def test_a_server_stops_at_once_and_drops_its_streams(caplog) -> None:
    with MockServer(create_app(parse_responses(RULES), registry=registry)) as server:
        client = httpx.Client(trust_env=False)
        request = client.build_request("POST", server.url + "/chat", json={"prompt": "hang", "stream": True})
        response = client.send(request, stream=True)
        chunks = response.iter_bytes()  # kept: without it the response would be closed from here
        next(chunks)
        begun = time.monotonic()
    took = time.monotonic() - begun

    assert took < 0.9  # less than the patience with what does not end: it is dropped, not waited for
    [entry] = server.journal.entries
    assert entry.completed is False
    assert entry.disconnected_at is not None
    with pytest.raises(httpx.HTTPError):
        next(chunks)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    response.close()
    client.close()


def test_a_port_in_use_is_an_error(server) -> None:
    with pytest.raises(OSError, match="in use"):
        MockServer(server.app, port=httpx.URL(server.url).port).start()
