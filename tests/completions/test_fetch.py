"""Requests to a completions endpoint, over real sockets."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from upstream import Upstream, serve_models

from jupyter_ai.completions.fetch import CompletionsFetcher, FetchResponse
from jupyter_ai.errors import (
    FetchCancelled,
    FetchFailure,
    FetchMalformed,
    FetchRefused,
    FetchTimedOut,
    FetchTooLarge,
    FetchUnreachable,
)
from jupyter_ai_magics.network import NetworkSettings
from jupyter_ai_magics.threads import run_in_thread
from mockllm.fixture import MockLLM

KEY = "sk-planted-0123456789abcdef"
PARAMS = {"model": "m", "prompt": "def f", "suffix": "", "stream": True}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with serve_models() as upstream:
        yield upstream


async def post(fetcher: CompletionsFetcher, url: str, **options: Any) -> FetchResponse:
    return await fetcher.fetch(f"{url}/completions", KEY, PARAMS, "request-1", **options)


async def streamed(response: FetchResponse) -> str:
    async with response:
        return "".join([event["choices"][0]["text"] async for event in response.events()])


async def failure(fetcher: CompletionsFetcher, url: str, **options: Any) -> FetchFailure:
    with pytest.raises(FetchFailure) as raised:
        await streamed(await post(fetcher, url, **options))
    return raised.value


async def test_later_headers_win_whatever_their_case(upstream: Upstream) -> None:
    network = NetworkSettings(headers={"X-Team": "network", "X-Zone": "network"})
    fetcher = CompletionsFetcher(network=network, headers={"x-team": "deployment"})
    overrides = {"AUTHORIZATION": "Custom k", "X-Zone": "override"}

    await (await post(fetcher, upstream.url, header_overrides=overrides)).aclose()
    await fetcher.aclose()

    sent = upstream.last.headers
    assert (sent["x-team"], sent["x-zone"]) == ("deployment", "override")
    assert (sent["authorization"], sent["x-request-id"]) == ("Custom k", "request-1")


async def test_stream_is_read_to_its_end(mockllm: MockLLM) -> None:
    mockllm.reply_with("return 1 + 1")
    fetcher = CompletionsFetcher()

    text = await streamed(await post(fetcher, mockllm.openai_url))
    await fetcher.aclose()

    assert text == "return 1 + 1"


async def test_refusal_tells_status_and_when_to_come_back(mockllm: MockLLM) -> None:
    mockllm.reply_with("no", status=429, retry_after=7)
    fetcher = CompletionsFetcher()

    error = await failure(fetcher, mockllm.openai_url)
    await fetcher.aclose()

    assert (type(error), error.upstream_status, error.retry_after) == (FetchRefused, 429, 7)


@pytest.mark.parametrize(
    ("faults", "expected"), [({"cut_after": 2}, FetchMalformed), ({"malformed_after": 1}, FetchMalformed)]
)
async def test_broken_stream_is_malformed(
    mockllm: MockLLM, faults: dict[str, Any], expected: type[FetchFailure]
) -> None:
    mockllm.reply_with("one two three four", **faults)
    fetcher = CompletionsFetcher()

    error = await failure(fetcher, mockllm.openai_url)
    await fetcher.aclose()

    assert type(error) is expected


async def test_slow_endpoint_times_out(upstream: Upstream) -> None:
    upstream.silent = True
    fetcher = CompletionsFetcher(network=NetworkSettings(timeout=0.05))

    assert type(await failure(fetcher, upstream.url)) is FetchTimedOut
    await fetcher.aclose()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "ftp://models.example", "http://["])
async def test_no_connection_is_typed(url: str) -> None:
    fetcher = CompletionsFetcher()

    assert type(await failure(fetcher, url)) is FetchUnreachable
    await fetcher.aclose()


async def test_too_much_is_not_taken(mockllm: MockLLM) -> None:
    mockllm.reply_with("word " * 100)
    fetcher = CompletionsFetcher()
    fetcher.max_bytes = 2000

    assert type(await failure(fetcher, mockllm.openai_url)) is FetchTooLarge
    await fetcher.aclose()


@pytest.mark.parametrize("faults", [{"first_token_ms": 60_000}, {"token_ms": 60_000}], ids=["first", "next"])
async def test_setting_cancel_closes_the_connection(mockllm: MockLLM, faults: dict[str, Any]) -> None:
    mockllm.reply_with("one two three", **faults)
    fetcher, cancel = CompletionsFetcher(), asyncio.Event()

    asked = asyncio.create_task(failure(fetcher, mockllm.openai_url, cancel=cancel))
    await run_in_thread(mockllm.wait_for, lambda entry: entry.prompt)
    cancel.set()

    assert type(await asked) is FetchCancelled
    await run_in_thread(mockllm.wait_for, lambda entry: entry.disconnected_at)
    await fetcher.aclose()


async def test_closing_a_response_closes_its_connection(mockllm: MockLLM) -> None:
    mockllm.reply_with("one two three", token_ms=60_000)
    fetcher = CompletionsFetcher()

    async with await post(fetcher, mockllm.openai_url) as response:
        await anext(response.events())

    await run_in_thread(mockllm.wait_for, lambda entry: entry.disconnected_at)
    await fetcher.aclose()


async def test_redirect_is_not_followed_with_the_key(upstream: Upstream) -> None:
    upstream.status = 307
    fetcher = CompletionsFetcher()

    assert (await failure(fetcher, upstream.url)).upstream_status == 307
    await fetcher.aclose()
    assert len(upstream.requests) == 1


async def test_no_failure_and_no_log_holds_the_key(
    mockllm: MockLLM, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fetcher, told = CompletionsFetcher(), []
    for url in ("http://user:pw-planted@127.0.0.1:9", "http://[", mockllm.openai_url, upstream.url):
        mockllm.reply_with("no", status=401)
        upstream.status = 500
        error = await failure(fetcher, url)
        told.append("".join(traceback.format_exception(error)) + repr(vars(error)))
    with pytest.raises(FetchUnreachable) as raised:
        await fetcher.fetch(mockllm.openai_url, f"{KEY}\n\u2013", PARAMS, "r")
    told.append("".join(traceback.format_exception(raised.value)))
    await fetcher.aclose()

    assert [text for text in [*told, caplog.text] if "planted" in text] == []
