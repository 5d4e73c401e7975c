"""How providers reach the network: proxy, CA bundle, timeout and extra headers, the same for all of them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = [
    "NetworkSettings",
    "http_clients",
    "network_keyword",
    "network_params",
    "parse_headers",
    "proxy_of",
    "ssl_context",
    "with_network",
]


@dataclass(frozen=True)
class NetworkSettings:
    """What was set; what was not is left to the client library, which reads HTTPS_PROXY and the like."""

    proxy: str | None = None  # a URL
    ca_bundle: str | None = None  # the path of a PEM file
    timeout: float | None = None  # seconds that one request may take
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # sent with every request

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> NetworkSettings:
        """JUPYTER_AI_PROXY, _CA_BUNDLE, _TIMEOUT and _HEADERS (JSON); ValueError names a wrong variable."""
        return cls(
            proxy=environ.get("JUPYTER_AI_PROXY") or None,
            ca_bundle=environ.get("JUPYTER_AI_CA_BUNDLE") or None,
            timeout=_seconds("JUPYTER_AI_TIMEOUT", environ.get("JUPYTER_AI_TIMEOUT")),
            headers=parse_headers(environ.get("JUPYTER_AI_HEADERS"), "JUPYTER_AI_HEADERS"),
        )

    def override(self, other: NetworkSettings) -> NetworkSettings:
        """These settings, with what `other` sets in place of its own; headers one by one."""
        return NetworkSettings(
            proxy=other.proxy or self.proxy,
            ca_bundle=other.ca_bundle or self.ca_bundle,
            timeout=self.timeout if other.timeout is None else other.timeout,
            headers={**self.headers, **other.headers},
        )

    def __bool__(self) -> bool:
        return bool(self.proxy or self.ca_bundle or self.headers) or self.timeout is not None


def network_params(provider: type, network: NetworkSettings) -> dict[str, Any]:
    """The keywords that make a provider class use these settings; {} if nothing is set or it takes none.

    They go by the partner class that it derives from, so a third party's subclass of `ChatOpenAI` gets them
    as well. Imports nothing but the client library of that class. Raises ValueError for an unreadable bundle.
    """
    if not network:
        return {}
    for base in provider.__mro__:
        build = _BUILDERS.get((base.__module__.partition(".")[0], base.__name__))
        if build is not None:
            return {name: value for name, value in build(provider, network).items() if _is_set(value)}
    return {}


def network_keyword(provider: type, network: NetworkSettings) -> dict[str, Any]:
    """The one keyword that takes these settings to a provider class past all that its `__init__` does.

    {} where `network_params` gives nothing. It raises what that raises.
    """
    return {_KEYWORD: network} if network_params(provider, network) else {}


def with_network(provider: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """A provider's keywords, with what `network_keyword` sent along put under those that are given.

    Headers are merged one by one, and there those of the settings count. Raises what `network_params` does.
    """
    network = kwargs.pop(_KEYWORD, None)
    if network is None:
        return kwargs
    proxy = kwargs.get("openai_proxy")
    params = network_params(provider, replace(network, proxy=proxy) if proxy else network)
    if {"http_client", "http_async_client"} & {*kwargs, *params}:
        # The client library refuses a proxy beside clients, which have one of their own.
        params.pop("openai_proxy", None)
        kwargs = {name: value for name, value in kwargs.items() if name != "openai_proxy"}
    aliases = {name: field.alias for name, field in provider.model_fields.items()}
    under = {name: value for name, value in params.items() if aliases.get(name) not in kwargs}
    return _merged(under, kwargs)


def parse_headers(text: str | Mapping[str, str] | None, source: str) -> dict[str, str]:
    """Headers from a JSON object of strings, or from a mapping. Raises ValueError that names `source`."""
    if text is None or (isinstance(text, str) and not text.strip()):
        return {}
    try:
        headers = json.loads(text) if isinstance(text, str) else dict(text)
    except ValueError as error:
        raise ValueError(f"{source} is no JSON ({error}): {_HEADERS_EXAMPLE}") from None
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ValueError(f"{source} is no JSON object of strings: {_HEADERS_EXAMPLE}")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{source} has {name!r}, which cannot be a header's name: {_HEADERS_EXAMPLE}")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"{source} has a value for {name} that no header can have: {_HEADERS_EXAMPLE}")
    return headers


@lru_cache(maxsize=8)
def ssl_context(ca_bundle: str) -> SSLContext:
    """Trusts what the bundle (a PEM file) holds. Raises ValueError that names it if it cannot be read."""
    import ssl

    try:
        return ssl.create_default_context(cafile=os.path.expanduser(ca_bundle))
    except OSError as error:
        message = f"The CA bundle {ca_bundle!r} cannot be read ({error}): name a PEM file."
        raise ValueError(message) from error


def proxy_of(proxy: str | None, ca_bundle: str | None) -> Any:
    """A proxy as httpx takes it; what the bundle holds is trusted with one that speaks TLS, too.

    Raises ValueError for an unreadable bundle.
    """
    if not (proxy and ca_bundle and proxy.lower().startswith("https://")):
        return proxy or None
    import httpx

    return httpx.Proxy(proxy, ssl_context=ssl_context(ca_bundle))


@lru_cache(maxsize=8)
def http_clients(proxy: str | None, ca_bundle: str | None) -> dict[str, Any]:
    """The clients of langchain-openai's classes, by keyword; one pair is kept, as that library keeps its own.

    None of these classes takes a CA bundle, `OpenAI` no proxy, and the others none where clients are given.
    """
    import openai

    options: dict[str, Any] = {"proxy": proxy_of(proxy, ca_bundle)}
    if ca_bundle:
        options["verify"] = ssl_context(ca_bundle)
    return {
        "http_client": openai.DefaultHttpxClient(**options),
        "http_async_client": openai.DefaultAsyncHttpxClient(**options),
    }


_KEYWORD = "_network"  # no field of a pydantic model can have this name
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t -~\xa0-\xff]*")  # Latin-1 without control characters
_HEADERS_EXAMPLE = 'write, for instance, {"X-Team": "data"}'


def _seconds(name: str, text: str | None) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{name} is {text!r}: set it to a number of seconds, for instance 60.")
    return seconds


def _merged(under: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, and beneath it the settings; mappings are merged member by member."""
    merged = {**under, **given}
    for name in under.keys() & given.keys():
        ours, theirs = under[name], given[name]
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            merged[name] = _with_headers(ours, theirs) if "headers" in name else _merged(ours, theirs)
        elif theirs is None:
            merged[name] = ours
        elif hasattr(ours, "merge") and isinstance(theirs, type(ours)):  # botocore's
            merged[name] = ours.merge(theirs)
    return merged


def _with_headers(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str]:
    """All headers; ours where both name one, whatever the case of its letters."""
    taken = {name.lower() for name in ours}
    return {**{name: value for name, value in theirs.items() if str(name).lower() not in taken}, **ours}


def _is_set(value: object) -> bool:
    return value is not None and value != {}


def _openai(provider: Any, network: NetworkSettings) -> dict[str, Any]:
    common = {"request_timeout": network.timeout, "default_headers": dict(network.headers)}
    if "ca_bundle" in provider.model_fields:  # a class of ours
        return {**common, "openai_proxy": network.proxy, "ca_bundle": network.ca_bundle}
    if network.ca_bundle is None:
        return {**common, "openai_proxy": network.proxy}
    return {**common, **http_clients(network.proxy, network.ca_bundle)}


def _openai_completions(provider: Any, network: NetworkSettings) -> dict[str, Any]:
    if network.proxy is None or "ca_bundle" in provider.model_fields:
        return _openai(provider, network)
    common = {"request_timeout": network.timeout, "default_headers": dict(network.headers)}
    return {**common, **http_clients(network.proxy, network.ca_bundle)}


def _anthropic(provider: Any, network: NetworkSettings) -> dict[str, Any]:
    # The partner's class takes no CA bundle; ours does.
    takes_bundle = "ca_bundle" in provider.model_fields
    return {
        "anthropic_proxy": network.proxy,
        "default_request_timeout": network.timeout,
        "default_headers": dict(network.headers),
        "ca_bundle": network.ca_bundle if takes_bundle else None,
    }


def _ollama(provider: Any, network: NetworkSettings) -> dict[str, Any]:
    headers = {"headers": dict(network.headers), "timeout": network.timeout}
    return {"client_kwargs": _httpx(network) | {k: v for k, v in headers.items() if _is_set(v)}}


def _google(provider: Any, network: NetworkSettings) -> dict[str, Any]:
    headers = dict(network.headers)
    return {"client_args": _httpx(network), "timeout": network.timeout, "additional_headers": headers}


def _vertexai(provider: Any, network: NetworkSettings) -> dict[str, Any]:
    return {"timeout": network.timeout, "additional_headers": dict(network.headers)}


def _aws(provider: Any, network: NetworkSettings) -> dict[str, Any]:
    from botocore.config import Config

    proxies = {"http": network.proxy, "https": network.proxy} if network.proxy else None
    options = {"proxies": proxies, "read_timeout": network.timeout, "connect_timeout": network.timeout}
    given = {name: value for name, value in options.items() if value is not None}
    return {"config": Config(**given)} if given else {}


def _timeout_as(keyword: str, whole: bool = False) -> Callable[[Any, NetworkSettings], dict[str, Any]]:
    """For a class that takes a timeout only, under `keyword`, perhaps in whole seconds."""

    def build(provider: Any, network: NetworkSettings) -> dict[str, Any]:
        seconds = network.timeout
        return {keyword: max(1, round(seconds)) if whole and seconds is not None else seconds}

    return build


def _httpx(network: NetworkSettings) -> dict[str, Any]:
    proxy, bundle = network.proxy, network.ca_bundle
    options = {"proxy": proxy_of(proxy, bundle), "verify": bundle and ssl_context(bundle)}
    return {name: value for name, value in options.items() if value}


_BUILDERS: dict[tuple[str, str], Callable[[Any, NetworkSettings], dict[str, Any]]] = {
    ("langchain_openai", "BaseChatOpenAI"): _openai,
    ("langchain_openai", "BaseOpenAI"): _openai_completions,
    ("langchain_openai", "OpenAIEmbeddings"): _openai,
    ("langchain_anthropic", "ChatAnthropic"): _anthropic,
    ("langchain_ollama", "ChatOllama"): _ollama,
    ("langchain_ollama", "OllamaLLM"): _ollama,
    ("langchain_ollama", "OllamaEmbeddings"): _ollama,
    ("langchain_google_genai", "_BaseGoogleGenerativeAI"): _google,
    ("langchain_google_vertexai", "_VertexAICommon"): _vertexai,
    ("langchain_aws", "BedrockBase"): _aws,
    ("langchain_aws", "BedrockEmbeddings"): _aws,
    ("langchain_aws", "SagemakerEndpoint"): _aws,
    ("langchain_nvidia_ai_endpoints", "ChatNVIDIA"): lambda _, network: {
        "default_headers": dict(network.headers)
    },
    ("langchain_cohere", "BaseCohere"): _timeout_as("timeout_seconds"),
    ("langchain_cohere", "CohereEmbeddings"): _timeout_as("request_timeout"),
    ("langchain_mistralai", "ChatMistralAI"): _timeout_as("timeout", whole=True),
    ("langchain_mistralai", "MistralAIEmbeddings"): _timeout_as("timeout", whole=True),
    ("langchain_huggingface", "HuggingFaceEndpoint"): _timeout_as("timeout", whole=True),
    ("langchain_community", "QianfanChatEndpoint"): _timeout_as("request_timeout", whole=True),
}
