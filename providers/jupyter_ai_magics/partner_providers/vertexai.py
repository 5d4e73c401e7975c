"""Google's Gemini and embedding models on Vertex AI, with an account of Google Cloud."""

from __future__ import annotations

from langchain_google_vertexai import VertexAI, VertexAIEmbeddings

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.partner_providers.base import PartnerProvider

__all__ = ["VertexAIEmbeddingsProvider", "VertexAIProvider"]


@described
class VertexAIProvider(PartnerProvider, VertexAI):
    """Gemini."""


@described
class VertexAIEmbeddingsProvider(PartnerProvider, VertexAIEmbeddings):
    """Embedding models; a `BaseProvider`, as in the 2.x series."""
