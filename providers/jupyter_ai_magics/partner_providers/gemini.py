"""Google's Gemini, with a key of Google AI Studio."""

from __future__ import annotations

from langchain_google_genai import GoogleGenerativeAI

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.partner_providers.base import PartnerProvider

__all__ = ["GeminiProvider"]


@described
class GeminiProvider(PartnerProvider, GoogleGenerativeAI):
    """Gemini; a wrong key is an invalid argument to Google."""

    key_errors = ("API_KEY_INVALID", "API key not valid")
