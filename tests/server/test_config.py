"""Settings and keys over REST, as a running server takes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import FakeEmbeddings
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from serving import Frame, Serve, Server, Socket

from jupyter_ai.plugins import EMBEDDINGS_PROVIDERS, MODEL_PROVIDERS
from jupyter_ai_magics import BaseEmbeddingsProvider, BaseProvider
from jupyter_ai_magics.auth import EnvAuthStrategy
from jupyter_ai_magics.fields import MultilineTextField

SECRET = "sk-planted-0123456789"
CONFIG = "api/ai/config"


class Parrot(BaseProvider, FakeListChatModel):
    id = "parrot"
    name = "Parrot"  # type: ignore[misc]
    models = ["grey", "green"]  # noqa: RUF012
    fields = [  # noqa: RUF012
        MultilineTextField(key="schema", label="Schema", format="json"),
        MultilineTextField(key="default_headers", label="Headers", format="json"),
    ]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(responses=[f"I am {kwargs['model_id']}."], **kwargs)


class Counter(BaseProvider, FakeListChatModel):
    """Says how many messages it was shown of what was said before."""

    id = "counter"
    name = "Counter"  # type: ignore[misc]
    models = ["c1"]  # noqa: RUF012

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(responses=[""], **kwargs)

    def _call(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> str:
        return str(len([m for m in messages if m.type in ("human", "ai")]) - 1)

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        yield ChatGenerationChunk(message=AIMessageChunk(content=self._call(messages)))


class Keyed(BaseProvider, FakeListChatModel):
    id = "keyed"
    name = "Keyed"  # type: ignore[misc]
    models = ["large"]  # noqa: RUF012
    auth_strategy = EnvAuthStrategy(name="KEYED_API_KEY")


class Vectors(BaseEmbeddingsProvider, FakeEmbeddings):
    id = "vectors"
    name = "Vectors"
    models = ["v1"]  # noqa: RUF012
    model_id_key = "model"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEYED_API_KEY", raising=False)


async def begun(serve: Serve, **traits: Any) -> Server:
    """A server with these three providers, and these traits of AiExtension."""
    server = await serve(config={"AiExtension": traits})
    for provider in (Parrot, Keyed):
        server.host.plugins.add(MODEL_PROVIDERS, provider.id, provider)
    server.host.plugins.add(EMBEDDINGS_PROVIDERS, Vectors.id, Vectors)
    return server


async def config_of(server: Server) -> dict[str, Any]:
    described: dict[str, Any] = (await server.get(CONFIG)).json()
    return described


async def answer(chat: Socket, prompt: str) -> Frame:
    """The reply to a prompt, whole."""
    asked = await chat.ask(prompt)
    while True:
        frame = await chat.receive() or {}
        if frame.get("type") == "agent" and frame["reply_to"] == asked:
            return frame
        if frame.get("type") == "agent-stream" and frame["reply_to"] == asked:
            chunks = await chat.until("agent-stream-chunk", id=frame["id"], stream_complete=True)
            body = "".join(f["content"] for f in chunks if f["type"] == "agent-stream-chunk")
            return {**frame, "body": body}


class TestSettings:
    async def test_a_change_applies_to_the_next_message(self, serve: Serve) -> None:
        server = await begun(serve)
        chat = await server.chat()
        bodies = []
        for model in ("grey", "green"):
            response = await server.post(CONFIG, {"model_provider_id": f"parrot:{model}"})
            assert (response.status, response.body) == (204, b"")
            bodies.append((await answer(chat, "Who are you?"))["body"])

        assert bodies == ["I am grey.", "I am green."]

    async def test_so_does_a_change_of_another_server(self, serve: Serve) -> None:
        one, other = await begun(serve), await begun(serve)
        await config_of(one)
        await other.post(CONFIG, {"model_provider_id": "parrot:grey"})

        assert (await answer(await one.chat(), "Who are you?"))["body"] == "I am grey."

    async def test_it_outlives_the_server(self, serve: Serve, tmp_path: Path) -> None:
        await (await begun(serve)).post(CONFIG, {"model_provider_id": "parrot:grey"})

        assert (await config_of(await begun(serve)))["model_provider_id"] == "parrot:grey"
        assert (tmp_path / "data/jupyter_ai/config.json").stat().st_mode & 0o777 == 0o600

    async def test_all_is_described(self, serve: Serve) -> None:
        server = await begun(serve, default_api_keys={"KEYED_API_KEY": SECRET})
        update = {
            "model_provider_id": "parrot:grey",
            "embeddings_provider_id": "vectors:v1",
            "completions_model_provider_id": "keyed:large",
            "send_with_shift_enter": True,
            "fields": {"parrot:grey": {"schema": "{}"}},
        }
        assert (await server.post(CONFIG, update)).status == 204

        described = await config_of(server)
        assert {name: described[name] for name in update} == update
        assert (described["fixed"], described["problems"]) == ({}, [])
        assert described["key_sources"]["KEYED_API_KEY"] == "administrator"
        assert "KEYED_API_KEY" in described["api_keys"]

    async def test_keys_are_taken_and_never_shown(self, serve: Serve, tmp_path: Path) -> None:
        server = await begun(serve)
        update = {"model_provider_id": "keyed:large", "api_keys": {"KEYED_API_KEY": SECRET}}
        posted = await server.post(CONFIG, update)
        described = await server.get(CONFIG)

        assert described.json()["key_sources"]["KEYED_API_KEY"] == "user"
        assert SECRET.encode() not in posted.body + described.body
        assert SECRET not in (tmp_path / "data/jupyter_ai/config.json").read_text()

    @pytest.mark.parametrize(
        ("update", "status", "code", "field"),
        [
            ({"model_provider_id": 5}, 400, "invalid-body", "model_provider_id"),
            ({"fields": None}, 400, "invalid-body", "fields"),
            ({"model_provider_id": "parot:grey"}, 400, "invalid-setting", "model_provider_id"),
            (
                {"fields": {"parrot:grey": {"schema": "{"}}},
                400,
                "invalid-setting",
                "fields.parrot:grey.schema",
            ),
            ({"model_provider_id": "keyed:large"}, 400, "key-missing", "KEYED_API_KEY"),
            ({"fields": {"parrot:grey": {"model_id": "red"}}}, 400, "invalid-setting", "schema"),
            (
                {"embeddings_fields": {"vectors:v1": {"model": "v2"}}},
                400,
                "invalid-setting",
                "vectors:v1.model",
            ),
            ({"api_keys": {SECRET: "KEYED_API_KEY"}}, 400, "invalid-setting", "api_keys"),
            ({"api_keys": {"KEYED_API_KEY": "a\x00b"}}, 400, "invalid-setting", "api_keys.KEYED_API_KEY"),
            ({"last_read": 10**17}, 400, "invalid-setting", "last_read"),
            ({"api_keys": {"KEYED_API_KEY": ""}}, 400, "key-empty", "api_keys.KEYED_API_KEY"),
            ({"model_provider_id": "parrot:red"}, 403, "blocked-model", "AiExtension.blocked_models"),
            ({"embeddings_provider_id": "vectors:v2"}, 403, "fixed", "AiExtension.embeddings_model"),
        ],
    )
    async def test_a_refusal_names_the_field(
        self, serve: Serve, update: Any, status: int, code: str, field: str
    ) -> None:
        server = await begun(serve, blocked_models=["parrot:red"], embeddings_model="vectors:v1")
        before = await config_of(server)

        refused = await server.post(CONFIG, update)

        assert (refused.status, refused.json()["code"]) == (status, code)
        assert field in refused.json()["message"]
        assert SECRET not in refused.json()["message"]
        assert await config_of(server) == before
        assert server.errors == []

    async def test_the_second_of_two_writers_is_refused(self, serve: Serve) -> None:
        one, other = await begun(serve), await begun(serve)
        read = (await config_of(one))["last_read"]
        posts = [
            server.post(CONFIG, {"model_provider_id": f"parrot:{model}", "last_read": read})
            for server, model in ((one, "grey"), (other, "green"), (one, "red"))
        ]
        statuses = [response.status for response in await asyncio.gather(*posts)]

        assert sorted(statuses) == [204, 409, 409]
        won = ("grey", "green", "red")[statuses.index(204)]
        assert (await config_of(other))["model_provider_id"] == f"parrot:{won}"

    async def test_what_is_fixed_is_shown(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JUPYTER_AI_COMPLETIONS_MODEL", "keyed:large")
        server = await begun(serve, language_model="parrot:grey")

        assert (await config_of(server))["fixed"] == {
            "model_provider_id": "AiExtension.language_model",
            "completions_model_provider_id": "JUPYTER_AI_COMPLETIONS_MODEL in the environment",
        }

    async def test_the_length_of_the_memory_applies_to_the_next_message(self, serve: Serve) -> None:
        server = await begun(serve)
        server.host.plugins.add(MODEL_PROVIDERS, Counter.id, Counter)
        await server.post(CONFIG, {"model_provider_id": "counter:c1"})
        chat = await server.chat()
        counts = []
        for length in (None, None, None, 1, 0, 1000):
            assert (await server.post(CONFIG, {"max_chat_history": length})).status == 204
            counts.append((await answer(chat, "How much?"))["body"])

        assert counts == ["0", "2", "4", "2", "0", "10"]

    async def test_it_is_described_beside_the_default(self, serve: Serve) -> None:
        server = await begun(serve, default_max_chat_history=7)
        told = []
        for length in (3, None):
            await server.post(CONFIG, {"max_chat_history": length})
            described = await config_of(server)
            told.append((described["max_chat_history"], described["default_max_chat_history"]))

        assert told == [(3, 7), (None, 7)]

    @pytest.mark.parametrize("length", [-1, 1001, "3", True, 2.5])
    async def test_what_is_no_length_is_refused(self, serve: Serve, length: Any) -> None:
        server = await begun(serve)
        refused = await server.post(CONFIG, {"max_chat_history": length})

        assert refused.status == 400
        assert "max_chat_history" in refused.json()["message"]


class TestKeys:
    async def test_a_key_is_forgotten(self, serve: Serve) -> None:
        server = await begun(serve)
        await server.post(CONFIG, {"api_keys": {"KEYED_API_KEY": SECRET}})

        response = await server.delete("api/ai/api_keys/KEYED_API_KEY")

        assert (response.status, response.body) == (204, b"")
        assert "KEYED_API_KEY" not in (await config_of(server))["api_keys"]

    async def test_not_while_the_model_needs_it(self, serve: Serve) -> None:
        server = await begun(serve)
        update = {"model_provider_id": "keyed:large", "api_keys": {"KEYED_API_KEY": SECRET}}
        await server.post(CONFIG, update)

        refused = await server.delete("api/ai/api_keys/KEYED_API_KEY")

        assert (refused.status, refused.json()["code"]) == (409, "key-in-use")

    async def test_there_is_no_such_key(self, serve: Serve) -> None:
        server = await begun(serve, default_api_keys={"KEYED_API_KEY": SECRET})

        assert (await server.delete("api/ai/api_keys/NO_KEY")).status == 404
        assert (await server.delete("api/ai/api_keys/KEYED_API_KEY")).status == 403


class TestTrouble:
    @pytest.mark.parametrize("content", ["{", '{"version": 1, "fields": 5}', '{"version": 77}', "\0"])
    async def test_a_broken_file_does_not_keep_the_server_from_starting(
        self, serve: Serve, tmp_path: Path, content: str
    ) -> None:
        path = tmp_path / "data/jupyter_ai/config.json"
        path.parent.mkdir(parents=True)
        path.write_text(content)
        server = await begun(serve)

        described = await config_of(server)
        health = (await server.get("api/ai/health")).json()
        reply = await answer(await server.chat(), "Hello")

        assert described["model_provider_id"] is None
        assert str(path) in described["problems"][0]
        assert health["problems"] == [f"model: {described['problems'][0]}"]
        assert str(path) in reply["body"]
        assert path.read_text() == content
        assert [text for text in server.warnings if str(path) in text] == described["problems"]

    async def test_choosing_anew_mends_it(self, serve: Serve, tmp_path: Path) -> None:
        path = tmp_path / "data/jupyter_ai/config.json"
        path.parent.mkdir(parents=True)
        path.write_text("{")
        server = await begun(serve)

        assert (await server.post(CONFIG, {"model_provider_id": "parrot:grey"})).status == 204
        assert (await config_of(server))["problems"] == []
        assert [kept.read_text() for kept in path.parent.glob("config.json.broken-*")] == ["{"]

    async def test_no_other_change_lets_another_model_answer(self, serve: Serve, tmp_path: Path) -> None:
        path = tmp_path / "data/jupyter_ai/config.json"
        path.parent.mkdir(parents=True)
        path.write_text("{")
        server = await begun(serve)

        refused = await server.post(CONFIG, {"send_with_shift_enter": True})

        assert (refused.status, refused.json()["code"]) == (503, "not-saved")
        assert "jupyter ai config --reset" in refused.json()["message"]
        assert path.read_text() == "{"

    async def test_a_place_that_cannot_be_written(self, serve: Serve, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data/jupyter_ai").touch()
        server = await begun(serve)

        refused = await server.post(CONFIG, {"model_provider_id": "parrot:grey"})

        assert (refused.status, refused.json()["code"]) == (503, "not-saved")
        assert (await config_of(server))["model_provider_id"] == "mockllm:offline"

    async def test_a_model_that_was_removed_is_told_in_the_chat(self, serve: Serve) -> None:
        server = await begun(serve, default_language_model="gone:large")

        reply = await answer(await server.chat(), "Hello")

        assert "gone:large is selected, but its provider gone is not installed." in reply["body"]

    async def test_settings_of_two_are_taken_over(self, serve: Serve, tmp_path: Path) -> None:
        path = tmp_path / "data/jupyter_ai/config.json"
        path.parent.mkdir(parents=True)
        path.write_text(
            json.dumps({"model_provider_id": "keyed:large", "api_keys": {"KEYED_API_KEY": SECRET}})
        )
        server = await begun(serve)

        described = await config_of(server)

        assert (described["model_provider_id"], described["problems"]) == ("keyed:large", [])
        assert SECRET not in path.read_text()
        assert (await server.get("api/ai/health")).json()["model"]["problem"] is None

    async def test_a_wrong_variable_is_told(self, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JUPYTER_AI_TIMEOUT", "soon")
        server = await begun(serve)

        assert (await server.get("api/ai/health")).json()["problems"] == [
            "network: JUPYTER_AI_TIMEOUT is 'soon': set it to a number of seconds, for instance 60."
        ]


@pytest.mark.parametrize("headers", ["[1]", '{"a b": "c"}', '{"a": "\u20ac"}'])
async def test_what_cannot_be_headers_is_refused(serve: Serve, headers: str) -> None:
    server = await begun(serve)

    refusal = await server.post(CONFIG, {"fields": {"parrot:grey": {"default_headers": headers}}})

    assert refusal.status == 400
    assert "default_headers" in refusal.json()["message"]
