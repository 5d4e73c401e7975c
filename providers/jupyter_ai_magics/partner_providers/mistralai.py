"""Mistral's models."""

from __future__ import annotations

from langchain_mistralai import ChatMistralAI, MistralAIEmbeddings

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.partner_providers.base import PartnerEmbeddings, PartnerProvider

__all__ = ["MistralAIEmbeddingsProvider", "MistralAIProvider"]


@described
class MistralAIProvider(PartnerProvider, ChatMistralAI):
    """Models that take messages."""


@described
class MistralAIEmbeddingsProvider(PartnerEmbeddings, MistralAIEmbeddings):
    """Embedding models."""
