"""The provider: where the server is, which model it serves, and what its errors mean."""

from __future__ import annotations

from typing import Any, ClassVar

import openai
from langchain_openai import ChatOpenAI

from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.providers import EnvAuthStrategy, Field, IntegerField, TextField

__all__ = ["DEFAULT_ADDRESS", "LocalServerProvider"]

DEFAULT_ADDRESS = "http://127.0.0.1:8080/v1"


class LocalServerProvider(BaseProvider, ChatOpenAI):  # type: ignore[misc]  # both have a field `name`
    """Chats with whatever the server at `base_url` serves; the model is named freely."""

    id = "local-server"
    name = "Local server"
    models: ClassVar[list[str]] = ["default"]
    model_id_key = "model_name"
    registry = True
    model_id_label = "The model's name on the server"
    help = f"A server that speaks the API of OpenAI; by default at `{DEFAULT_ADDRESS}`."
    auth_strategy = EnvAuthStrategy(name="LOCAL_SERVER_API_KEY", keyword_param="openai_api_key")
    fields: ClassVar[list[Field]] = [
        TextField(key="base_url", label="Address (optional)"),
        IntegerField(key="max_tokens", label="Longest answer, in tokens (optional)"),
    ]

    def __init__(self, **kwargs: Any) -> None:
        address = kwargs.pop("base_url", "") or DEFAULT_ADDRESS
        super().__init__(**kwargs, base_url=address)

    @classmethod
    def is_api_key_exc(cls, e: Exception) -> bool:
        """Whether the server refused the key."""
        return isinstance(e, openai.AuthenticationError)
