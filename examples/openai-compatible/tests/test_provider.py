"""The provider against a server: MockLLM, on a port of its own."""

import openai
import pytest
from jupyter_ai_openai_compatible import LocalServerProvider


@pytest.fixture
def server(mockllm):
    mockllm.reply_with("pong")
    return mockllm


def provider(server, **more):
    return LocalServerProvider(model_id="whale", base_url=f"{server.url}/v1", **more)


def test_answer_comes_from_the_server(server):
    model = provider(server, openai_api_key="a-key", max_tokens=20)

    assert model.invoke("ping").content == "pong"
    [asked] = server.journal
    assert (asked.body["model"], asked.body["max_completion_tokens"]) == ("whale", 20)


def test_answer_is_streamed(server):
    model = provider(server, openai_api_key="a-key")

    assert "".join(chunk.content for chunk in model.stream("ping")) == "pong"


def test_refused_key_is_known_as_such(server):
    model = provider(server, openai_api_key="invalid", max_retries=0)

    with pytest.raises(openai.AuthenticationError) as refused:
        model.invoke("ping")

    assert LocalServerProvider.is_api_key_exc(refused.value)
