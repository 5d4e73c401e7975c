"""What is offered while no model is chosen, and how Ollama is asked."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_ollama import TAGS, find_nothing, serving
from langchain_core.language_models import FakeListChatModel

from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.keys.secrets import FileSecrets, Keys
from jupyter_ai.offers import Offers, describe, find_offers
from jupyter_ai.ollama_probe import Address, ollama_address, ollama_models
from jupyter_ai_magics import BaseProvider
from jupyter_ai_magics.auth import EnvAuthStrategy
from jupyter_ai_magics.catalogue import CARDS, Card
from jupyter_ai_magics.policy import Policy

OPENAI = next(card for card in CARDS if card.id == "openai-chat")


class Acme(BaseProvider, FakeListChatModel):
    id = "acme"
    name = "Acme"  # type: ignore[misc]
    models = ["*", "small", "large"]  # noqa: RUF012
    model_id_key = "model"
    auth_strategy = EnvAuthStrategy(name="ACME_API_KEY")


@pytest.fixture
def keys(tmp_path: Path) -> Callable[..., Keys]:
    return lambda defaults=None, **environ: Keys(FileSecrets(tmp_path / "keys.json"), defaults or {}, environ)


class TestOllama:
    @pytest.mark.parametrize(
        ("host", "address"),
        [
            (None, "127.0.0.1:11434"),
            ("", "127.0.0.1:11434"),
            ("localhost", "127.0.0.1:11434"),
            ("0.0.0.0", "127.0.0.1:11434"),
            (":8000", "127.0.0.1:8000"),
            ("127.0.0.2:8000", "127.0.0.2:8000"),
            ("http://localhost:8000/", "127.0.0.1:8000"),
            ("http://127.0.0.1", "127.0.0.1:80"),
            ("[::1]:8000", "[::1]:8000"),
            ("https://localhost", "None"),
            ("models.example", "None"),
            ("http://10.0.0.1:11434", "None"),
            ("127.0.0.1.models.example", "None"),
            ("localhost@models.example", "None"),
            ("127.0.0.1:port", "None"),
        ],
    )
    def test_only_this_machine_is_asked(self, host: str | None, address: str) -> None:
        assert str(ollama_address({} if host is None else {"OLLAMA_HOST": host})) == address

    def test_one_request_asks_for_its_models(self) -> None:
        with serving(TAGS) as (address, asked):
            assert ollama_models(address) == ["llama9:8b", "other"]

        assert asked == ["GET /api/tags None"]

    def test_names_that_are_no_names_are_dropped(self) -> None:
        names = ["a:1", "`/clear`", "[a](http://b)", "a b", "x" * 201, "", 1, "hf.co/B-2_c:latest"]
        with serving(json.dumps({"models": [{"name": name} for name in names]}).encode()) as (address, _):
            assert ollama_models(address) == ["a:1", "hf.co/B-2_c:latest"]

    @pytest.mark.parametrize(
        ("answer", "status"),
        [
            (b"", 200),
            (b"{}", 302),
            (b'{"models": 1}', 200),
            (b"[1]", 200),
            (b"\xff", 200),
            (b"[" * 9999, 200),
        ],
    )
    def test_what_is_no_ollama_is_none(self, answer: bytes, status: int) -> None:
        with serving(answer, status) as (address, _):
            assert ollama_models(address) is None

    def test_where_nobody_listens_there_is_none(self) -> None:
        with serving(b"") as (address, _):
            pass

        assert ollama_models(address) is None


class TestFinding:
    def test_nothing_is_offered_for_nothing(self, keys: Callable[..., Keys]) -> None:
        assert find_offers(keys(), Policy(), [Acme], None) == []

    def test_a_key_offers_the_first_chat_model_of_one_provider(self, keys: Callable[..., Keys]) -> None:
        (offer,) = find_offers(keys(OPENAI_API_KEY="sk-1"), Policy(), [], None)

        assert offer.model == f"openai-chat:{OPENAI.chat_models[0]}"
        assert offer.command == f"/model {offer.model}"
        assert offer.found == "`OPENAI_API_KEY` in the environment"
        assert "sk-1" not in repr(offer)

    def test_a_stored_key_and_a_default_count_too(self, keys: Callable[..., Keys]) -> None:
        known = keys({"MISTRAL_API_KEY": "m-1"})
        known.set("OPENAI_API_KEY", "sk-1")

        found = [offer.found for offer in find_offers(known, Policy(), [], None)]

        assert sorted(found) == [
            "`MISTRAL_API_KEY` set by the administrator",
            "`OPENAI_API_KEY` among your keys",
        ]

    def test_a_third_partys_provider_is_offered(self, keys: Callable[..., Keys]) -> None:
        (offer,) = find_offers(keys(ACME_API_KEY="a-1"), Policy(), [Acme], None)

        assert (offer.model, offer.installed, offer.install_hint) == ("acme:small", True, None)

    def test_what_is_blocked_is_not_offered(self, keys: Callable[..., Keys]) -> None:
        known, ollama = keys(ACME_API_KEY="a", OPENAI_API_KEY="s"), (Address("::1", 1), ["a", "b"])
        policy = Policy(
            blocked_providers=["openai-chat", "openai-chat-custom"], blocked_models=["acme:small"]
        )

        offers = find_offers(known, policy, [Acme], ollama)

        assert [offer.model for offer in offers] == ["ollama:a", "acme:large"]
        assert find_offers(known, Policy(allowed_models=[]), [Acme], ollama) == []

    def test_ollama_offers_its_first_model(self, keys: Callable[..., Keys]) -> None:
        (offer,) = find_offers(keys(), Policy(), [], (Address("127.0.0.1", 11434), ["llama9:8b"]))

        assert offer.model == "ollama:llama9:8b"
        assert offer.found == "Ollama at 127.0.0.1:11434"

    def test_a_package_that_is_missing_is_named(
        self, keys: Callable[..., Keys], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Card, "installed", lambda self: False)

        (offer,) = find_offers(keys(OPENAI_API_KEY="sk-1"), Policy(), [], None)

        assert (offer.installed, offer.install_hint) == (False, 'pip install "jupyter_ai[openai]"')
        assert describe([offer]).endswith(
            ', after `pip install "jupyter_ai[openai]"` and `jupyter ai plugins --reload`'
        )


def make_config(**defaults: Any) -> ConfigManager:
    return ConfigManager(logging.getLogger("test"), {"acme": Acme}, {}, defaults)


class TestOffers:
    @pytest.mark.parametrize("policy", [Policy(blocked_providers=["ollama"]), Policy(["openai-chat"])])
    async def test_nobody_asks_an_ollama_that_is_not_allowed(self, policy: Policy) -> None:
        with serving(TAGS) as (address, asked):
            offers = Offers(
                ConfigManager(logging.getLogger("test"), {}, {}, {}, policy=policy),
                environ={"OLLAMA_HOST": str(address)},
            )

            assert await offers.find() == []

        assert asked == []

    @pytest.fixture(autouse=True)
    def no_keys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        find_nothing(monkeypatch)

    async def test_ollama_is_asked_once_a_minute(self) -> None:
        now = [100.0]
        with serving(TAGS) as (address, asked):
            offers = Offers(make_config(), environ={"OLLAMA_HOST": str(address)}, clock=lambda: now[0])
            assert offers.known() == []

            first = await offers.find()
            now[0] += 60
            assert (await offers.find(), offers.known(), len(asked)) == (first, first, 1)

            now[0] += 1
            await offers.find()

        assert [offer.model for offer in first] == ["ollama:llama9:8b"]
        assert len(asked) == 2

    async def test_elsewhere_nobody_is_asked(self) -> None:
        assert await Offers(make_config(), environ={"OLLAMA_HOST": "models.example"}).find() == []

    async def test_the_note_tells_what_was_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        offers = Offers(make_config(), lambda: [Acme], {"OLLAMA_HOST": "models.example"})
        assert (await offers.note(), offers.known_note()) == (None, None)

        monkeypatch.setenv("ACME_API_KEY", "a-1")

        assert str(await offers.note()).endswith("* `ACME_API_KEY` in the environment: `/model acme:small`")
        assert offers.known_note() == await offers.note()

    @pytest.mark.parametrize("model", ["acme:small", "mockllm:offline"])
    async def test_there_is_none_once_a_model_is_chosen(
        self, model: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACME_API_KEY", "a-1")
        config = make_config(model_provider_id=model)

        assert await Offers(config, lambda: [Acme], {"OLLAMA_HOST": "models.example"}).note() is None
