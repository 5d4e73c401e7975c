"""Models on the Hugging Face Hub, through its inference providers.

Over `langchain_huggingface`: the classes of `langchain_community` call a method that `huggingface_hub` has
given up.
"""

from __future__ import annotations

from langchain_huggingface import HuggingFaceEndpoint, HuggingFaceEndpointEmbeddings

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.partner_providers.base import PartnerEmbeddings, PartnerProvider

__all__ = ["HfHubEmbeddingsProvider", "HfHubProvider"]


@described
class HfHubProvider(PartnerProvider, HuggingFaceEndpoint):
    """Models that generate text, by repository."""


@described
class HfHubEmbeddingsProvider(PartnerEmbeddings, HuggingFaceEndpointEmbeddings):
    """Embedding models, by repository."""
