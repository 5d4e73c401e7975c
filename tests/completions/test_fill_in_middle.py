"""What is asked of an endpoint that fills in the middle, and what is made of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from completion_models import config, fill_in_middle, request, texts
from upstream import Upstream, serve_models

from jupyter_ai.completions.fetch import CompletionsFetcher, FetchResponse
from jupyter_ai.completions.models import InlineCompletionReply, InlineCompletionStreamChunk
from jupyter_ai.errors import CompletionUnavailable, FetchMalformed, FetchRefused
from jupyter_ai_magics.threads import run_in_thread
from mockllm.fixture import MockLLM


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with serve_models() as upstream:
        yield upstream


async def test_prompt_and_suffix_are_sent_and_no_model_that_nobody_named(upstream: Upstream) -> None:
    provider = fill_in_middle(config(base_url=f"{upstream.url}/v1/"))

    reply = await provider.generate_inline_completions(request("a = ", suffix="\nb"))
    await provider.aclose()

    assert texts(reply) == ["hello"]
    assert upstream.last.path == "/v1/completions"
    assert upstream.last.body == {"prompt": "a = ", "suffix": "\nb", "max_tokens": 256, "temperature": 0}
    assert "authorization" not in upstream.last.headers


async def test_administrators_parameters_and_the_key_are_sent(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_AI_COMPLETIONS_API_KEY", "k")
    settings = config(base_url=upstream.url, model_parameters={"endpoint:coder": {"max_tokens": 32}})
    provider = fill_in_middle(settings, model="coder")

    await provider.generate_inline_completions(request())
    await provider.aclose()

    assert (upstream.last.body["model"], upstream.last.body["max_tokens"]) == ("coder", 32)
    assert upstream.last.headers["authorization"] == "Bearer k"


async def test_only_the_end_of_a_long_prefix_is_sent_in_whole_lines(upstream: Upstream) -> None:
    provider = fill_in_middle(config(base_url=upstream.url))

    await provider.generate_inline_completions(request("0123456789 = 1\n" * 7000, suffix="x" * 100_000))
    await provider.aclose()

    sent = upstream.last.body
    assert sent["prompt"] == "0123456789 = 1\n" * 533
    assert len(sent["suffix"]) == 2000


async def test_nothing_is_suggested_where_there_is_no_endpoint() -> None:
    provider = fill_in_middle(config())
    streamed = [part async for part in provider.stream_inline_completions(request())]

    assert texts(await provider.generate_inline_completions(request())) == []
    assert [texts(part) for part in streamed if isinstance(part, InlineCompletionReply)] == [[]]


async def test_suggestion_grows_as_it_is_streamed(mockllm: MockLLM) -> None:
    mockllm.reply_with("return 1")
    provider = fill_in_middle(config(base_url=mockllm.openai_url), model="m")

    begun, *chunks = [part async for part in provider.stream_inline_completions(request())]
    await provider.aclose()

    assert isinstance(begun, InlineCompletionReply)
    assert (begun.list.items[0].insertText, begun.list.items[0].isIncomplete) == ("", True)
    grown = [(c.response.insertText, c.done) for c in chunks if isinstance(c, InlineCompletionStreamChunk)]
    assert grown == [("return ", False), ("return 1", False), ("return 1", True)]


async def test_cancelling_a_stream_closes_its_connection(mockllm: MockLLM) -> None:
    mockllm.reply_with("one two three", token_ms=60_000)
    provider = fill_in_middle(config(base_url=mockllm.openai_url), model="m")

    async def read() -> None:
        async for _ in provider.stream_inline_completions(request()):
            pass

    task = asyncio.create_task(read())
    await run_in_thread(mockllm.wait_for, lambda entry: entry.prompt)
    task.cancel()
    await asyncio.wait([task])
    await run_in_thread(mockllm.wait_for, lambda entry: entry.disconnected_at)
    await provider.aclose()

    assert task.cancelled()


@pytest.mark.parametrize("answer", [{"error": "no"}, [], {"choices": "x"}, {"choices": [1]}])
async def test_what_is_no_completion_is_malformed(answer: object) -> None:
    class Fetcher(CompletionsFetcher):
        async def fetch(self, *_: object, **__: object) -> FetchResponse:
            return FetchResponse.of(answer)

    provider = fill_in_middle(config(base_url="http://models.example"), Fetcher())

    with pytest.raises(FetchMalformed):
        await provider.generate_inline_completions(request())


async def test_endpoint_that_is_asked_too_often_is_left_alone(mockllm: MockLLM) -> None:
    mockllm.reply_with("no", status=429, retry_after=60)
    provider = fill_in_middle(config(base_url=mockllm.openai_url), model="m")
    with pytest.raises(FetchRefused):
        await provider.generate_inline_completions(request())
    with pytest.raises(CompletionUnavailable, match="was asked too often"):
        await anext(provider.stream_inline_completions(request(stream=True)))
    await provider.aclose()

    assert len(mockllm.journal) == 1


async def test_endpoint_is_asked_again_after_its_pause(mockllm: MockLLM) -> None:
    mockllm.reply_with("no", status=503, retry_after=0)
    provider = fill_in_middle(config(base_url=mockllm.openai_url), model="m")
    for _ in range(2):
        with pytest.raises(FetchRefused):
            await provider.generate_inline_completions(request())
    await provider.aclose()

    assert len(mockllm.journal) == 2
