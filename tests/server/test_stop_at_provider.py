"""Stop in the chat closes the request that the model's client library has open."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import Any

import pytest
from serving import Serve

from jupyter_ai_magics.threads import run_in_thread
from mockllm.fixture import MockLLM

KEYS = {"OPENAI_API_KEY": "sk-of-a-test", "ANTHROPIC_API_KEY": "sk-ant-of-a-test"}

PROVIDERS = {
    "ChatOpenAI": ("openai-chat-custom", "openai_api_base", "openai_url"),
    "ChatAnthropic": ("anthropic-chat", "base_url", "url"),
    "ChatOllama": ("ollama", "base_url", "url"),
}

Case = tuple[str, dict[str, Any]]


def settings(mockllm: MockLLM, client: str) -> dict[str, Any]:
    """The traits of a server whose model is this client's, at the mock server."""
    provider, keyword, address = PROVIDERS[client]
    model = f"{provider}:some-model"
    return {
        "AiExtension": {
            "language_model": model,
            "default_api_keys": KEYS,
            "model_parameters": {model: {keyword: getattr(mockllm, address)}},
        }
    }


async def stop_after_first_chunk(serve: Serve, config: dict[str, Any]) -> float:
    """The time of Stop."""
    chat = await (await serve(config=config)).chat()
    await chat.send({"prompt": "Hello"})
    await chat.last("agent-stream-chunk")
    await chat.send({"type": "stop"})
    stopped = time.time()
    await chat.until("agent-stream-chunk", stream_complete=True)
    return stopped


@pytest.mark.parametrize("client", PROVIDERS)
async def test_stop_closes_a_stream_that_hangs(serve: Serve, mockllm: MockLLM, client: str) -> None:
    mockllm.reply_with("one two three", token_ms=60_000)

    stopped = await stop_after_first_chunk(serve, settings(mockllm, client))

    entry = await run_in_thread(mockllm.wait_for, lambda entry: entry.disconnected_at)
    assert entry.disconnected_at - stopped < 0.2


@pytest.mark.parametrize("client", PROVIDERS)
async def test_stop_closes_a_request_that_is_not_answered_yet(
    serve: Serve, mockllm: MockLLM, client: str
) -> None:
    mockllm.reply_with("one two three", first_token_ms=60_000)
    chat = await (await serve(config=settings(mockllm, client))).chat()

    await chat.send({"prompt": "Hello"})
    await run_in_thread(mockllm.wait_for, lambda entry: entry.prompt)
    await chat.send({"type": "stop"})
    stopped = time.time()
    entry = await run_in_thread(mockllm.wait_for, lambda entry: entry.disconnected_at)

    assert entry.disconnected_at - stopped < 0.2


@pytest.fixture
def synchronous(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients' models can only be streamed synchronously, on a thread."""
    from langchain_anthropic import ChatAnthropic
    from langchain_core.language_models import BaseChatModel
    from langchain_ollama import ChatOllama
    from langchain_openai import ChatOpenAI

    for model in (ChatOpenAI, ChatAnthropic, ChatOllama):
        monkeypatch.setattr(model, "_astream", BaseChatModel._astream)


@pytest.mark.usefixtures("synchronous")
@pytest.mark.parametrize("client", PROVIDERS)
async def test_stop_closes_a_synchronous_stream_with_its_next_chunk(
    serve: Serve, mockllm: MockLLM, client: str
) -> None:
    if client == "ChatAnthropic" and version("anthropic").startswith("0."):
        pytest.skip("its synchronous streams are reference cycles, closed by the garbage collector only")
    mockllm.reply_with(" ".join(["word"] * 100), token_ms=100)

    stopped = await stop_after_first_chunk(serve, settings(mockllm, client))
    entry = await run_in_thread(mockllm.wait_for, lambda entry: entry.disconnected_at)

    assert entry.disconnected_at - stopped < 1
    assert entry.tokens < 20
