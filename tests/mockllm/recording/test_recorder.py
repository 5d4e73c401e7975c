"""What a real server says is read, freed of secrets, and added to a file that stays a person's."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mockllm.config import Prompt, ResponsesError, ToolCall, parse_responses
from mockllm.live import LiveResponses
from mockllm.recording.recorder import Recorder, UpstreamError, recorded_rule
from mockllm.recording.reply_reader import ReadReply, read_reply, reader_of
from mockllm.recording.rule_writer import with_rule
from mockllm.redaction import Redactor, header_secrets
from mockllm.responder import Responder, Unrecorded
from mockllm.server import create_app

CALL = ToolCall("weather", {"city": "Rome"})
SSE, NDJSON, JSON = "text/event-stream; charset=utf-8", "application/x-ndjson", "application/json"


def sse(*events: Any) -> str:
    data = (event if isinstance(event, str) else json.dumps(event) for event in events)
    return "".join(f"event: e\ndata: {each}\n\n" for each in data)


def ndjson(*documents: Any) -> str:
    return "".join(json.dumps(document) + "\n" for document in documents)


def choice(**parts: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, **parts}]}


def function(name: str | None, arguments: str, **more: Any) -> dict[str, Any]:
    return {"index": 0, "function": {"name": name, "arguments": arguments}, **more}


MESSAGE = {"type": "message", "content": [{"type": "output_text", "text": "Hello."}]}
RESPONSE = {
    "object": "response",
    "status": "completed",
    "output": [
        {"type": "reasoning"},
        MESSAGE,
        {"type": "function_call", "name": "weather", "arguments": '{"city":"Rome"}'},
    ],
}
TOOL_USE = {"type": "tool_use", "name": "weather", "input": {"city": "Rome"}}
ROME = {"name": "weather", "arguments": {"city": "Rome"}}

COMPLETED = {"response": RESPONSE}

REPLIES = [
    (
        "/v1/chat/completions",
        JSON,
        json.dumps(
            choice(
                message={"content": "Hello.", "tool_calls": [function("weather", '{"city":"Rome"}')]},
                finish_reason="stop",
            )
        ),
    ),
    (
        "/v1/chat/completions",
        SSE,
        sse(
            choice(delta={"role": "assistant", "content": ""}),
            choice(delta={"content": "Hel"}),
            {"choices": [{"index": 1, "delta": {"content": "another"}}]},
            choice(delta={"content": "lo."}),
            choice(delta={"tool_calls": [function("weather", "", id="1")]}),
            choice(delta={"tool_calls": [function(None, '{"city":')]}),
            choice(delta={"tool_calls": [function(None, '"Rome"}')]}),
            choice(delta={}, finish_reason="tool_calls"),
            {"choices": [], "usage": {}},
            "[DONE]",
        ),
    ),
    ("/v1/responses", JSON, json.dumps(RESPONSE)),
    ("/v1/responses", SSE, sse({"type": "response.created"}, {"type": "response.completed", **COMPLETED})),
    (
        "/v1/messages",
        JSON,
        json.dumps({"type": "message", "content": [{"type": "text", "text": "Hello."}, TOOL_USE]}),
    ),
    (
        "/v1/messages",
        SSE,
        sse(
            {"type": "message_start", "message": {}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "ping"},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello."}},
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": {**TOOL_USE, "input": {}}},
            {"type": "content_block_delta", "index": 1, "delta": {"partial_json": '{"city": '}},
            {"type": "content_block_delta", "index": 1, "delta": {"partial_json": '"Rome"}'}},
            {"type": "message_stop"},
        ),
    ),
    (
        "/api/chat",
        JSON,
        json.dumps({"message": {"content": "Hello.", "tool_calls": [{"function": ROME}]}, "done": True}),
    ),
    (
        "/api/chat",
        NDJSON,
        ndjson(
            {"message": {"content": "Hel"}, "done": False},
            {"message": {"content": "lo.", "tool_calls": [{"function": ROME}]}, "done": False},
            {"message": {"content": ""}, "done": True},
        ),
    ),
]  # fmt: skip


def read(path: str, kind: str, body: str) -> ReadReply | None:
    reader = reader_of(path)
    assert reader is not None
    return read_reply(reader, kind, body.encode())


@pytest.mark.parametrize(("path", "kind", "body"), REPLIES)
def test_text_and_tool_calls_are_read_out_of_a_reply(path: str, kind: str, body: str) -> None:
    assert read(path, kind, body) == ReadReply("Hello.", (CALL,))


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/v1/completions", JSON, json.dumps(choice(text="Hello.", finish_reason="stop"))),
        ("/v1/completions", SSE, sse(choice(text="Hel"), choice(text="lo.", finish_reason="stop"), "[DONE]")),
        ("/api/generate", JSON, '{"response": "Hello.", "done": true}'),
        ("/api/generate", NDJSON, ndjson({"response": "Hello."}, {"response": "", "done": True})),
    ],
)
def test_text_is_read_out_of_a_completion(path: str, kind: str, body: str) -> None:
    assert read(path, kind, body) == ReadReply("Hello.")


@pytest.mark.parametrize(("path", "kind", "body"), REPLIES)
def test_half_a_reply_is_none(path: str, kind: str, body: str) -> None:
    assert read(path, kind, body[: len(body) // 2]) is None


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", "null", "[1]", '{"choices": 1}', '{"choices": [{"message": []}]}']
)
@pytest.mark.parametrize("path", sorted({path for path, _, _ in REPLIES}))
@pytest.mark.parametrize("kind", [JSON, SSE, NDJSON])
def test_what_the_api_does_not_say_is_none(path: str, kind: str, body: str) -> None:
    assert read(path, kind, body if kind != SSE else f"data: {body}\n\n") is None


def test_what_belongs_to_no_known_api_has_no_reader() -> None:
    assert reader_of("/v1/embeddings") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my key is sk-proj-abcdefgh12345678, mind", "my key is [secret], mind"),
        ("-H 'Authorization: Bearer abcdefgh.ijk'", "-H 'Authorization: Bearer [secret]'"),
        ("x-api-key: whatever", "x-api-key: [secret]"),
        ("it was hunter2!", "it was [secret]!"),
        ("gsk_abcdefgh12345678 nvapi-abcdefgh12345678,", "[secret] [secret],"),
        ("xai-abcdefgh12345678 hf_abcdefgh12345678", "[secret] [secret]"),
        ("ghp_abcdefgh12345678 sk_live_abcdefgh12", "[secret] [secret]"),
        ("AIzaabcdefghijklmnopqrstuvwxyz0123456789", "[secret]"),
        ("DB_PASSWORD=swordfish; x", "DB_PASSWORD=[secret]; x"),
        ('{"api_key": "swordfish"}', '{"api_key": "[secret]"}'),
        ("client_secret := 'swordfish'", "client_secret := '[secret]'"),
        ("postgres://me:swordfish@host/db", "postgres://me:[secret]@host/db"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nabc\nd==\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----[secret]-----END RSA PRIVATE KEY-----",
        ),
        (
            'token = os.environ["TOKEN"]; max_tokens=1000000',
            'token = os.environ["TOKEN"]; max_tokens=1000000',
        ),
        ("if token == expected", "if token == expected"),
        ("a task-force, a bearer of news", "a task-force, a bearer of news"),
    ],
)
def test_secrets_are_removed(text: str, expected: str) -> None:
    secrets = header_secrets({"Authorization": "Basic hunter2", "accept": "a task", "x-api-key": "of"})

    assert Redactor(secrets).text(text) == expected


RULE = {"exact": "new", "answer": "one\ntwo"}
FILES = [
    "",
    "# only a comment",
    "responses:\n  a: b # why\n",
    "responses: {a: b}",
    "{responses: {a: b}}\n",
    "{responses: {a: b,},}",
    "{}",
    "rules:\n",
    "rules: # mine\n\n# theirs\nresponses: {}\n",
    "rules: null\nresponses:\n  a: b\n",
    "rules: []\n",
    "rules: [{exact: a, answer: b}]  # short\n",
    "rules:\n- exact: a\n  answer: b",
    "rules:\n    - exact: a  # 1st\n      answer: >-\n        b\n\n        c\n\n# 2\nresponses:\n    a: b\n",
    "responses: &all {a: &b b}\nrules:\n  - {exact: a, answer: *b}\n  # the end\n",
    "rules:\n- answer: b\n  exact: a\n  faults:\n\nsettings: {}\n",
    "---\nrules:\n- exact: '\U0001f600'\n  answer: b\nsettings:\n  strict: true\n",
    "rules:\r\n- exact: a\r\n  answer: b\r\nresponses:\r\n  c: d\r\n",
]


@pytest.mark.parametrize("text", FILES)
def test_a_rule_is_added_and_all_else_stays(text: str) -> None:
    before = parse_responses(text)
    added = with_rule(with_rule(text, RULE), {"exact": "newer", "answer": "3"})

    rules = parse_responses(added).rules
    assert len(rules) == len(before.rules) + 2
    assert Responder(parse_responses(added)).reply(Prompt("new")).text == "one\ntwo"
    assert Responder(parse_responses(added)).reply(Prompt("newer")).text == "3"
    lines = iter(added.splitlines())
    kept = [line for line in text.replace("null", "").splitlines() if not line.startswith(("rules: [", "{"))]
    assert all(line.rstrip() in (each.rstrip() for each in lines) for line in kept)


@pytest.mark.parametrize(
    "text", ["{{ prompt }} {# a #} {% raw %}", "{% endraw %}", "{{{%", "{#", " lead\n\ttab \n", "yes"]
)
def test_what_a_server_says_is_said_again_letter_by_letter(text: str) -> None:
    reply = ReadReply(text, (ToolCall("f", {"a": [text, 1, None], "b": {"c": text}}),))
    rule = recorded_rule(Prompt("a", turn=2, model="m[1]"), reply, Redactor())
    again = Responder(parse_responses(with_rule("", rule))).reply(Prompt("A", turn=2, model="m[1]"))

    assert ReadReply(again.text, again.tool_calls) == reply


@pytest.mark.parametrize(
    "other", [Prompt("b", model="m"), Prompt("a", turn=2, model="m"), Prompt("a", model="n")]
)
def test_a_recorded_rule_is_for_its_turn_and_model_only(other: Prompt) -> None:
    rule = recorded_rule(Prompt("a", model="m"), ReadReply("b"), Redactor())

    with pytest.raises(Unrecorded):
        Responder(parse_responses(with_rule("", rule)), is_recording=True).reply(other)


def test_a_recorded_rule_is_for_its_system_message_only() -> None:
    system = "Key sk-abcdefgh12345678. You are\n a PIRATE{{, " + "long " * 100
    rule = recorded_rule(Prompt("a", system=system), ReadReply("b"), Redactor())
    asked = Responder(parse_responses(with_rule("", rule)), is_recording=True)

    assert rule["system"].startswith(". You are\n a PIRATE{{, long")
    assert len(rule["system"]) <= 200
    assert asked.reply(Prompt("a", system=system)).text == "b"
    with pytest.raises(Unrecorded):
        asked.reply(Prompt("a", system="You are a cook."))


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\nabc\nd==\n-----END PRIVATE KEY----- is it?",
        "is sk-abcdefgh12345678 it?" + " long" * 4000,
    ],
)
def test_a_long_prompt_with_a_secret_is_known_again(text: str) -> None:
    rule = recorded_rule(Prompt(text), ReadReply("yes"), Redactor())

    assert (
        Responder(parse_responses(with_rule("", rule)), is_recording=True).reply(Prompt(text)).text == "yes"
    )


def test_a_prompt_with_a_secret_is_known_again_without_it() -> None:
    prompt = Prompt("is sk-abcdefgh12345678 (mine) good?")
    text = with_rule("", recorded_rule(prompt, ReadReply("sk-abcdefgh12345678 is"), Redactor()))

    assert "sk-abc" not in text
    assert Responder(parse_responses(text)).reply(prompt).text == "[secret] is"


class Upstream:
    """A server that stands for the real one, and the recorder in front of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[Request] = []
        self.response: Response = JSONResponse(choice(message={"content": "Hello."}, finish_reason="stop"))
        transport = httpx.ASGITransport(
            Starlette(routes=[Route("/{path:path}", self._answer, methods=["POST"])])
        )
        self.recorder = Recorder.open("https://real.example/v1", path)
        self.recorder = Recorder("https://real.example/v1", self.recorder.live, transport=transport)

    async def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        await request.body()
        return self.response

    async def ask(self, text: str, path: str = "/v1/chat/completions") -> Response | str:
        """As a server would: by the rules, else by the recorder."""
        try:
            return self.recorder.live.current.reply(Prompt(text, model="m")).text
        except Unrecorded as missing:
            return await self.recorder.record(request_for(path), missing.prompt)

    async def body(self, text: str) -> bytes:
        response = await self.ask(text)
        assert isinstance(response, StreamingResponse)
        return b"".join([chunk async for chunk in response.body_iterator])  # type: ignore[misc]  # bytes all


def request_for(path: str) -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"model": "m"}', "more_body": False}

    headers = {"authorization": "Bearer planted-key", "host": "localhost", "cookie": "c", "x-other": "o"}
    return Request(
        {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"beta=true",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "server": ("localhost", 8000),
            "scheme": "http",
        },
        receive,
    )


@pytest.fixture
async def upstream(tmp_path: Path) -> AsyncIterator[Upstream]:
    upstream = Upstream(tmp_path / "f.yaml")
    yield upstream
    await upstream.recorder.aclose()


async def test_the_real_server_is_asked_once(upstream: Upstream) -> None:
    assert json.loads(await upstream.body("hi"))["choices"][0]["message"]["content"] == "Hello."
    assert await upstream.ask("hi") == "Hello."
    assert len(upstream.asked) == 1
    assert (
        upstream.path.read_text() == "rules:\n  - exact: hi\n    turn: 1\n    model: m\n    answer: Hello.\n"
    )
    assert upstream.path.stat().st_mode & 0o777 == 0o600


async def test_the_request_goes_on_with_its_key_and_without_its_cookie(upstream: Upstream) -> None:
    await upstream.body("hi")

    [request] = upstream.asked
    assert str(request.url) == "https://real.example/v1/chat/completions?beta=true"
    assert request.headers["authorization"] == "Bearer planted-key"
    assert request.headers["x-other"] == "o"
    assert "cookie" not in request.headers
    assert await request.body() == b'{"model": "m"}'


async def test_a_key_that_the_server_echoes_is_not_saved(upstream: Upstream) -> None:
    upstream.response = JSONResponse(
        choice(message={"content": "You are planted-key."}, finish_reason="stop")
    )
    await upstream.body("planted-key?")

    assert "planted-key" not in upstream.path.read_text()
    assert await upstream.ask("planted-key?") == "You are [secret]."


async def test_a_stream_goes_through_unchanged(upstream: Upstream) -> None:
    body = next(body for path, kind, body in REPLIES if (path, kind) == ("/v1/chat/completions", SSE))
    upstream.response = Response(body, media_type="text/event-stream")

    assert await upstream.body("hi") == body.encode()
    assert upstream.recorder.live.current.reply(Prompt("hi", model="m")).tool_calls == (CALL,)


async def test_an_error_of_the_real_server_is_passed_on_and_not_saved(upstream: Upstream) -> None:
    upstream.response = JSONResponse({"error": "slow down"}, 429, {"retry-after": "3"})

    response = await upstream.ask("hi")

    assert isinstance(response, StreamingResponse)
    assert (response.status_code, response.headers["retry-after"]) == (429, "3")
    assert [chunk async for chunk in response.body_iterator] == [b'{"error":"slow down"}']
    assert upstream.path.read_text() == ""


async def test_an_answer_that_is_not_understood_is_passed_on_and_not_saved(
    upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.response = Response("<html>", media_type="text/html")

    assert await upstream.body("hi") == b"<html>"
    assert "The answer of https://real.example/v1 is not understood. Nothing is saved." in caplog.text


async def test_a_file_that_became_wrong_stays_as_it_is(
    upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    response = await upstream.ask("hi")
    upstream.path.write_text("rules: [")
    assert isinstance(response, StreamingResponse)
    [chunk async for chunk in response.body_iterator]

    assert upstream.path.read_text() == "rules: ["
    assert "could not be saved: " in caplog.text
    assert {path.name for path in upstream.path.parent.iterdir()} <= {"f.yaml", ".f.yaml.lock"}


async def test_two_recorders_on_one_file_lose_no_answer(upstream: Upstream) -> None:
    other = Upstream(upstream.path)
    asked = [
        (recorder, f"{name} {n}") for n in range(8) for name, recorder in (("a", upstream), ("b", other))
    ]
    await asyncio.gather(*(recorder.body(text) for recorder, text in asked))
    await other.recorder.aclose()

    rules = LiveResponses(upstream.path, is_recording=True).current
    assert [rules.reply(Prompt(text, model="m")).text for _, text in asked] == ["Hello."] * 16


async def test_what_a_person_saves_while_a_rule_is_added_is_kept(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = iter(["responses: {mine: kept}\n"])

    def slow_with_rule(text: str, rule: Any) -> str:
        for edited in saved:
            upstream.path.write_text(edited)
        return with_rule(text, rule)

    monkeypatch.setattr("mockllm.recording.recorder.with_rule", slow_with_rule)
    await upstream.body("hi")

    assert [await upstream.ask("mine"), await upstream.ask("hi")] == ["kept", "Hello."]


async def test_a_client_that_leaves_early_has_nothing_saved(upstream: Upstream) -> None:
    response = await upstream.ask("hi")
    assert isinstance(response, StreamingResponse)
    body = response.body_iterator
    await anext(body)  # type: ignore[call-overload]  # it is an iterator
    await body.aclose()  # type: ignore[attr-defined]  # of a generator

    assert upstream.path.read_text() == ""


async def test_a_server_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    recorder = Recorder.open("http://127.0.0.1:9", tmp_path / "f.yaml")

    with pytest.raises(UpstreamError, match=r"http://127\.0\.0\.1:9 could not be asked: "):
        await recorder.record(request_for("/v1/messages"), Prompt("hi"))
    await recorder.aclose()


async def test_an_api_that_is_not_known_is_not_forwarded(upstream: Upstream) -> None:
    with pytest.raises(UpstreamError, match="Answers to /v1/acme/chat cannot be recorded: add a rule"):
        await upstream.ask("hi", "/v1/acme/chat")

    assert upstream.asked == []


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResponsesError, match=r"none/f\.yaml cannot be written: No such file"):
        Recorder.open("http://127.0.0.1:9", tmp_path / "none" / "f.yaml")


REAL = """
rules:
- contains: weather
  tool_results: 0
  answer: "Let me look.\\n"
  tool_calls: [{name: weather, arguments: {city: Rome, days: [1, 2]}}]
defaults: {unknown_response: "{{ '{{' }} Grüße,\\n\\n  {{ prompt }}!"}
settings: {lag_enabled: false}
"""
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("path", "asks"),
    [
        ("/v1/chat/completions", said("hi")),
        ("/v1/chat/completions", {**said("the weather"), "tools": [TOOL]}),
        ("/v1/completions", {"prompt": "hi"}),
        ("/v1/responses", {"input": "hi"}),
        ("/v1/responses", {"input": "weather", "tools": [{"type": "function", **TOOL["function"]}]}),
        ("/v1/messages", {**said("hi"), "max_tokens": 99}),
        ("/v1/messages", {**said("weather"), "max_tokens": 9, "tools": [{"name": "weather"}]}),
        ("/api/chat", said("hi")),
        ("/api/chat", {**said("weather"), "tools": [TOOL]}),
        ("/api/generate", {"prompt": "hi"}),
    ],
)  # fmt: skip
async def test_a_recording_of_our_own_server_says_the_same(
    path: str, asks: dict[str, Any], stream: bool, tmp_path: Path
) -> None:
    real = create_app(parse_responses(REAL))
    live = Recorder.open("http://unused", tmp_path / "f.yaml").live
    recorder = Recorder("http://real", live, transport=httpx.ASGITransport(real))
    transport = httpx.ASGITransport(create_app(recorder=recorder))
    headers = {
        "authorization": "Bearer planted-key",
        "x-api-key": "planted-key",
        "anthropic-version": "2023-06-01",
    }

    async with httpx.AsyncClient(transport=transport, base_url="http://mock", headers=headers) as client:
        replies = [await client.post(path, json={**asks, "model": "m", "stream": stream}) for _ in range(2)]
    await recorder.aclose()

    first, second = [read(path, reply.headers["content-type"], reply.text) for reply in replies]
    assert first is not None
    assert first == second
    assert "weather" not in str(asks) or [call.name for call in first.tool_calls] == ["weather"]
    assert len(real.state.journal.find()) == 1
    assert "planted" not in (tmp_path / "f.yaml").read_text()


async def test_a_real_server_that_is_gone_is_a_bad_gateway_in_the_words_of_the_api(tmp_path: Path) -> None:
    recorder = Recorder.open("http://127.0.0.1:9", tmp_path / "f.yaml")
    transport = httpx.ASGITransport(create_app(recorder=recorder))

    async with httpx.AsyncClient(
        transport=transport, base_url="http://mock", headers={"x-api-key": "k"}
    ) as client:
        response = await client.post("/v1/messages", json={**said("hi"), "model": "m", "max_tokens": 9})
    await recorder.aclose()

    assert response.status_code == 502
    assert "http://127.0.0.1:9 could not be asked" in response.json()["error"]["message"]
