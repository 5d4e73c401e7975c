"""The rules that the real client libraries are tried with, and their clients."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from client_support import clients_of_openai, close_ollama

from mockllm.pytest_plugin import mockllm, mockllm_server  # noqa: F401 - fixtures, also where the plug-in is not installed

if TYPE_CHECKING:
    import anthropic
    import ollama
    import openai
    from langchain_anthropic import ChatAnthropic
    from langchain_ollama import ChatOllama
    from langchain_openai import ChatOpenAI

    from mockllm.fixture import MockLLM

# Each client is an extra: where one is not installed, its tests are left out.
collect_ignore_glob = [
    f"test_{client}*.py"
    for client in (
        "openai",
        "anthropic",
        "ollama",
        "langchain_openai",
        "langchain_anthropic",
        "langchain_ollama",
    )
    if find_spec(client) is None
]

RULES = """\
settings: {delay_ms: 0}
rules:
  - exact: hi
    answer: Hello, how are you?
  - exact: weather
    answer: It is sunny.
    tool_calls: [{name: get_weather, arguments: {city: Paris, days: 2}}]
  - exact: colour
    answer: '{"name": "blue", "depth": 3}'
  - exact: pirate
    system: arr
    answer: Ahoy!
  - exact: busy
    answer: At last.
    faults: {status: 429, times: 1, retry_after: 7}
  - exact: overloaded
    faults: {status: 529}
  - exact: broken
    faults: {status: 500}
  - exact: cut
    answer: one two three four
    faults: {cut_after: 2}
  - exact: malformed
    answer: one two three four
    faults: {malformed_after: 2}
  - exact: wrong
    faults: {status: 404}
"""

STRICT = "settings: {strict: true}\nrules: [{exact: hi, answer: Hello}]"


@pytest.fixture
def llm(mockllm: MockLLM) -> MockLLM:  # noqa: F811 - the fixture
    mockllm.load(RULES)
    return mockllm


@pytest.fixture
def strict(mockllm: MockLLM) -> MockLLM:  # noqa: F811 - the fixture
    mockllm.load(STRICT)
    return mockllm


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long the client slept before it tried again; it does not really."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses


@pytest.fixture
def openai_client(llm: MockLLM) -> Iterator[openai.OpenAI]:
    import openai

    http = openai.DefaultHttpxClient(verify=False)  # quicker to make
    with openai.OpenAI(base_url=llm.openai_url, api_key="key", http_client=http) as client:
        yield client


@pytest.fixture
async def async_openai(llm: MockLLM) -> AsyncIterator[openai.AsyncOpenAI]:
    import openai

    http = openai.DefaultAsyncHttpxClient(verify=False)
    async with openai.AsyncOpenAI(base_url=llm.openai_url, api_key="key", http_client=http) as client:
        yield client


@pytest.fixture
def anthropic_client(llm: MockLLM) -> Iterator[anthropic.Anthropic]:
    import anthropic

    http = anthropic.DefaultHttpxClient(verify=False)
    with anthropic.Anthropic(base_url=llm.url, api_key="key", http_client=http) as client:
        yield client


@pytest.fixture
async def async_anthropic(llm: MockLLM) -> AsyncIterator[anthropic.AsyncAnthropic]:
    import anthropic

    http = anthropic.DefaultAsyncHttpxClient(verify=False)
    async with anthropic.AsyncAnthropic(base_url=llm.url, api_key="key", http_client=http) as client:
        yield client


@pytest.fixture
def ollama_client(llm: MockLLM) -> Iterator[ollama.Client]:
    import ollama

    client = ollama.Client(llm.url, verify=False)
    yield client
    client._client.close()  # the versions before 0.6 have no `close` of their own


@pytest.fixture
async def async_ollama(llm: MockLLM) -> AsyncIterator[ollama.AsyncClient]:
    import ollama

    client = ollama.AsyncClient(llm.url, verify=False)
    yield client
    await client._client.aclose()


@pytest.fixture
async def chat_openai(llm: MockLLM) -> AsyncIterator[ChatOpenAI]:
    async for model in _chat_openai(llm):
        yield model


@pytest.fixture
async def chat_openai_responses(llm: MockLLM) -> AsyncIterator[ChatOpenAI]:
    async for model in _chat_openai(llm, use_responses_api=True):
        yield model


async def _chat_openai(llm: MockLLM, **fields: Any) -> AsyncIterator[ChatOpenAI]:
    from langchain_openai import ChatOpenAI

    async with clients_of_openai() as clients:
        yield ChatOpenAI(
            model="gpt-4o", base_url=llm.openai_url, api_key="key", stream_usage=True, **clients, **fields
        )


_timeouts = itertools.count(30)


@pytest.fixture
async def chat_anthropic(llm: MockLLM) -> AsyncIterator[ChatAnthropic]:
    from langchain_anthropic import ChatAnthropic

    # The model keeps one HTTP client for each timeout, and would share it with other tests.
    timeout = float(next(_timeouts))
    model = ChatAnthropic(model_name="claude", base_url=llm.url, api_key="key", timeout=timeout, stop=None)
    yield model
    if "_client" in model.__dict__:
        model._client.close()
    if "_async_client" in model.__dict__:
        await model._async_client.close()


@pytest.fixture
async def chat_ollama(llm: MockLLM) -> AsyncIterator[ChatOllama]:
    from langchain_ollama import ChatOllama

    model = ChatOllama(model="llama3.2", base_url=llm.url, client_kwargs={"verify": False})
    yield model
    await close_ollama(model)
