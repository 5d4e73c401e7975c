"""Our partner providers: built and asked over a socket, where their packages are installed."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from upstream import Upstream, serve_models

from jupyter_ai_magics.base_provider import BaseProvider
from jupyter_ai_magics.catalogue import CARDS, Card
from jupyter_ai_magics.embedding_providers import BaseEmbeddingsProvider


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with serve_models() as upstream:
        yield upstream


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's keys and proxies; a key of OpenAI's that is not to be sent to others."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_API_BASE", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def provider_class(card: Card) -> Any:
    for module in card.requires:
        pytest.importorskip(module)
    module, _, name = card.target.partition(":")
    return getattr(import_module(module), name)


def provider(name: str, **kwargs: Any) -> Any:
    [card] = [card for card in CARDS if card.class_name == name]
    return provider_class(card)(model_id="any-model", **kwargs)


def for_openai(upstream: Upstream, **kwargs: Any) -> dict[str, Any]:
    return {"openai_api_base": f"{upstream.url}/v1", "openai_api_key": "sk-test", **kwargs}


def for_anthropic(upstream: Upstream, **kwargs: Any) -> dict[str, Any]:
    return {"anthropic_api_url": upstream.url, "anthropic_api_key": "sk-test", **kwargs}


@pytest.mark.filterwarnings("default")  # of packages that may be installed beside the tests
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.class_name)
def test_a_class_says_what_its_card_says(card: Card) -> None:
    cls = provider_class(card)

    told = {
        "id": card.id,
        "name": card.name,
        "models": list(card.models),
        "model_id_key": card.model_id_key,
        "registry": card.registry,
        "auth_strategy": card.auth_strategy,
        "fields": list(card.fields),
        "help": card.help,
        "pypi_package_deps": list(card.packages),
    }
    assert told == {name: getattr(cls, name) for name in told}
    assert (
        issubclass(cls, BaseEmbeddingsProvider if card.embeddings else BaseProvider) or card.id == "vertexai"
    )


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.class_name)
def test_a_card_knows_whether_its_models_take_messages(card: Card) -> None:
    from langchain_core.language_models import BaseChatModel

    assert issubclass(provider_class(card), BaseChatModel) is card.is_chat


@pytest.mark.parametrize("name", ["ChatOpenAIProvider", "ChatOpenAICustomProvider"])
async def test_chat_models_of_openai(upstream: Upstream, name: str) -> None:
    model = provider(name, **for_openai(upstream))

    assert (await model.ainvoke("hi")).content == "hello"
    assert upstream.last.body["model"] == "any-model"
    assert upstream.last.headers["authorization"] == "Bearer sk-test"


async def test_completion_models_of_openai(upstream: Upstream) -> None:
    assert await provider("OpenAIProvider", **for_openai(upstream)).ainvoke("hi") == "hello"
    assert upstream.last.path == "/v1/completions"


@pytest.mark.parametrize("name", ["OpenAIEmbeddingsProvider", "OpenAIEmbeddingsCustomProvider"])
async def test_embedding_models_of_openai(upstream: Upstream, name: str) -> None:
    # Texts, as servers other than OpenAI's want them, and not tokens, which it counts over the network.
    model = provider(name, **for_openai(upstream), check_embedding_ctx_length=False)

    assert await model.aembed_query("hi") == [0.5, 0.25]


async def test_openrouter_gets_its_own_key_and_address(upstream: Upstream) -> None:
    assert str(provider("OpenRouterProvider", openrouter_api_key="k").openai_api_base) == (
        "https://openrouter.ai/api/v1"
    )
    address = {"openai_api_base": f"{upstream.url}/v1"}

    model = provider("OpenRouterProvider", openrouter_api_key="sk-or-test", **address)

    assert (await model.ainvoke("hi")).content == "hello"
    assert upstream.last.headers["authorization"] == "Bearer sk-or-test"


def test_a_key_of_openai_is_not_sent_to_openrouter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)

    with pytest.raises(ValueError, match="set OPENROUTER_API_KEY"):
        provider("OpenRouterProvider")


async def test_a_deployment_on_azure(upstream: Upstream) -> None:
    azure = {"azure_endpoint": upstream.url, "api_version": "2024-10-21", "openai_api_key": "sk-test"}

    assert (await provider("AzureChatOpenAIProvider", **azure).ainvoke("hi")).content == "hello"
    assert upstream.last.path == "/openai/deployments/any-model/chat/completions?api-version=2024-10-21"
    assert upstream.last.headers["api-key"] == "sk-test"


async def test_claude(upstream: Upstream) -> None:
    model = provider("ChatAnthropicProvider", **for_anthropic(upstream))

    assert (await model.ainvoke("hi")).content == "hello"
    # One header or the other, by the version of the client library.
    keys = (upstream.last.headers.get("x-api-key"), upstream.last.headers.get("authorization"))
    assert {"sk-test", "Bearer sk-test"} & set(keys)
    assert upstream.last.body["model"] == "any-model"


async def test_ollama(upstream: Upstream) -> None:
    chat = provider("OllamaProvider", base_url=upstream.url)
    embeddings = provider("OllamaEmbeddingsProvider", base_url=upstream.url)

    assert (await chat.ainvoke("hi")).content == "hello"
    assert await embeddings.aembed_query("hi") == [0.5, 0.25]


def test_a_field_that_was_left_empty_is_not_given() -> None:
    blanks = {"openai_api_base": "", "openai_proxy": " ", "default_headers": "", "ca_bundle": ""}

    model = provider("ChatOpenAICustomProvider", openai_api_key="k", **blanks)

    assert (model.openai_api_base, model.openai_proxy, model.default_headers) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("ChatOpenAIProvider", for_openai),
        ("ChatAnthropicProvider", for_anthropic),
    ],
)
async def test_a_refused_key_is_told_from_other_failures(
    upstream: Upstream, name: str, settings: Any
) -> None:
    model = provider(name, **settings(upstream), max_retries=0)
    refused: dict[int, bool] = {}
    for upstream.status in (401, 500):
        with pytest.raises(Exception, match=f"status {upstream.status}") as raised:
            await model.ainvoke("hi")
        refused[upstream.status] = type(model).is_api_key_exc(raised.value)

    assert refused == {401: True, 500: False}


@pytest.mark.parametrize("name", ["ChatOpenAIProvider", "ChatAnthropicProvider"])
def test_the_key_is_not_in_the_repr(name: str) -> None:
    keyword = "openai_api_key" if "OpenAI" in name else "anthropic_api_key"

    assert "sk-test" not in repr(provider(name, **{keyword: "sk-test"}))


def test_gpt4all_answers_one_at_a_time() -> None:
    pytest.importorskip("langchain_community")
    from jupyter_ai_magics import GPT4AllProvider

    assert GPT4AllProvider.model_construct(model_id="m").allows_concurrency is False


def test_names_at_the_top_of_the_package_are_the_same_classes() -> None:
    pytest.importorskip("langchain_community")
    import jupyter_ai
    import jupyter_ai_magics
    from jupyter_ai_magics import embedding_providers, providers

    assert jupyter_ai.AI21Provider is jupyter_ai_magics.AI21Provider is providers.AI21Provider
    assert jupyter_ai_magics.GPT4AllEmbeddingsProvider is embedding_providers.GPT4AllEmbeddingsProvider
