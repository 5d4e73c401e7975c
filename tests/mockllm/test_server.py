"""The application: from a request to a provider's method and back."""

import asyncio
import json
import logging
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.websockets import WebSocketDisconnect

from mockllm.config import ResponsesError, parse_responses
from mockllm.providers.base import LLMProvider
from mockllm.registry import ProviderRegistry, register_provider
from mockllm.server import create_app

RULES = """\
settings: {delay_ms: 0}
responses: {hello: Hello to you}
rules:
  - exact: busy
    answer: At last
    faults: {status: 429, times: 1, retry_after: 2}
  - exact: malformed
    answer: a b
    faults: {malformed_after: 1}
  - exact: again
    turn: 2
    system: arr
    model: m*
    answer: Ahoy
"""


@pytest.fixture
def registry() -> ProviderRegistry:
    return ProviderRegistry()


@pytest.fixture
def app(registry: ProviderRegistry) -> FastAPI:
    return create_app(parse_responses(RULES), registry=registry)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


@pytest.fixture
def handle(registry: ProviderRegistry, client: TestClient) -> Callable[..., Any]:
    """Register a handler, send JSON to it, and give the response."""

    def handle(handler: Any, **kwargs: Any) -> Any:
        made = type("Made", (LLMProvider,), {"handle_chat_completion": handler})
        register_provider("mine", registry=registry)(made)
        return client.post("/v1/mine/chat", **(kwargs or {"json": {}}))

    return handle


def add(registry: ProviderRegistry, name: str = "mine", **options: Any) -> None:
    register_provider(name, registry=registry, **options)(type(name, (LLMProvider,), {}))


def test_a_provider_registered_after_the_app_was_made_answers(registry, client) -> None:
    assert client.post("/v1/mine/chat", json={}).status_code == 404

    add(registry)

    assert client.post("/v1/mine/chat", json={"prompt": "hello", "model": "m"}).json() == {
        "response": "Hello to you",
        "model": "m",
        "provider": "mine",
    }


def test_the_default_stream_is_of_server_sent_events(registry, client) -> None:
    add(registry, supported_models=["m1", "m2"])

    response = client.post("/v1/mine/chat", json={"prompt": "hello", "stream": True})

    frames = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert "text/event-stream" in response.headers["content-type"]
    assert frames.pop() == "[DONE]"
    assert [json.loads(frame)["response"] for frame in frames] == ["Hello ", "to ", "you"]
    assert json.loads(frames[0]) == {"response": "Hello ", "model": "m1", "provider": "mine"}


def test_a_stream_may_have_a_malformed_frame(registry, client) -> None:
    add(registry)

    response = client.post("/v1/mine/chat", json={"prompt": "malformed", "stream": True})

    assert "\n\ndata: {\n\n" in response.text


def test_completions_and_embeddings_have_default_answers(registry, client) -> None:
    add(registry, endpoints=[{"path": "/complete"}, {"path": "/embed"}])

    assert client.post("/complete", json={"prompt": "hello"}).json()["response"] == "Hello to you"
    found = client.post("/embed", json={"input": ["one two", "three"]}).json()
    assert [each["index"] for each in found["data"]] == [0, 1]
    assert len(found["data"][0]["embedding"]) == 768
    assert found["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


def test_a_handler_may_ask_for_a_validated_model_and_return_one(handle) -> None:
    class Question(BaseModel):
        prompt: str
        temperature: float = 1.0

    class Answer(BaseModel):
        said: str

    async def handler(self, request: Question) -> Answer:
        return Answer(said=f"{request.prompt} at {request.temperature}")

    assert handle(handler, json={"prompt": "a"}).json() == {"said": "a at 1.0"}
    refused = handle(handler, json={"temperature": "hot"})
    assert refused.status_code == 422
    assert "prompt: Field required; temperature: Input should be a valid number" in refused.json()["error"]
    assert refused.json()["detail"][0]["loc"] == ["prompt"]


def test_a_handler_may_ask_for_the_raw_request(registry, client) -> None:
    class Raw(LLMProvider):
        async def handle_chat(self, request, http: Request):
            return {
                "header": http.headers["x-own"],
                "path": http.path_params,
                "same": await http.json() == request,
            }

        async def handle_upload(self, http: Request):
            return {"size": len(await http.body())}

        async def handle_time(self):
            return {"time": 7}

    endpoints = [
        {"path": "/{deployment}/chat", "handler": "handle_chat"},
        {"path": "/upload", "handler": "handle_upload"},
        {"path": "/time", "method": "GET", "handler": "handle_time"},
    ]
    register_provider("raw", endpoints=endpoints, registry=registry)(Raw)

    assert client.post("/d1/chat", json={"a": 1}, headers={"x-own": "b"}).json() == {
        "header": "b",
        "path": {"deployment": "d1"},
        "same": True,
    }
    assert client.post("/upload", content=b"\xff\x00").json() == {"size": 2}
    assert client.get("/time").json() == {"time": 7}


def test_a_handler_that_is_no_coroutine_runs_in_a_thread(handle) -> None:
    def handler(self, request):
        return {"said": self.get_response_for_prompt(request["prompt"])}

    assert handle(handler, json={"prompt": "hello"}).json() == {"said": "Hello to you"}


def test_an_error_sets_the_status(handle) -> None:
    async def handler(self, request):
        return {"error": "Model is required", "status": 418}

    response = handle(handler)

    assert (response.status_code, response.json()["error"]) == (418, "Model is required")


def test_an_http_exception_sets_the_status(handle) -> None:
    async def handler(self, request):
        raise HTTPException(403, "Not you", {"x-why": "because"})

    response = handle(handler)

    assert (response.status_code, response.json()["error"]) == (403, "Not you")
    assert response.headers["x-why"] == "because"


def test_what_json_does_not_know_is_encoded(handle) -> None:
    async def handler(self, request):
        return {"day": date(2025, 1, 2)}

    assert handle(handler).json() == {"day": "2025-01-02"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "The body is not JSON: Expecting property name"),
        (b"", "The body is not JSON: it is empty"),
        (b"\xff", "The body is not JSON: 'utf-8' codec"),
        (b"[1]", "The body must be a JSON object, not [1]"),
        (b"[" * 100_000, "The body is not JSON"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(registry, client, content: bytes, problem: str) -> None:
    add(registry)

    response = client.post("/v1/mine/chat", content=content)

    assert response.status_code == 400
    assert problem in response.json()["error"]


def test_a_provider_that_raises_is_answered_for_and_the_others_go_on(
    handle, registry, client, caplog
) -> None:
    async def handler(self, request):
        raise KeyError("lost")

    response = handle(handler)
    add(registry, "yours")

    assert response.status_code == 500
    assert response.json() == {
        "error": "The provider `mine` failed: KeyError: 'lost'",
        "status": 500,
        "provider": "mine",
    }
    assert caplog.records[0].exc_info[0] is KeyError
    assert client.post("/v1/yours/chat", json={"prompt": "hello"}).status_code == 200


def test_a_provider_that_cannot_be_made_is_answered_for(registry, client) -> None:
    def fail(self, config):
        raise OSError("no disk")

    register_provider("mine", registry=registry)(type("Mine", (LLMProvider,), {"__init__": fail}))

    response = client.post("/v1/mine/chat", json={})

    assert response.json()["error"] == "The provider `mine` failed: OSError: no disk"
    assert client.get("/models").json()["data"] == []


def test_a_stream_that_raises_ends_without_its_end(handle, client, caplog) -> None:
    closed = []

    async def stream() -> Any:
        try:
            yield "a"
            raise ValueError("lost")
        finally:
            closed.append(True)

    async def handler(self, request):
        return StreamingResponse(stream())

    handle(handler)

    [entry] = client.get("/journal").json()["entries"]
    assert closed == [True]
    assert caplog.records[0].exc_info[0] is ValueError
    assert (entry["chunks"], entry["completed"], entry["error"]) == (1, False, "ValueError: lost")


def test_an_unknown_path_is_answered_with_close_ones(registry, client) -> None:
    add(registry)

    response = client.post("/v1/mine/chats", json={})

    assert response.status_code == 404
    assert response.json()["close"][0] == "/v1/mine/chat"
    assert "did you mean /v1/mine/chat" in response.json()["error"]
    assert "GET /providers lists" in client.get("/zzz").json()["error"]


def test_the_server_may_be_part_of_another(registry, app) -> None:
    add(registry)
    whole = FastAPI()
    whole.mount("/mock", app)

    response = TestClient(whole).post("/mock/v1/mine/chat", json={"prompt": "hello"})

    assert response.json()["response"] == "Hello to you"


def test_a_websocket_is_refused(client) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/v1/mine/chat"):
        pass


def test_a_wrong_method_is_answered_with_the_right_one(registry, client) -> None:
    add(registry)

    response = client.get("/v1/mine/chat")

    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_rules_see_the_conversation_also_through_get_response_for_prompt(handle) -> None:
    async def handler(self, request):
        return {"said": self.get_response_for_prompt("again")}

    said = [{"role": "system", "content": "Arr"}] + [{"role": "user", "content": "x"}] * 2

    assert handle(handler, json={"model": "m1", "messages": said}).json() == {"said": "Ahoy"}
    assert handle(handler, json={"model": "m1", "messages": said[:2]}).json() != {"said": "Ahoy"}


def test_a_refusal_of_the_file_reaches_every_provider(handle) -> None:
    async def handler(self, request):
        return {"said": self.get_response_for_prompt("busy")}

    refused, answered = handle(handler), handle(handler)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert answered.json() == {"said": "At last"}


def test_strict_mode_is_answered_with_404(registry) -> None:
    add(registry)
    client = TestClient(create_app(parse_responses("settings: {strict: true}"), registry=registry))

    response = client.post("/v1/mine/chat", json={"prompt": "hello"})

    assert response.status_code == 404
    assert response.json()["provider"] == "mine"


def test_validate_request_is_asked_by_the_default_handlers(registry, client) -> None:
    class Picky(LLMProvider):
        def validate_request(self, request):
            return None if request.get("model") else "Model is required"

    register_provider("mine", registry=registry)(Picky)

    response = client.post("/v1/mine/chat", json={})

    assert (response.status_code, response.json()["error"]) == (400, "Model is required")


SCHEMA = {"type": "object", "properties": {"version": {"type": "string"}}, "additionalProperties": False}


def test_settings_and_provider_config_are_dictionaries(registry) -> None:
    class Configured(LLMProvider):
        def __init__(self, config):
            super().__init__(config)
            self.version = config.provider_config.get("version", "v1")

        async def handle_chat_completion(self, request):
            return {"version": self.version, "lag": self.config.settings.get("lag_factor", 10)}

    register_provider("mine", config_schema=SCHEMA, registry=registry)(Configured)
    text = "settings: {lag_factor: 20}\nproviders: {mine: {version: v2}}"

    client = TestClient(create_app(parse_responses(text), registry=registry))

    assert client.post("/v1/mine/chat", json={}).json() == {"version": "v2", "lag": 20}


@pytest.mark.parametrize(
    ("values", "key"), [("{version: 2}", "providers.mine.version"), ("{other: x}", "providers.mine")]
)
def test_a_configuration_that_does_not_suit_is_refused_with_file_and_key(
    registry, tmp_path: Path, values: str, key: str
) -> None:
    add(registry, config_schema=SCHEMA)
    path = tmp_path / "r.yml"
    path.write_text(f"providers: {{mine: {values}}}")

    with pytest.raises(ResponsesError) as refused:
        create_app(path, registry=registry)

    assert str(refused.value).startswith(f"{path}: `{key}` does not suit the provider `mine`: ")


def test_a_changed_file_is_read_again_and_its_configuration_too(registry, tmp_path, monkeypatch) -> None:
    class Configured(LLMProvider):
        async def handle_chat_completion(self, request):
            return self.config.provider_config

    path = tmp_path / "r.yml"
    path.write_text("providers: {mine: {version: v1}}")
    register_provider("mine", registry=registry)(Configured)
    monkeypatch.setattr("mockllm.serving.answers._CHECK_EVERY", 0)
    monkeypatch.setattr("mockllm.live._CHECK_EVERY", 0)
    client = TestClient(create_app(path, registry=registry))
    assert client.post("/v1/mine/chat", json={}).json() == {"version": "v1"}

    path.write_text("providers: {mine: {version: v2}}")
    os.utime(path, ns=(1, 1))

    assert client.post("/v1/mine/chat", json={}).json() == {"version": "v2"}


@pytest.fixture
def listed(registry: ProviderRegistry, client: TestClient) -> TestClient:
    add(registry, "mine", version="1.2", supported_models=["m1", "m2"], capabilities={"vision": True})
    registry.failures["acme", "broken"] = "ImportError: no such thing"
    return client


def test_providers_are_listed_with_those_that_failed(listed) -> None:
    assert listed.get("/providers").json() == {
        "providers": [
            {
                "name": "mine",
                "version": "1.2",
                "description": "",
                "endpoints": [
                    {"path": "/v1/mine/chat", "method": "POST", "handler": "handle_chat_completion"}
                ],
                "supported_models": ["m1", "m2"],
                "capabilities": {"vision": True},
                "config_schema": None,
                "problems": [],
            }
        ],
        "failures": [{"name": "broken", "distribution": "acme", "reason": "ImportError: no such thing"}],
    }


@pytest.mark.parametrize("path", ["/models", "/v1/models"])
def test_models_are_listed(listed, path: str) -> None:
    page = listed.get(path).json()

    assert [model["id"] for model in page["data"]] == ["m1", "m2"]
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("m1", "m2", False)
    assert page["data"][0]["owned_by"] == "mine"
    assert listed.get(f"{path}/m2").json() == page["data"][1]
    assert listed.get(f"{path}/m3").status_code == 404


def test_models_that_only_a_method_names_are_listed(registry, client) -> None:
    names = {"get_supported_models": lambda self: ["a/b"]}
    register_provider("mine", registry=registry)(type("Mine", (LLMProvider,), names))

    assert client.get("/v1/models/a/b").json()["id"] == "a/b"


def test_what_a_method_says_wrongly_is_left_out_and_told(registry, client) -> None:
    says = {
        "get_supported_models": lambda self: ["m1", 5, "\ud800"],
        "get_capabilities": lambda self: {"vision": True, "odd": object()},
    }
    fails = {"get_supported_models": lambda self: "m2", "get_capabilities": lambda self: 1 / 0}
    register_provider("mine", registry=registry)(type("Mine", (LLMProvider,), says))
    register_provider("yours", registry=registry)(type("Yours", (LLMProvider,), fails))

    mine, yours = client.get("/providers").json()["providers"]

    assert (mine["supported_models"], mine["capabilities"]) == (["m1"], {"vision": True})
    assert [problem.split(" object")[0] for problem in mine["problems"]] == [
        "get_supported_models: 5 is no name.",
        r"get_supported_models: '\ud800' is no name.",
        "get_capabilities: 'odd' is not what JSON knows.",
    ]
    assert yours["problems"] == [
        "get_supported_models returned a str.",
        "ZeroDivisionError: division by zero",
    ]
    assert [each["id"] for each in client.get("/models").json()["data"]] == ["m1"]


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"$ref": "#/lost"}, {"$ref": "#"}])
def test_a_wrong_schema_is_refused_with_file_and_provider(registry, tmp_path: Path, schema) -> None:
    add(registry, config_schema=schema)
    path = tmp_path / "r.yml"
    path.write_text("providers: {mine: {version: 1}}")

    with pytest.raises(ResponsesError, match=r"r\.yml: `providers\.mine` .* the provider `mine` .* is wrong"):
        create_app(path, registry=registry)


def test_a_newer_file_that_does_not_suit_a_provider_is_not_used(registry, tmp_path, monkeypatch) -> None:
    add(registry, config_schema=SCHEMA)
    path = tmp_path / "r.yml"
    path.write_text("responses: {hello: Good}")
    app = create_app(path, registry=registry)
    monkeypatch.setattr("mockllm.serving.answers._CHECK_EVERY", 0)
    monkeypatch.setattr("mockllm.live._CHECK_EVERY", 0)

    path.write_text("responses: {hello: Bad}\nproviders: {mine: {version: 5}}")

    response = TestClient(app).post("/v1/mine/chat", json={"prompt": "hello"})
    assert response.json()["response"] == "Good"
    assert "`providers.mine.version` does not suit the provider `mine`" in app.state.answers.live.problem


def test_a_slash_at_the_end_and_head_are_answered_as_the_route(registry, client) -> None:
    class Slashed(LLMProvider):
        async def handle_slash(self, request):
            return {"with": "slash"}

    endpoints = [{"path": "/v1/mine/chat"}, {"path": "/slash/", "handler": "handle_slash", "method": "GET"}]
    register_provider("mine", endpoints=endpoints, registry=registry)(Slashed)

    assert client.post("/v1/mine/chat/", json={"prompt": "hello"}).json()["response"] == "Hello to you"
    assert client.get("/slash/").json() == {"with": "slash"}
    assert client.get("/slash").status_code == 404
    assert client.get("/providers/").json() == client.get("/providers").json()
    for path in ("/slash/", "/models"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == get.headers["content-length"]
    assert client.head("/v1/mine/chat").status_code == 405


@pytest.mark.parametrize(("limit", "status"), [("-5", 422), ("0", 200), ("9" * 30, 200), ("x", 422)])
def test_the_limit_of_the_journal_is_a_number_from_0(client, limit: str, status: int) -> None:
    assert client.get("/journal", params={"limit": limit}).status_code == status


async def test_200_streams_at_once_are_answered_without_error(registry, app) -> None:
    add(registry)
    asked = {"prompt": "hello", "stream": True}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
        answers = await asyncio.gather(*(client.post("/v1/mine/chat", json=asked) for _ in range(200)))

    assert {answer.text.count("data: ") for answer in answers} == {4}
    assert all(entry.completed and not entry.error for entry in app.state.journal.entries)


def test_the_app_of_the_module_is_made_when_first_used(monkeypatch, tmp_path: Path) -> None:
    import mockllm.server

    path = tmp_path / "r.yml"
    path.write_text("responses: {hello: From the environment}")
    monkeypatch.setenv("MOCKLLM_RESPONSES", str(path))
    monkeypatch.delitem(vars(mockllm.server), "app", raising=False)

    response = TestClient(mockllm.server.app).post(
        "/v1/chat/completions", json={"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    )

    assert response.json()["choices"][0]["message"]["content"] == "From the environment"
    del mockllm.server.app


@pytest.mark.parametrize("name", ["responses.yml", "responses.yaml"])
def test_a_file_in_the_working_directory_is_used(monkeypatch, registry, tmp_path: Path, name: str) -> None:
    monkeypatch.delenv("MOCKLLM_RESPONSES", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text("responses: {hello: From here}")
    add(registry)

    response = TestClient(create_app(registry=registry)).post("/v1/mine/chat", json={"prompt": "hello"})

    assert response.json()["response"] == "From here"


def test_requests_are_logged_without_query_or_line_breaks(registry, client, caplog) -> None:
    caplog.set_level(logging.INFO, "mockllm")
    client.get("/a%0Ab?api_key=sk-secret-secret")

    [line] = [record.getMessage() for record in caplog.records if record.name == "mockllm"]
    assert line.startswith("GET /a\\nb 404, ")
