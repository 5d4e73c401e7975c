"""`/model`: which model answers, and choosing another."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel

from jupyter_ai.errors import SettingsNotSaved
from jupyter_ai.offers import Offers
from jupyter_ai.testing import MakeChat
from jupyter_ai_builtin_handlers.model import ModelChatHandler
from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.auth import EnvAuthStrategy


class Acme(BaseProvider, FakeListChatModel):
    id = "acme"
    name = "Acme"  # type: ignore[misc]
    models = ["small", "large"]  # noqa: RUF012
    model_id_key = "model"


class Keyed(Acme):
    id = "keyed"
    auth_strategy = EnvAuthStrategy(name="KEYED_API_KEY")


@pytest.fixture
async def chat(make_chat: MakeChat) -> Any:
    chat = make_chat(model=Acme, handlers=[ModelChatHandler])
    config = (await chat.open()).engine.config_manager
    config._lm_providers["keyed"] = Keyed  # type: ignore[index]  # as if it were installed as well
    return chat


async def config_of(chat: Any) -> Any:
    return (await chat.open()).engine.config_manager


async def test_it_tells_the_model_and_who_decided_it(chat: Any) -> None:
    reply = await chat.send("/model")

    assert reply.text.startswith("The model is `acme:small` (decided by AiExtension.default_language_model).")
    assert "`/model <provider>:<model>` chooses" in reply.text


async def test_it_chooses(chat: Any) -> None:
    assert (await chat.send("/model acme:large")).text == "The model is now `acme:large` (chosen by you)."
    assert (await config_of(chat)).lm_gid == "acme:large"


async def test_it_lists_what_was_found(chat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYED_API_KEY", "sk-planted-0123456789")
    config = await config_of(chat)
    config.offers = Offers(config, lambda: [Keyed], {"OLLAMA_HOST": "models.example"})

    reply = await chat.send("/model")

    assert "* `KEYED_API_KEY` in the environment: `/model keyed:small`" in reply.text
    assert "sk-planted" not in reply.text


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("acme", "'acme' is not of the form <provider>:<model>."),
        ("nobody:large", "its provider nobody is not installed."),
        ("keyed:small", "keyed:small needs KEYED_API_KEY, which is not set."),
        ("opnai-chat:gpt-4o", "Did you mean openai-chat:gpt-4o"),
    ],
)
async def test_what_cannot_be_chosen_is_told_and_changes_nothing(chat: Any, model: str, reason: str) -> None:
    reply = await chat.send(f"/model {model}")

    assert reason in reply.text
    assert "model_provider_id" not in reply.text
    assert reply.text.endswith(
        "The model is still `acme:small` (decided by AiExtension.default_language_model)."
    )


async def test_a_disk_that_refuses_is_told(chat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Any) -> None:
        raise SettingsNotSaved("config.json cannot be written: No space left on device.")

    monkeypatch.setattr(await config_of(chat), "update_config", refuse)

    assert (await chat.send("/model acme:large")).text.startswith("config.json cannot be written")


async def test_two_models_are_one_too_many(chat: Any) -> None:
    assert (await chat.send("/model acme:large acme:small")).text.startswith("Unrecognized arguments")


async def test_a_model_that_is_not_listed_is_chosen_with_a_doubt(chat: Any) -> None:
    reply = await chat.send("/model acme:lagre")

    assert reply.text.startswith("The model is now `acme:lagre` (chosen by you).")
    assert reply.text.endswith("may have it all the same. Did you mean `acme:large`?")


async def test_a_key_that_is_lacking_comes_with_the_next_step(chat: Any) -> None:
    reply = await chat.send("/model keyed:small")

    assert "`jupyter ai config --set-key <name>`" in reply.text
    assert "api_keys" not in reply.text
