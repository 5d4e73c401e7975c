"""Cohere's Command and Embed."""

from __future__ import annotations

from langchain_cohere import ChatCohere, CohereEmbeddings

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.partner_providers.base import PartnerEmbeddings, PartnerProvider

__all__ = ["CohereEmbeddingsProvider", "CohereProvider"]


@described
class CohereProvider(PartnerProvider, ChatCohere):
    """Models that take messages."""


@described
class CohereEmbeddingsProvider(PartnerEmbeddings, CohereEmbeddings):
    """Embedding models."""
