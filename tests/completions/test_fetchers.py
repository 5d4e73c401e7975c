"""What a deployment does with requests to its endpoint; the classes are those of the documentation."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from completion_models import LOG, config, models, request, texts
from pages import blocks
from upstream import Upstream, serve_models

from jupyter_ai.completions.caller import Caller, asking
from jupyter_ai.completions.fetch import CompletionsFetcher
from jupyter_ai.completions.selector import Candidate, Situation
from jupyter_ai.errors import FetchRefused
from jupyter_ai_magics.network import NetworkSettings
from mockllm.fixture import MockLLM

PAGE = Path(__file__).parents[2] / "docs/administrators/completions.md"


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """The names that the page defines."""
    names: dict[str, Any] = {}
    for block in blocks(PAGE.read_text()):
        if block.kind == "python":
            exec(block.text, names)
    return names


@pytest.fixture
def two() -> Iterator[tuple[Upstream, Upstream]]:
    with serve_models() as first, serve_models() as second:
        yield first, second


async def complete(fetcher: Any, url: str = "http://models.invalid/v1", users: str = "a", **more: Any) -> str:
    """The last suggestion, after one request for each user."""
    provider = models(config("endpoint:default", base_url=url, fetcher=fetcher, **more))
    text = ""
    for user in users:
        token = asking.set(Caller("c", user))
        try:
            [text] = texts(await provider.generate_inline_completions(request()))
        finally:
            asking.reset(token)
    await provider.aclose()
    return text


async def test_answers_are_kept_for_each_user(page: dict[str, Any], two: tuple[Upstream, Upstream]) -> None:
    assert await complete(page["CachingFetcher"], two[0].url, "ababa") == "hello"
    assert len(two[0].requests) == 2


async def test_kept_answer_is_streamed(page: dict[str, Any], mockllm: MockLLM) -> None:
    mockllm.reply_with("return 1")
    settings = config(
        "endpoint:m", base_url=mockllm.openai_url, endpoint_models=["m"], fetcher=page["CachingFetcher"]
    )
    provider, ends = models(settings), []
    for _ in range(2):
        parts = [part async for part in provider.stream_inline_completions(request(stream=True))]
        ends.append(parts[-1].response.insertText)
    await provider.aclose()

    assert (ends, len(mockllm.journal)) == (["return 1"] * 2, 1)


async def test_requests_go_through_the_proxy_with_the_deployments_headers(
    two: tuple[Upstream, Upstream],
) -> None:
    network = NetworkSettings(proxy=two[0].url, headers={"X-Team": "data"})

    assert await complete(None, network=network, headers={"X-Site": "north"}) == "hello"
    sent = two[0].last
    assert sent.path == "http://models.invalid/v1/completions"
    assert (sent.headers["x-team"], sent.headers["x-site"]) == ("data", "north")


async def test_load_is_shared(page: dict[str, Any], two: tuple[Upstream, Upstream]) -> None:
    fetcher = page["BalancingFetcher"]()
    fetcher.servers = [server.url for server in two]

    assert await complete(fetcher, users="aaaa") == "hello"
    assert [len(server.requests) for server in two] == [2, 2]


async def test_the_next_server_is_asked_where_one_cannot_answer(
    page: dict[str, Any], two: tuple[Upstream, Upstream]
) -> None:
    two[0].status = 503
    fetcher = page["BalancingFetcher"]()
    fetcher.servers = ["http://127.0.0.1:9", *(server.url for server in two)]

    assert await complete(fetcher, users="aaa") == "hello"


async def test_what_is_our_fault_is_not_asked_elsewhere(
    page: dict[str, Any], two: tuple[Upstream, Upstream]
) -> None:
    two[0].status = two[1].status = 401
    fetcher = page["BalancingFetcher"]()
    fetcher.servers = [server.url for server in two]

    with pytest.raises(FetchRefused):
        await complete(fetcher)
    assert len(two[0].requests) + len(two[1].requests) == 1


async def test_log_tells_of_requests_and_not_of_the_code(
    page: dict[str, Any], two: tuple[Upstream, Upstream], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOG.name)
    await complete(page["LoggingFetcher"], two[0].url)
    two[0].status = 500
    with pytest.raises(FetchRefused):
        await complete(page["LoggingFetcher"], two[0].url)
    told = [record.getMessage().split(" after ")[0] for record in caplog.records]
    outcomes = [text.split(": ")[1] for text in told if text.startswith("completion ")]

    assert outcomes == ["answered", "fetch-refused"]
    assert "def f" not in caplog.text


async def test_authentication_of_ones_own(
    page: dict[str, Any], two: tuple[Upstream, Upstream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_AI_COMPLETIONS_API_KEY", "k")

    await complete(page["SigningFetcher"], two[0].url)

    sent = two[0].last.headers
    signature = hmac.new(b"k", sent["x-request-id"].encode(), hashlib.sha256).hexdigest()
    assert (sent["x-signature"], "authorization" in sent) == (signature, False)


async def test_mock_needs_no_network(page: dict[str, Any]) -> None:
    assert await complete(page["MockFetcher"]) == "return 1 + 1"


async def test_endpoint_of_a_package(page: dict[str, Any], two: tuple[Upstream, Upstream]) -> None:
    class Cobol(page["CobolEndpoint"]):  # type: ignore[misc]  # of the page
        url = f"{two[0].url}/v1/completions"

    provider = Cobol(log=LOG, config_manager=config(), root_dir="/", server_settings={})
    reply = await provider.generate_inline_completions(request("ADD 1 "))
    await provider.aclose()

    assert texts(reply) == ["hello"]
    assert (two[0].last.body["max_tokens"], two[0].last.body["stop"]) == (64, ["\n\n"])


def test_selector_of_the_page(page: dict[str, Any]) -> None:
    candidates = [Candidate("openai-chat:gpt-4.1"), Candidate("endpoint:default")]
    select = page["ByTier"]().select

    first = [select(candidates, Situation(tier=tier, group=group))[0] for tier, group in GROUPS]

    assert first == ["openai-chat:gpt-4.1", "openai-chat:gpt-4.1", "endpoint:default"]


GROUPS = [("gold", "A"), ("", "B"), ("", "A")]


def test_fetcher_is_made_with_what_the_administrator_set() -> None:
    made: list[dict[str, Any]] = []

    class Fetcher(CompletionsFetcher):
        def __init__(self, **options: Any) -> None:
            made.append(options)
            super().__init__(**options)

    network = NetworkSettings(proxy="http://proxy.example")
    models(config(fetcher=Fetcher, headers={"X-Site": "north"}, network=network))

    assert made == [{"network": network, "headers": {"X-Site": "north"}, "log": LOG}]
