"""The published guide to custom providers: each of its examples, with only what the text lost restored."""

import ast
import json
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from fastapi.testclient import TestClient

from mockllm.config import parse_responses
from mockllm.external import load_built_ins
from mockllm.providers.base import LLMProvider, ProviderContext
from mockllm.registry import ProviderRegistry, register_provider, registry
from mockllm.server import create_app

EXAMPLES = Path(__file__).parent / "examples"

RULES = """\
settings: {lag_enabled: false}
responses: {Hello: Hello to you}
providers: {custom: {api_version: v7}}
"""


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """What an example registers is gone after its test."""
    load_built_ins()
    before = {info.name for info in registry.providers}
    yield
    for info in registry.providers:
        if info.name not in before:
            registry.remove(info.name)


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app(parse_responses(RULES)))


def load(name: str) -> ModuleType:
    spec = spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_basic_provider(client) -> None:
    load("simple_provider")

    assert client.post("/v1/simple/chat", json={"prompt": "Hello"}).json() == {
        "response": "Hello to you",
        "model": "simple-model",
        "provider": "simple",
    }


MESSAGES = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}]


def test_a_full_featured_provider_chats(client) -> None:
    load("mycompany_provider")

    reply = client.post("/v1/mycompany/chat", json={"messages": MESSAGES}).json()

    assert reply["choices"][0]["message"] == {"role": "assistant", "content": "Hello to you"}
    assert reply["usage"]["completion_tokens"] == 3
    assert len(reply["id"]) == len("mycompany-") + 8


def test_a_full_featured_provider_streams(client) -> None:
    load("mycompany_provider")

    response = client.post("/v1/mycompany/chat", json={"messages": MESSAGES, "stream": True})

    lines = [json.loads(line) for line in response.text.splitlines()]
    assert response.headers["content-type"] == "application/x-ndjson"
    assert [line["type"] for line in lines] == ["start", *["delta"] * 12, "end"]
    assert "".join(line.get("content", "") for line in lines) == "Hello to you"


def test_a_full_featured_provider_completes_and_embeds(client) -> None:
    load("mycompany_provider")

    completed = client.post("/v1/mycompany/complete", json={"prompt": "Hello"}).json()
    embedded = client.post("/v1/mycompany/embeddings", json={"input": "one two"}).json()

    assert completed["choices"][0]["text"] == "Hello to you"
    assert len(embedded["data"][0]["embedding"]) == 768
    assert embedded["usage"] == {"prompt_tokens": 2, "total_tokens": 2}


def test_a_full_featured_provider_is_listed(client) -> None:
    load("mycompany_provider")

    listed = {each["name"]: each for each in client.get("/providers").json()["providers"]}
    models = [model["id"] for model in client.get("/v1/models").json()["data"]]

    assert listed["mycompany"]["version"] == "2.0.0"
    assert listed["mycompany"]["capabilities"]["vision"] is False
    assert {"mycompany-small", "mycompany-large", "mycompany-turbo"} <= set(models)


def test_the_endpoint_configuration() -> None:
    mine, endpoint = ProviderRegistry(), ast.literal_eval((EXAMPLES / "endpoint.py").read_text())

    register_provider("mine", endpoints=[endpoint], registry=mine)(type("Mine", (LLMProvider,), {}))

    assert mine.match("POST", "/v1/custom/chat").endpoint.handler == "handle_chat_completion"


def test_the_available_methods(client) -> None:
    provider = load("available_methods").MyProvider
    register_provider("mine")(provider)

    made = provider(ProviderContext(client.app.state.answers, "mine"))

    assert client.get("/v1/models/model-1").status_code == 200
    assert made.get_capabilities() == {"streaming": True}
    assert made.validate_request({}) == "Model is required"
    assert made.validate_request({"model": "m"}) is None
    assert made.get_response_for_prompt("Hello") == "Hello to you"


def test_typed_requests_and_responses(client) -> None:
    register_provider("typed")(load("typed_provider").MyProvider)

    answered = client.post("/v1/typed/chat", json={"prompt": "Hello"})
    refused = client.post("/v1/typed/chat", json={"max_tokens": "many"})

    assert answered.json()["response"] == "Hello to you"
    assert answered.json()["tokens_used"] == 3
    assert len(answered.json()["id"]) == 32
    assert refused.status_code == 422
    assert "prompt: Field required" in refused.json()["error"]


def test_provider_specific_configuration(client) -> None:
    provider = load("custom_provider").CustomProvider
    context = ProviderContext(client.app.state.answers, "custom")

    assert provider(context).api_version == "v7"
    assert client.post("/v1/custom/chat", json={"prompt": "Hello"}).json()["provider"] == "custom"


def test_several_handlers(client) -> None:
    load("multi_provider")

    answers = [client.post(f"/v1/multi/{kind}", json={}).json() for kind in ("chat", "image", "audio")]

    assert [answer["type"] for answer in answers] == ["chat", "image", "audio"]


def test_the_tests_of_a_provider(monkeypatch, tmp_path: Path) -> None:
    import mockllm.server

    (tmp_path / "rules.yml").write_text(RULES)
    monkeypatch.setenv("MOCKLLM_RESPONSES", str(tmp_path / "rules.yml"))
    monkeypatch.delitem(vars(mockllm.server), "app", raising=False)
    tests = load("provider_tests")
    load("custom_provider")  # after the application was made

    tests.test_custom_provider()
    tests.test_custom_streaming()
    del mockllm.server.app


def test_an_external_provider_is_loaded_at_start(client, monkeypatch, tmp_path: Path) -> None:
    package = tmp_path / "my_company" / "providers"
    package.mkdir(parents=True)
    (package / "my_provider.py").write_bytes((EXAMPLES / "my_provider.py").read_bytes())
    monkeypatch.syspath_prepend(tmp_path)

    load("server_startup").load_external_providers()

    assert client.post("/v1/external/chat", json={"prompt": "Hello"}).json()["response"] == "Hello to you"
    for name in [name for name in sys.modules if name.startswith("my_company")]:
        del sys.modules[name]
