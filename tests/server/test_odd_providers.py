"""A provider class that is not what it should be costs nobody a settings page or an answer."""

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from serving import Serve, Server

from jupyter_ai.plugins import MODEL_PROVIDERS
from jupyter_ai_magics import BaseProvider


class NoFields(BaseProvider, FakeListChatModel):
    id = "odd"
    name = "Odd"  # type: ignore[misc]
    models = ["m"]  # noqa: RUF012
    fields = None  # type: ignore[assignment]


async def begun(serve: Serve) -> Server:
    server = await serve(config={"AiExtension": {"default_language_model": "odd:m"}})
    server.host.plugins.add(MODEL_PROVIDERS, "odd", NoFields)
    return server


async def answer(server: Server) -> str:
    chat = await server.chat()
    human = await chat.ask("hello")
    return str((await chat.last("agent", reply_to=human))["body"])


async def test_it_is_not_registered_and_everybody_is_told_why(serve: Serve) -> None:
    server = await begun(serve)

    assert "`fields` is None: make it a list of" in await answer(server)
    assert "`fields` is None" in (await server.get("api/ai/config")).json()["problems"][0]
    assert (await server.post("api/ai/config", {"send_with_shift_enter": True})).status == 204


async def test_a_model_that_cannot_be_asked_for_still_ends_in_an_answer(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await begun(serve)
    manager = type(server.host.config_manager)

    def fail(self: Any) -> None:
        raise RuntimeError("it broke")

    monkeypatch.setattr(manager, "lm_provider", property(fail))
    monkeypatch.setattr(manager, "prepare", fail)

    assert "it broke" in await answer(server)
