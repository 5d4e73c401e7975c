"""Models in NVIDIA's catalogue, or in a NIM of one's own."""

from __future__ import annotations

from langchain_nvidia_ai_endpoints import ChatNVIDIA

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.partner_providers.base import PartnerProvider

__all__ = ["ChatNVIDIAProvider"]


@described
class ChatNVIDIAProvider(PartnerProvider, ChatNVIDIA):
    """Models that take messages; the library tells the status of an error in its text alone."""

    key_errors = ("[401]", "[403]")
