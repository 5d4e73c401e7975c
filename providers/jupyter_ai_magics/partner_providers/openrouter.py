"""OpenRouter: many makers' models behind one API, OpenAI's."""

from __future__ import annotations

import os
from typing import Any

from langchain_openai import ChatOpenAI

from jupyter_ai_magics.catalogue import described
from jupyter_ai_magics.partner_providers.openai import OpenAIModel

__all__ = ["ChatOpenRouter", "OpenRouterProvider"]

_BASE_URL = "https://openrouter.ai/api/v1"


class ChatOpenRouter(ChatOpenAI):
    """`ChatOpenAI` with OpenRouter's address and key."""

    def __init__(self, openrouter_api_key: str | None = None, **kwargs: Any) -> None:
        # Without it the library would take a key of OpenAI from the environment, and send that.
        key = kwargs.pop("openai_api_key", openrouter_api_key) or os.environ.get("OPENROUTER_API_KEY")
        if not key:
            raise ValueError("OpenRouter needs a key: set OPENROUTER_API_KEY.")
        super().__init__(**{"openai_api_base": _BASE_URL, **kwargs, "openai_api_key": key})


@described
class OpenRouterProvider(OpenAIModel, ChatOpenRouter):
    """Any model that OpenRouter lists."""
