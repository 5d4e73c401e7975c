"""A provider class that is not what it should be costs nobody a settings page or an answer."""

import asyncio
import threading
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from serving import Serve, Server

from jupyter_ai.plugins import MODEL_PROVIDERS
from jupyter_ai.server import provider_entries
from jupyter_ai_magics import BaseProvider


class NoFields(BaseProvider, FakeListChatModel):
    id = "odd"
    name = "Odd"  # type: ignore[misc]
    models = ["m"]  # noqa: RUF012
    fields = None  # type: ignore[assignment]


class Fine(BaseProvider, FakeListChatModel):
    id = "odd"
    name = "Odd"  # type: ignore[misc]
    models = ["m"]  # noqa: RUF012
    responses: list[str] = ["I am fine"]  # noqa: RUF012


async def begun(serve: Serve, provider: type = NoFields) -> Server:
    server = await serve(config={"AiExtension": {"default_language_model": "odd:m"}})
    server.host.plugins.add(MODEL_PROVIDERS, "odd", provider)
    return server


async def listed(server: Server) -> list[str]:
    response = await server.get("api/ai/providers")
    return [provider["id"] for provider in response.json()["providers"]]


async def trouble(server: Server) -> str:
    plugins = (await server.get("api/ai/plugins")).json()["plugins"]
    return str(next(plugin["trouble"] for plugin in plugins if plugin["name"] == "odd"))


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


ENDS = [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()]


@pytest.mark.parametrize("raised", ENDS, ids=repr)
async def test_one_that_would_end_the_process_when_described_is_troubled(
    serve: Serve, raised: BaseException
) -> None:
    class Ending(Fine):
        @classmethod
        def chat_models(cls) -> list[str]:
            raise raised

    server = await begun(serve, Ending)

    found = await listed(server)

    assert "mockllm" in found
    assert "odd" not in found
    assert type(raised).__name__ in await trouble(server)


@pytest.mark.parametrize("raised", ENDS, ids=repr)
async def test_one_whose_attributes_would_end_the_process_answers(
    serve: Serve, raised: BaseException
) -> None:
    class Meta(type(Fine)):  # type: ignore[misc]
        @property
        def persona(cls) -> None:
            raise raised

        @property
        def unsupported_slash_commands(cls) -> None:
            raise raised

        @property
        def allows_concurrency(cls) -> None:
            raise raised

    server = await begun(serve, Meta("Ending", (Fine,), {"__module__": __name__}))

    await answer(server)
    assert (await server.get("api/ai/chats/slash_commands")).status == 200


@pytest.mark.parametrize("raised", ENDS, ids=repr)
async def test_one_whose_fields_would_end_the_process_is_told_among_the_problems(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    class Meta(type(Fine)):  # type: ignore[misc]
        @property
        def fields(cls) -> list[Any]:
            if cls.broken:
                raise raised
            return []

    ending = Meta("Ending", (Fine,), {"__module__": __name__})
    ending.broken = False
    server = await begun(serve, ending)
    await server.ready()
    ending.broken = True

    [problem] = (await server.get("api/ai/config")).json()["problems"]

    assert "its class cannot be used" in problem
    assert type(raised).__name__ in problem


async def test_one_that_takes_for_ever_holds_up_one_listing_and_one_thread(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_entries, "_PATIENCE", 0.5)
    released, asked = threading.Event(), []

    class Slow(Fine):
        @classmethod
        def chat_models(cls) -> list[str]:
            asked.append(cls)
            released.wait(30)
            return ["m"]

    server = await begun(serve, Slow)
    try:
        for _ in range(3):
            found = await listed(server)
            assert "mockllm" in found
            assert "odd" not in found
        assert "has not answered within 0.5 s" in await trouble(server)
        assert len(asked) == 1
    finally:
        released.set()

    while "odd" not in await listed(server):  # late, and heard
        pass
