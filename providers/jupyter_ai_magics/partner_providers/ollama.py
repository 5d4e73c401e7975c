"""Models on an Ollama server, mostly on this machine."""

from __future__ import annotations

from langchain_ollama import ChatOllama, OllamaEmbeddings

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.partner_providers.base import PartnerEmbeddings, PartnerProvider

__all__ = ["OllamaEmbeddingsProvider", "OllamaProvider"]


@described
class OllamaProvider(PartnerProvider, ChatOllama):
    """Models that take messages."""


@described
class OllamaEmbeddingsProvider(PartnerEmbeddings, OllamaEmbeddings):
    """Embedding models."""
