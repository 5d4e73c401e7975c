"""OpenAI, Azure OpenAI, and whatever else speaks OpenAI's API."""

from __future__ import annotations

from typing import Any, ClassVar

from langchain_openai import (
    AzureChatOpenAI,
    AzureOpenAIEmbeddings,
    ChatOpenAI,
    OpenAI,
    OpenAIEmbeddings,
)

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.network import http_clients, parse_headers, with_network
from jupyter_ai_magics.partner_providers.base import PartnerEmbeddings, PartnerProvider

__all__ = [
    "AzureChatOpenAIProvider",
    "AzureOpenAIEmbeddingsProvider",
    "ChatOpenAICustomProvider",
    "ChatOpenAIProvider",
    "OpenAIEmbeddingsCustomProvider",
    "OpenAIEmbeddingsProvider",
    "OpenAIProvider",
]


class OpenAIModel(PartnerProvider):
    """A model behind the client library of OpenAI."""

    takes_proxy: ClassVar[bool] = True  # whether the partner's class does by itself

    ca_bundle: str | None = None  # the path of a PEM file

    def __init__(self, **kwargs: Any) -> None:
        kwargs = _with_network(type(self), self._without_blanks(kwargs))
        super().__init__(**_for_client(kwargs, takes_proxy=self.takes_proxy))


class OpenAIEmbeddingsModel(PartnerEmbeddings):
    """An embedding model behind it."""

    ca_bundle: str | None = None  # the path of a PEM file

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_for_client(_with_network(type(self), self._without_blanks(kwargs))))


@described
class OpenAIProvider(OpenAIModel, OpenAI):
    """Models that complete text."""

    takes_proxy: ClassVar[bool] = False


@described
class ChatOpenAIProvider(OpenAIModel, ChatOpenAI):
    """Models that take messages."""


@described
class ChatOpenAICustomProvider(OpenAIModel, ChatOpenAI):
    """Any server with OpenAI's chat API."""


@described
class AzureChatOpenAIProvider(OpenAIModel, AzureChatOpenAI):
    """A deployment on Azure."""


@described
class OpenAIEmbeddingsProvider(OpenAIEmbeddingsModel, OpenAIEmbeddings):
    """OpenAI's embedding models."""


@described
class OpenAIEmbeddingsCustomProvider(OpenAIEmbeddingsModel, OpenAIEmbeddings):
    """Any server with OpenAI's embeddings API."""


@described
class AzureOpenAIEmbeddingsProvider(OpenAIEmbeddingsModel, AzureOpenAIEmbeddings):
    """A deployment on Azure."""


def _with_network(cls: type, kwargs: dict[str, Any]) -> dict[str, Any]:
    """A person's headers parsed, and the network settings, before clients are made of them."""
    if isinstance(kwargs.get("default_headers"), str):
        kwargs["default_headers"] = parse_headers(kwargs["default_headers"], "The field of extra headers")
    return with_network(cls, kwargs)


def _for_client(kwargs: dict[str, Any], *, takes_proxy: bool = True) -> dict[str, Any]:
    """A CA bundle as the clients that use it: the library itself takes none."""
    needs_clients = kwargs.get("ca_bundle") or (kwargs.get("openai_proxy") and not takes_proxy)
    if needs_clients and "http_client" not in kwargs:
        kwargs |= http_clients(kwargs.pop("openai_proxy", None), kwargs.get("ca_bundle"))
    return kwargs
