"""OpenAI's own client library against the mock server: completions of a text, and embeddings."""

from __future__ import annotations

import json
from math import isclose
from typing import TYPE_CHECKING, Any

import openai
import pytest
from client_support import TRANSPORT_ERRORS

if TYPE_CHECKING:
    from mockllm.fixture import MockLLM


def complete(client: openai.OpenAI, prompt: Any = "hi", **more: Any) -> Any:
    return client.completions.create(model="gpt-3.5-turbo-instruct", prompt=prompt, **more)


def test_openai_completions_plain_answers_with_usage(openai_client: openai.OpenAI) -> None:
    completion = complete(openai_client)

    assert (completion.object, completion.choices[0].text) == ("text_completion", "Hello, how are you?")
    assert completion.usage.total_tokens == 5


def test_openai_completions_streaming_gives_tokens(openai_client: openai.OpenAI) -> None:
    chunks = list(complete(openai_client, stream=True, stream_options={"include_usage": True}))

    assert [choice.text for chunk in chunks for choice in chunk.choices] == [
        "Hello, ",
        "how ",
        "are ",
        "you?",
        "",
    ]
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.completion_tokens == 4


async def test_openai_completions_async_streaming(async_openai: openai.AsyncOpenAI) -> None:
    stream = await async_openai.completions.create(model="gpt", prompt="hi", stream=True)

    assert "".join([chunk.choices[0].text async for chunk in stream]) == "Hello, how are you?"


def test_openai_completions_suffix_is_accepted(openai_client: openai.OpenAI) -> None:
    assert complete(openai_client, suffix="bye").choices[0].text == "Hello, how are you?"


def test_openai_completions_echo_repeats_the_prompt(openai_client: openai.OpenAI) -> None:
    assert complete(openai_client, echo=True).choices[0].text == "hiHello, how are you?"
    assert "".join(
        chunk.choices[0].text for chunk in complete(openai_client, echo=True, stream=True)
    ).startswith("hi")


def test_openai_completions_of_several_prompts_are_numbered(openai_client: openai.OpenAI) -> None:
    choices = complete(openai_client, ["hi", "cut"], n=2).choices

    assert [(choice.index, choice.text.split()[0]) for choice in choices] == [
        (0, "Hello,"), (1, "Hello,"), (2, "one"), (3, "one"),
    ]  # fmt: skip


def test_openai_completions_prompt_of_tokens_is_accepted(llm: MockLLM, openai_client: openai.OpenAI) -> None:
    llm.load("responses: {15339 11: tokens}")

    assert complete(openai_client, [15339, 11]).choices[0].text == "tokens"


def test_openai_completions_cut_stream_breaks_the_connection(openai_client: openai.OpenAI) -> None:
    with pytest.raises((openai.APIConnectionError, *TRANSPORT_ERRORS)):
        list(complete(openai_client, "cut", stream=True))


def test_openai_completions_malformed_frame_does_not_parse(openai_client: openai.OpenAI) -> None:
    with pytest.raises(json.JSONDecodeError):
        list(complete(openai_client, "malformed", stream=True))


def embed(client: openai.OpenAI, texts: Any, **more: Any) -> list[list[float]]:
    response = client.embeddings.create(model="text-embedding-3-small", input=texts, **more)
    assert [each.index for each in response.data] == list(range(len(response.data)))
    return [each.embedding for each in response.data]


def test_openai_embeddings_are_unit_vectors(openai_client: openai.OpenAI) -> None:
    (vector,) = embed(openai_client, "the sea is blue")

    assert len(vector) == 1536
    assert isclose(sum(value * value for value in vector), 1, abs_tol=1e-5)


def test_openai_embeddings_in_base64_and_as_floats_are_equal(openai_client: openai.OpenAI) -> None:
    encoded, plain = (embed(openai_client, "sea", encoding_format=form)[0] for form in ("base64", "float"))

    decoded = openai_client.embeddings.create(model="text-embedding-3-small", input="sea").data[0].embedding
    assert isinstance(encoded, str)
    assert decoded == pytest.approx(plain, abs=1e-6)


def test_openai_embeddings_of_texts_and_of_tokens_with_dimensions(openai_client: openai.OpenAI) -> None:
    texts = embed(openai_client, ["sea", "sky", "sea"], dimensions=64)
    tokens = embed(openai_client, [[1, 2], [3]], dimensions=64)

    assert [len(vector) for vector in texts + tokens] == [64] * 5
    assert texts[0] == texts[2] != texts[1]


async def test_openai_embeddings_async(async_openai: openai.AsyncOpenAI) -> None:
    response = await async_openai.embeddings.create(model="text-embedding-3-large", input="sea")

    assert len(response.data[0].embedding) == 3072
    assert response.usage.total_tokens == 1


@pytest.mark.parametrize("wrong", [{"input": ""}, {"input": []}, {"input": "a", "dimensions": 0}])
def test_openai_embeddings_error_400(openai_client: openai.OpenAI, wrong: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError):
        openai_client.embeddings.create(model="m", **wrong)


def test_openai_embeddings_error_401(openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        embed(openai_client.with_options(api_key="invalid"), "a")
