"""Handlers built by hand, with the keywords of the contract and mocks, as authors' tests build them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import ChatClient, HumanChatMessage


@pytest.fixture
def by_hand() -> Callable[..., Any]:
    """Makes an instance of a handler; what it sends is in its `chat_history`, or in `sent` of a root."""

    def make(cls: type[BaseChatHandler], **changes: Any) -> Any:
        arguments: dict[str, Any] = {
            "log": logging.getLogger("by hand"),
            "config_manager": Mock(),
            "root_chat_handlers": {},
            "model_parameters": {},
            "chat_history": [],
            "llm_chat_memory": Mock(),
            "root_dir": "",
            "preferred_dir": None,
            "dask_client_future": Mock(),
            "help_message_template": "",
            "chat_handlers": {},
            "context_providers": {},
            "message_interrupted": {},
            "log_dir": None,
        }
        return cls(**{**arguments, **changes})

    return make


@pytest.fixture
def handler() -> Callable[..., type[BaseChatHandler]]:
    """Makes a handler class of `/word`."""

    async def nothing(self: Any, message: Any) -> None: ...

    def make(
        process_message: Any = nothing,
        word: str | None = "go",
        base: type[BaseChatHandler] = BaseChatHandler,
        **members: Any,
    ) -> type[BaseChatHandler]:
        name = word or "plain"
        attributes = {
            "id": name,
            "name": name.title(),
            "help": f"Does {name}",
            "routing_type": SlashCommandRoutingType(slash_id=word),
            "uses_llm": False,
            "process_message": process_message,
            **members,
        }
        return type(f"{name.title()}Handler", (base,), attributes)

    return make


@pytest.fixture
def human() -> Callable[..., HumanChatMessage]:
    """Makes a human message."""

    def make(prompt: str = "/go", id: str = "m") -> HumanChatMessage:
        client = ChatClient(id="c", username="u", initials="U", name="U", display_name="U")
        return HumanChatMessage(id=id, time=1.0, body=prompt, prompt=prompt, client=client)

    return make
