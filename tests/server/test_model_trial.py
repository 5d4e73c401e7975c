"""The test of a chosen model over REST: one word, or what went wrong and the next step."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from langchain_core.embeddings import FakeEmbeddings
from langchain_core.language_models import FakeListChatModel, FakeListLLM
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from serving import TOKEN, Response, Serve, Server

from jupyter_ai import model_trial
from jupyter_ai.plugins import EMBEDDINGS_PROVIDERS, MODEL_PROVIDERS
from jupyter_ai_magics import BaseEmbeddingsProvider, BaseProvider
from jupyter_ai_magics.auth import EnvAuthStrategy

SECRET = "sk-planted-0123456789"
CONFIG = "api/ai/config"
TEST = "api/ai/models/test"


class WrongKey(Exception):
    pass


class Refused(Exception):
    status_code = 404


class Prober(BaseProvider, FakeListChatModel):
    """Does what its model's name says."""

    id = "prober"
    name = "Prober"  # type: ignore[misc]
    models = ["fine"]  # noqa: RUF012
    auth_strategy = EnvAuthStrategy(name="PROBER_API_KEY")
    pypi_package_deps = ["prober-client"]  # noqa: RUF012

    begun: ClassVar[asyncio.Event]
    ended: ClassVar[asyncio.Event]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(responses=["ready"], **kwargs)
        if self.model_id == "packageless":
            raise ModuleNotFoundError("No module named 'prober_client'", name="prober_client")

    @classmethod
    def is_api_key_exc(cls, e: Exception) -> bool:
        return isinstance(e, WrongKey)

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        await self._behave()
        words = {"silent": [""], "endless": ["word "] * 100}.get(self.model_id, ["rea", "dy\n"])
        for word in words:
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))

    async def _behave(self) -> None:
        if self.model_id == "locked":
            raise WrongKey(f"Incorrect API key provided: {SECRET}")
        if self.model_id == "unknown":
            raise Refused("no such model")
        if self.model_id == "away":
            raise RuntimeError("it failed") from ConnectionRefusedError(111, "Connection refused")
        if self.model_id == "leaving":
            raise SystemExit(3)
        if self.model_id == "hanging":
            type(self).begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                type(self).ended.set()


class Filler(BaseProvider, FakeListLLM):
    id = "filler"
    name = "Filler"
    models = ["f1"]  # noqa: RUF012

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(responses=["ready"], **kwargs)


class Vectors(BaseEmbeddingsProvider, FakeEmbeddings):
    id = "vectors"
    name = "Vectors"
    models = ["v1"]  # noqa: RUF012
    model_id_key = "model"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(size=3, **kwargs)


@pytest.fixture(autouse=True)
def _events(monkeypatch: pytest.MonkeyPatch) -> None:
    Prober.begun, Prober.ended = asyncio.Event(), asyncio.Event()
    monkeypatch.delenv("PROBER_API_KEY", raising=False)


async def begun(serve: Serve, model: str = "fine", **traits: Any) -> Server:
    """A server on which this model of the prober is chosen, with a key."""
    server = await serve(config={"AiExtension": traits})
    for provider in (Prober, Filler):
        server.host.plugins.add(MODEL_PROVIDERS, provider.id, provider)
    server.host.plugins.add(EMBEDDINGS_PROVIDERS, Vectors.id, Vectors)
    update = {"model_provider_id": f"prober:{model}", "api_keys": {"PROBER_API_KEY": SECRET}}
    assert (await server.post(CONFIG, update)).status == 204
    return server


async def tried(server: Server, setting: str = "model_provider_id") -> dict[str, Any]:
    response = await server.post(TEST, {"setting": setting})
    assert response.status == 200
    found: dict[str, Any] = response.json()
    return found


def hang(server: Server) -> asyncio.Task[Response]:
    """Begin a test that does not end."""
    return asyncio.ensure_future(server.post(TEST, {"setting": "model_provider_id"}))


class TestAnswers:
    async def test_the_language_model_says_one_word(self, serve: Serve) -> None:
        found = await tried(await begun(serve))

        assert found.pop("seconds") >= 0
        assert found == {"ok": True, "text": "ready"}

    async def test_the_embedding_model_embeds_one(self, serve: Serve) -> None:
        server = await begun(serve)
        await server.post(CONFIG, {"embeddings_provider_id": "vectors:v1"})

        assert (await tried(server, "embeddings_provider_id"))["text"] == "3 numbers"

    async def test_the_completion_model_need_not_be_for_chat(self, serve: Serve) -> None:
        server = await begun(serve)
        await server.post(CONFIG, {"completions_model_provider_id": "filler:f1"})

        assert (await tried(server, "completions_model_provider_id"))["text"] == "ready"

    async def test_what_has_no_provider_is_told_to_be_tried_in_a_file(self, serve: Serve) -> None:
        server = await serve(config={"AiExtension": {"completions_base_url": "http://models.invalid"}})

        verdict = await tried(server, "completions_model_provider_id")

        assert verdict["reason"] == "endpoint:default completes code, and cannot be asked for a word."

    async def test_a_long_answer_is_not_awaited(self, serve: Serve) -> None:
        found = await tried(await begun(serve, "endless"))

        assert found["ok"]
        assert len(found["text"]) <= model_trial._MOST_CHARACTERS + 1


class TestFailures:
    @pytest.mark.parametrize(
        ("model", "reason", "hint"),
        [
            (
                "locked",
                "prober:locked refused the API key.",
                "PROBER_API_KEY was entered here: enter it anew",
            ),
            ("unknown", "no such model", "Check the model's name"),
            ("away", "cannot be reached", "Start its server"),
            ("packageless", "lacks a package", "`pip install prober-client`"),
            ("silent", "without a word", "Check the model's name"),
        ],
    )
    async def test_what_went_wrong_is_told_with_the_next_step(
        self, serve: Serve, model: str, reason: str, hint: str
    ) -> None:
        server = await begun(serve, model)
        found = await tried(server)

        assert (found["ok"], set(found)) == (False, {"ok", "reason", "hint"})
        assert reason in found["reason"]
        assert hint in found["hint"]
        assert SECRET not in json.dumps(found)
        assert server.errors == []

    async def test_a_provider_that_exits_ends_its_test_only(self, serve: Serve) -> None:
        found = await tried(await begun(serve, "leaving"))

        assert found == {"ok": False, "reason": "prober:leaving failed: SystemExit: 3", "hint": None}

    async def test_a_key_of_the_environment_is_corrected_there(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = await begun(serve, "locked")
        monkeypatch.setenv("PROBER_API_KEY", SECRET)

        assert "correct it there and restart" in (await tried(server))["hint"]

    async def test_a_key_that_nobody_gave(self, serve: Serve) -> None:
        server = await begun(serve, default_completions_model="prober:fine")
        await server.post(CONFIG, {"model_provider_id": "mockllm:offline"})
        server.host.config_manager.keys.delete("PROBER_API_KEY")
        found = await tried(server, "completions_model_provider_id")

        assert found["reason"] == "prober:fine needs PROBER_API_KEY, which is not set."
        assert found["hint"] == "Enter PROBER_API_KEY, save, and test again."

    async def test_no_model_is_chosen(self, serve: Serve) -> None:
        found = await tried(await begun(serve), "embeddings_provider_id")

        assert found["reason"] == "No embedding model is chosen."
        assert found["hint"] == "Choose one, save, and test again."

    async def test_a_provider_that_is_not_installed(self, serve: Serve) -> None:
        server = await begun(serve, default_embeddings_model="gone:large")
        found = await tried(server, "embeddings_provider_id")

        assert "its provider gone is not installed" in found["reason"]
        assert "run `jupyter ai plugins --reload`" in found["hint"]

    async def test_a_model_that_the_administrator_blocks(self, serve: Serve) -> None:
        server = await begun(serve, blocked_models=["vectors:v1"], default_embeddings_model="vectors:v1")
        found = await tried(server, "embeddings_provider_id")

        assert "AiExtension.blocked_models" in found["reason"]
        assert "ask the administrator" in found["hint"]

    async def test_one_that_takes_too_long(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(model_trial, "SECONDS", 0.5)
        found = await tried(await begun(serve, "hanging"))

        assert found["reason"] == "prober:hanging has not answered within 0.5 s."

    async def test_one_that_answers_one_request_at_a_time(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from jupyter_ai.chat_handlers import BaseChatHandler

        monkeypatch.setattr(Prober, "allows_concurrency", False)
        monkeypatch.setattr(BaseChatHandler, "_requests_count", 1)

        assert "is at work" in (await tried(await begun(serve)))["reason"]


class TestRequests:
    async def test_one_at_a_time(self, serve: Serve) -> None:
        server = await begun(serve, "hanging")
        first = hang(server)
        await Prober.begun.wait()
        refused = await server.post(TEST, {"setting": "embeddings_provider_id"})

        assert (refused.status, refused.json()["code"]) == (409, "test-runs")
        first.cancel()

    async def test_a_client_that_goes_away_ends_it(self, serve: Serve) -> None:
        server = await begun(serve, "hanging")
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        body = b'{"setting": "model_provider_id"}'
        head = (
            f"POST /a%40b/{TEST} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {TOKEN}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await Prober.begun.wait()
        writer.close()
        async with asyncio.timeout(10):
            await Prober.ended.wait()

        await server.post(CONFIG, {"model_provider_id": "prober:fine"})
        assert (await tried(server))["ok"]
        assert server.errors == []

    @pytest.mark.parametrize("body", [{}, {"setting": "model"}, {"setting": None}, {"model": "a:b"}])
    async def test_an_unknown_setting_is_refused(self, serve: Serve, body: dict[str, Any]) -> None:
        refused = await (await begun(serve)).post(TEST, body)

        assert (refused.status, refused.json()["code"]) == (400, "invalid-body")

    async def test_it_needs_the_token(self, serve: Serve) -> None:
        server = await begun(serve)
        refused = await server.post(TEST, {"setting": "model_provider_id"}, authorization="")

        assert refused.status == 403
