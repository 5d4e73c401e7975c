"""The network settings reach the wire: headers, proxy, CA bundle and timeout of the real client libraries."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_ollama import ChatOllama, OllamaEmbeddings, OllamaLLM
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from upstream import Upstream, private_authority, serve_models

from jupyter_ai_magics.base_provider import BaseProvider
from jupyter_ai_magics.network import (
    NetworkSettings,
    http_clients,
    network_keyword,
    network_params,
    parse_headers,
    proxy_of,
    ssl_context,
)
from jupyter_ai_magics.partner_providers.anthropic import ChatAnthropicProvider
from jupyter_ai_magics.partner_providers.ollama import OllamaEmbeddingsProvider, OllamaProvider
from jupyter_ai_magics.partner_providers.openai import (
    ChatOpenAICustomProvider,
    ChatOpenAIProvider,
    OpenAIEmbeddingsProvider,
    OpenAIProvider,
)


class ThirdPartys(BaseProvider, ChatOpenAI):
    """Another package's provider over the same partner class."""

    id = "third-party"
    name = "Third party"
    models = ["m"]  # noqa: RUF012 - as their packages write it
    model_id_key = "model_name"


Build = Callable[[str, dict[str, Any]], Any]


def openai(cls: type) -> Build:
    return lambda url, network: cls(
        model_id="m", openai_api_base=f"{url}/v1", openai_api_key="k", max_retries=0, **network
    )


def anthropic(url: str, network: dict[str, Any]) -> Any:
    return ChatAnthropicProvider(
        model_id="m", anthropic_api_url=url, anthropic_api_key="k", max_retries=0, **network
    )


def ollama(url: str, network: dict[str, Any]) -> Any:
    return OllamaProvider(model_id="m", base_url=url, **network)


CHAT_MODELS = {
    "ChatOpenAI": (ChatOpenAIProvider, openai(ChatOpenAIProvider)),
    "OpenAI": (OpenAIProvider, openai(OpenAIProvider)),
    "third party's": (ThirdPartys, openai(ThirdPartys)),
    "ChatAnthropic": (ChatAnthropicProvider, anthropic),
    "ChatOllama": (OllamaProvider, ollama),
}
EMBEDDINGS = {
    "OpenAIEmbeddings": (
        OpenAIEmbeddingsProvider,
        lambda url, network: openai(OpenAIEmbeddingsProvider)(
            url, {**network, "check_embedding_ctx_length": False}
        ),
    ),
    "OllamaEmbeddings": (
        OllamaEmbeddingsProvider,
        lambda url, network: OllamaEmbeddingsProvider(model_id="m", base_url=url, **network),
    ),
}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with serve_models() as upstream:
        yield upstream


@pytest.fixture(params=CHAT_MODELS.values(), ids=CHAT_MODELS.keys())
def kind(request: pytest.FixtureRequest) -> tuple[type, Build]:
    kind: tuple[type, Build] = request.param
    return kind


async def ask(model: Any) -> str:
    answer = await model.ainvoke("hi")
    return str(getattr(answer, "content", answer))


async def test_a_request_goes_to_the_proxy_with_the_headers(
    upstream: Upstream, kind: tuple[type, Build]
) -> None:
    cls, build = kind
    network = NetworkSettings(proxy=upstream.url, headers={"X-Team": "data"})

    assert await ask(build("http://models.invalid", network_params(cls, network))) == "hello"
    assert upstream.last.path.startswith("http://models.invalid/")
    assert upstream.last.headers["x-team"] == "data"


@pytest.mark.parametrize("name", ["ChatOpenAI", "ChatAnthropic", "ChatOllama"])
async def test_a_request_that_takes_too_long_fails(upstream: Upstream, name: str) -> None:
    cls, build = CHAT_MODELS[name]
    upstream.silent = True

    with pytest.raises(Exception) as raised:  # noqa: PT011 - each library has its own, some without a text
        await ask(build(upstream.url, network_params(cls, NetworkSettings(timeout=0.05))))

    assert "time" in repr(raised.value).lower()


@pytest.mark.parametrize(("cls", "build"), EMBEDDINGS.values(), ids=EMBEDDINGS.keys())
async def test_embedding_models_likewise(upstream: Upstream, cls: type, build: Build) -> None:
    network = NetworkSettings(proxy=upstream.url, headers={"X-Team": "data"}, timeout=5)

    model = build("http://models.invalid", network_params(cls, network))

    assert await model.aembed_query("hi") == [0.5, 0.25]
    assert upstream.last.path.startswith("http://models.invalid/")
    assert upstream.last.headers["x-team"] == "data"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    pytest.importorskip("trustme")
    return private_authority(tmp_path_factory.mktemp("authority"))


async def test_a_ca_bundle_is_trusted(
    authority: tuple[Path, ssl.SSLContext], kind: tuple[type, Build]
) -> None:
    bundle, context = authority
    cls, build = kind
    with serve_models(context) as upstream:
        model = build(upstream.url, network_params(cls, NetworkSettings(ca_bundle=str(bundle))))

        assert await ask(model) == "hello"
        assert "hello" in str(await asyncio.to_thread(model.invoke, "hi"))  # the other client


@pytest.mark.parametrize("name", ["ChatOpenAI", "ChatAnthropic", "ChatOllama"])
async def test_without_the_bundle_the_server_is_not_trusted(
    authority: tuple[Path, ssl.SSLContext], name: str
) -> None:
    _, build = CHAT_MODELS[name]
    with serve_models(authority[1]) as upstream, pytest.raises(Exception, match=r"(?i)connect|certificate"):
        await ask(build(upstream.url, {}))


async def test_the_general_interface_takes_them_as_fields(authority: tuple[Path, ssl.SSLContext]) -> None:
    bundle, context = authority
    fields = {"default_headers": '{"X-Team": "data"}', "ca_bundle": str(bundle), "request_timeout": 30}
    with serve_models(context) as upstream:
        model = openai(ChatOpenAICustomProvider)(upstream.url, fields)

        assert await ask(model) == "hello"
        assert upstream.last.headers["x-team"] == "data"
        assert model.request_timeout == 30


def test_headers_that_are_no_json_are_refused() -> None:
    with pytest.raises(ValueError, match="The field of extra headers is no JSON"):
        openai(ChatOpenAICustomProvider)("http://models.invalid", {"default_headers": "X-Team: data"})


@pytest.mark.parametrize("proxy", ["http://proxy:3128", "https://proxy:3128"])
def test_a_proxy_and_a_bundle_go_together(authority: tuple[Path, ssl.SSLContext], proxy: str) -> None:
    network = NetworkSettings(proxy=proxy, ca_bundle=str(authority[0]))

    for cls, build in CHAT_MODELS.values():
        assert build("http://models.invalid", network_params(cls, network))


def test_a_proxy_that_speaks_tls_is_trusted_by_the_bundle(authority: tuple[Path, ssl.SSLContext]) -> None:
    bundle = str(authority[0])

    assert proxy_of("https://user:pw@proxy:3128", bundle).ssl_context is ssl_context(bundle)
    assert proxy_of("https://proxy:3128", None) == "https://proxy:3128"
    assert proxy_of("http://proxy:3128", bundle) == "http://proxy:3128"


def test_the_clients_are_made_once(authority: tuple[Path, ssl.SSLContext]) -> None:
    bundle = str(authority[0])

    assert http_clients(None, bundle) is http_clients(None, bundle)
    assert ssl_context(bundle) is ssl_context(bundle)


def test_a_bundle_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"

    with pytest.raises(ValueError, match=r"missing\.pem.*cannot be read"):
        network_params(ThirdPartys, NetworkSettings(ca_bundle=str(missing)))


@pytest.mark.parametrize("cls", [ChatOpenAI, OpenAI, OpenAIEmbeddings, ChatAnthropic, ChatOllama, OllamaLLM])
def test_partner_classes_are_known_by_themselves(cls: type) -> None:
    assert network_params(cls, NetworkSettings(timeout=3))


@pytest.mark.parametrize("cls", [ChatOpenAI, BaseProvider, OllamaEmbeddings])
def test_nothing_set_is_nothing_to_pass(cls: type) -> None:
    assert network_params(cls, NetworkSettings()) == {}


def test_a_class_of_another_library_takes_nothing() -> None:
    assert network_params(BaseProvider, NetworkSettings(timeout=3)) == {}


def test_the_environment_says_all_four() -> None:
    environ = {
        "JUPYTER_AI_PROXY": "http://proxy:3128",
        "JUPYTER_AI_CA_BUNDLE": "/etc/ca.pem",
        "JUPYTER_AI_TIMEOUT": "60",
        "JUPYTER_AI_HEADERS": '{"X-Team": "data"}',
    }

    assert NetworkSettings.from_environment(environ) == NetworkSettings(
        "http://proxy:3128", "/etc/ca.pem", 60.0, {"X-Team": "data"}
    )
    assert not NetworkSettings.from_environment({})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("JUPYTER_AI_TIMEOUT", "soon"),
        ("JUPYTER_AI_TIMEOUT", "0"),
        ("JUPYTER_AI_TIMEOUT", "inf"),
        ("JUPYTER_AI_HEADERS", "X-Team: data"),
        ("JUPYTER_AI_HEADERS", '["X-Team"]'),
        ("JUPYTER_AI_HEADERS", '{"X-Team": 1}'),
    ],
)
def test_a_wrong_variable_is_named(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        NetworkSettings.from_environment({name: text})


def test_settings_override_one_by_one() -> None:
    traits = NetworkSettings(proxy="http://a", timeout=10, headers={"A": "1", "B": "1"})
    environment = NetworkSettings(ca_bundle="b.pem", timeout=20, headers={"B": "2"})

    assert traits.override(environment) == NetworkSettings("http://a", "b.pem", 20, {"A": "1", "B": "2"})


# Through the parameters of a provider, past what its constructor does


class Stubborn(ThirdPartys):
    """Has its own mind about some of the settings, as providers of the 2.x series do."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(request_timeout=5, default_headers={"X-Acme": "1", "x-team": "acme"}, **kwargs)


def test_what_a_constructor_sets_itself_stays_and_headers_are_merged() -> None:
    network = NetworkSettings(timeout=60, proxy="http://proxy:1", headers={"X-Team": "data"})

    model = openai(Stubborn)("http://models.invalid", network_keyword(Stubborn, network))

    assert (model.request_timeout, model.openai_proxy) == (5, "http://proxy:1")
    assert model.default_headers == {"X-Acme": "1", "X-Team": "data"}


def test_it_may_set_them_under_another_name() -> None:
    given = {"timeout": 5, **network_keyword(ThirdPartys, NetworkSettings(timeout=60))}

    assert openai(ThirdPartys)("http://models.invalid", given).request_timeout == 5


def test_clients_of_its_own_need_no_proxy() -> None:
    clients = http_clients(None, None)
    given = {**clients, **network_keyword(ThirdPartys, NetworkSettings(proxy="http://proxy:1"))}

    assert openai(ThirdPartys)("http://models.invalid", given).http_client is clients["http_client"]


def test_a_proxy_of_its_own_goes_with_the_bundle(authority: tuple[Path, ssl.SSLContext]) -> None:
    network = NetworkSettings(ca_bundle=str(authority[0]))
    given = {"openai_proxy": "http://mine:2", **network_keyword(ThirdPartys, network)}

    model = openai(ThirdPartys)("http://models.invalid", given)

    assert model.http_client is http_clients("http://mine:2", str(authority[0]))["http_client"]


def test_settings_inside_of_others_are_merged_too() -> None:
    mine = {"timeout": 5, "headers": {"X-Mine": "1"}}
    network = NetworkSettings(timeout=60, proxy="http://proxy:1", headers={"X-Team": "data"})

    model = OllamaProvider(model_id="m", client_kwargs=mine, **network_keyword(OllamaProvider, network))

    assert model.client_kwargs == {
        "timeout": 5,
        "proxy": "http://proxy:1",
        "headers": {"X-Mine": "1", "X-Team": "data"},
    }


async def test_the_headers_that_a_person_enters_go_with_the_administrators(upstream: Upstream) -> None:
    network = NetworkSettings(headers={"X-Team": "data"})
    entered = {"default_headers": '{"x-team": "mine", "X-Mine": "1"}'}
    given = {**entered, **network_keyword(ChatOpenAICustomProvider, network)}

    assert await ask(openai(ChatOpenAICustomProvider)(upstream.url, given)) == "hello"
    assert (upstream.last.headers["x-team"], upstream.last.headers["x-mine"]) == ("data", "1")


def test_headers_are_in_no_repr() -> None:
    assert "secret" not in repr(NetworkSettings(headers={"Authorization": "secret"}))


@pytest.mark.parametrize(
    "text", ["[1]", "3", '{"a b": "c"}', '{"": "c"}', '{"a": "b\\nc"}', '{"a": "\u20ac"}', '{"a": 1}', "{"]
)
def test_what_cannot_be_a_header_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the place"):
        parse_headers(text, "the place")
