"""Providers over classes of `langchain_community`: AI21, GPT4All, Qianfan and Together AI."""

from __future__ import annotations

from typing import Any

from langchain_community.chat_models import QianfanChatEndpoint
from langchain_community.embeddings import GPT4AllEmbeddings, QianfanEmbeddingsEndpoint
from langchain_community.llms import AI21, GPT4All, Together

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.partner_providers.base import PartnerEmbeddings, PartnerProvider

__all__ = [
    "AI21Provider",
    "GPT4AllEmbeddingsProvider",
    "GPT4AllProvider",
    "QianfanEmbeddingsEndpointProvider",
    "QianfanProvider",
    "TogetherAIProvider",
]


@described
class AI21Provider(PartnerProvider, AI21):
    """Models that complete text."""

    key_errors = ("status code 401",)

    async def _acall(self, *args: Any, **kwargs: Any) -> str:
        return await self._call_in_executor(*args, **kwargs)


@described
class TogetherAIProvider(PartnerProvider, Together):
    """Models that complete text; it has no message for a wrong key but the status."""

    key_errors = ("status code 401", "invalid_api_key", "Invalid API key")


@described
class GPT4AllProvider(PartnerProvider, GPT4All):
    """Models on this machine, from the files that GPT4All keeps."""

    @property
    def allows_concurrency(self) -> bool:
        return False

    async def _acall(self, *args: Any, **kwargs: Any) -> str:
        return await self._call_in_executor(*args, **kwargs)


@described
class QianfanProvider(PartnerProvider, QianfanChatEndpoint):
    """ERNIE on Baidu's Qianfan."""

    key_errors = ("error code: 110", "error code: 111", "invalid_client")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"model": kwargs.get("model_id"), **kwargs})


@described
class GPT4AllEmbeddingsProvider(PartnerEmbeddings, GPT4AllEmbeddings):
    """Embedding models on this machine."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"model_name": kwargs.get("model_id"), **kwargs})


@described
class QianfanEmbeddingsEndpointProvider(PartnerEmbeddings, QianfanEmbeddingsEndpoint):
    """Embedding models on Baidu's Qianfan."""
