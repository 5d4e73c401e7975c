"""Which model is chosen, by whom, and what may be changed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import FakeEmbeddings
from langchain_core.language_models import FakeListChatModel, FakeListLLM

from jupyter_ai.config.sources import LANGUAGE_MODEL
from jupyter_ai.config_manager import OFFLINE_MODEL, ConfigManager
from jupyter_ai.errors import (
    AuthError,
    BlockedModelError,
    InvalidSetting,
    KeyEmptyError,
    KeyInUseError,
    KeyNotFound,
    SecretsError,
    SettingFixed,
    SettingsError,
    SettingsNotSaved,
    WriteConflictError,
)
from jupyter_ai.keys.secrets import Keys, open_secrets
from jupyter_ai.models import UpdateConfigRequest
from jupyter_ai_magics import BaseEmbeddingsProvider, BaseProvider
from jupyter_ai_magics.auth import EnvAuthStrategy, MultiEnvAuthStrategy
from jupyter_ai_magics.fields import IntegerField, MultilineTextField, TextField
from jupyter_ai_magics.models.persona import JupyternautPersona, Persona
from jupyter_ai_magics.network import NetworkSettings
from jupyter_ai_magics.offline import MockLLMProvider
from jupyter_ai_magics.policy import Policy

LOG = logging.getLogger("test.config")


class Free(BaseProvider, FakeListChatModel):
    id = "free"
    name = "Free"  # type: ignore[misc]
    models = ["small"]  # noqa: RUF012
    model_id_key = "model"
    persona = Persona(name="Frida", avatar_route="frida.svg")
    fields = [  # noqa: RUF012
        TextField(key="base_url", label="Base URL"),
        IntegerField(key="top_k", label="Top k"),
        MultilineTextField(key="schema", label="Schema", format="json"),
    ]


class Keyed(BaseProvider, FakeListChatModel):
    id = "keyed"
    name = "Keyed"  # type: ignore[misc]
    models = ["large"]  # noqa: RUF012
    auth_strategy = EnvAuthStrategy(name="KEYED_API_KEY", keyword_param="the_key")


class Two(BaseProvider, FakeListChatModel):
    id = "two"
    name = "Two"  # type: ignore[misc]
    models = ["large"]  # noqa: RUF012
    auth_strategy = MultiEnvAuthStrategy(names=["TWO_AK", "TWO_SK"])


class Plain(BaseProvider, FakeListLLM):
    id = "plain"
    name = "Plain"  # type: ignore[misc]
    models = ["text"]  # noqa: RUF012
    fields = [IntegerField(key="n", label="N")]  # noqa: RUF012


class Vectors(BaseEmbeddingsProvider, FakeEmbeddings):
    id = "vectors"
    name = "Vectors"
    models = ["v1"]  # noqa: RUF012
    model_id_key = "model"
    auth_strategy = EnvAuthStrategy(name="KEYED_API_KEY")
    fields = [IntegerField(key="size", label="Size")]  # noqa: RUF012


LANGUAGE = {cls.id: cls for cls in (Free, Keyed, Two, Plain, MockLLMProvider)}

Make = Callable[..., ConfigManager]


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEYED_API_KEY", "TWO_AK", "TWO_SK", *(f"JUPYTER_AI_{n}_MODEL" for n in _KINDS)):
        monkeypatch.delenv(name, raising=False)


_KINDS = ("LANGUAGE", "EMBEDDINGS", "COMPLETIONS")


def manager(defaults: dict[str, Any] | None = None, **options: Any) -> ConfigManager:
    providers: Any = options.pop("lm_providers", LANGUAGE)
    return ConfigManager(LOG, providers, {"vectors": Vectors}, defaults or {}, **options)


@pytest.fixture
def on_disk(tmp_path: Path) -> Make:
    """Managers of one folder, as those of several servers are."""

    def make(defaults: dict[str, Any] | None = None, **options: Any) -> ConfigManager:
        keys = Keys(open_secrets("file", tmp_path), (defaults or {}).get("api_keys", {}))
        return manager(defaults, keys=keys, path=tmp_path / "jupyter_ai" / "config.json", **options)

    return make


def change(config: ConfigManager, **values: Any) -> None:
    config.update_config(UpdateConfigRequest(**values))


class TestPrecedence:
    def test_nothing_chosen_is_the_offline_model(self) -> None:
        config = manager()

        assert (config.lm_gid, config.lm_provider) == (OFFLINE_MODEL, MockLLMProvider)
        assert (config.em_gid, config.em_provider, config.em_provider_params) == (None, None, None)
        assert (config.completions_model_provider_id, config.completions_lm_provider) == (None, None)
        assert not config.lm_is_chosen
        assert config.problems == []

    def test_environment_then_administrator_then_user_then_default(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = LANGUAGE_MODEL.name
        config = manager({name: "free:default"})
        seen = [config.lm_gid]
        change(config, model_provider_id="free:user")
        seen.append(config.lm_gid)
        fixed = manager({name: "free:default"}, fixed={name: "free:fixed"})
        seen.append(fixed.lm_gid)
        monkeypatch.setenv("JUPYTER_AI_LANGUAGE_MODEL", "free:environment")
        seen.append(fixed.lm_gid)

        assert seen == ["free:default", "free:user", "free:fixed", "free:environment"]

    def test_null_gives_the_default_back(self) -> None:
        config = manager({"model_provider_id": "free:default"})
        change(config, model_provider_id="free:user")
        change(config, model_provider_id=None)

        assert config.lm_gid == "free:default"

    def test_an_alias_stands_for_its_model(self) -> None:
        config = manager({"model_provider_id": "offline"})

        assert (config.lm_gid, config.lm_provider) == (OFFLINE_MODEL, MockLLMProvider)

    @pytest.mark.parametrize("variable", ["JUPYTER_AI_LANGUAGE_MODEL", None])
    def test_what_is_fixed_cannot_be_changed(
        self, variable: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = manager(fixed={} if variable else {"model_provider_id": "free:fixed"})
        if variable:
            monkeypatch.setenv(variable, "free:fixed")
        with pytest.raises(SettingFixed, match=variable or "AiExtension.language_model"):
            change(config, model_provider_id="free:mine")

        assert config.lm_gid == "free:fixed"
        assert (variable or "AiExtension.language_model") in config.get_config().fixed["model_provider_id"]

    def test_a_form_may_repeat_what_is_fixed(self) -> None:
        config = manager(fixed={"model_provider_id": "free:fixed"})
        change(config, model_provider_id="free:fixed", send_with_shift_enter=True)

        assert config.get_config().send_with_shift_enter
        assert config.sources.of(LANGUAGE_MODEL)[2].value is None

    def test_a_change_elsewhere_counts_with_the_next_access(self, on_disk: Make) -> None:
        one, other = on_disk(), on_disk()
        assert one.lm_gid == OFFLINE_MODEL
        change(other, model_provider_id="free:small")

        assert one.lm_provider is Free
        assert one.persona.name == "Frida"
        change(other, model_provider_id=None)
        assert one.persona == JupyternautPersona


class TestNoModel:
    """What was chosen cannot be used: then nothing else is in its place."""

    def problem(self, config: ConfigManager) -> str:
        assert (config.lm_provider, config.lm_provider_params) == (None, None)
        assert config.problems == [config.lm_problem]
        return str(config.lm_problem)

    def test_an_unknown_provider(self) -> None:
        assert self.problem(manager({"model_provider_id": "gone:large"})) == (
            "gone:large is selected, but its provider gone is not installed."
        )

    def test_its_reason_comes_from_who_knows(self) -> None:
        config = manager({"model_provider_id": "gone:x"}, why_not=lambda setting, id: "failed: KeyError")

        assert self.problem(config) == "gone:x is selected, but its provider gone failed: KeyError."

    def test_a_model_that_was_blocked_later(self, on_disk: Make) -> None:
        change(on_disk(), model_provider_id="free:small")
        config = on_disk(policy=Policy(blocked_models=["free:small"]))

        assert "the model free:small is in AiExtension.blocked_models" in self.problem(config)

    def test_what_is_not_an_id(self) -> None:
        problem = self.problem(manager({"model_provider_id": "large"}))

        assert "AiExtension.default_language_model" in problem
        assert "<provider>:<model>" in problem

    def test_a_broken_file(self, on_disk: Make, tmp_path: Path) -> None:
        change(on_disk(), model_provider_id="free:small")
        (tmp_path / "jupyter_ai" / "config.json").write_text("{")
        config = on_disk({"model_provider_id": "keyed:large"})

        assert "it is not JSON" in self.problem(config)
        assert config.lm_gid is None
        change(config, model_provider_id="free:small")
        assert (config.lm_provider, config.problems) == (Free, [])

    @pytest.mark.parametrize(
        "values",
        [
            {"send_with_shift_enter": True},
            {"api_keys": {"A_KEY": "x"}},
            {"model_provider_id": None},
            {"embeddings_provider_id": "vectors:v1", "api_keys": {"KEYED_API_KEY": "x"}},
        ],
    )
    def test_no_other_change_mends_a_broken_file(
        self, on_disk: Make, tmp_path: Path, values: dict[str, Any]
    ) -> None:
        (tmp_path / "jupyter_ai").mkdir()
        (tmp_path / "jupyter_ai" / "config.json").write_text("{")
        config = on_disk()

        with pytest.raises(SettingsNotSaved, match="must name the language model") as refused:
            change(config, **values)

        assert refused.value.status == 503
        assert "it is not JSON" in self.problem(config)
        assert config.keys.stored() == []

    def test_nor_does_a_key_that_is_deleted(self, on_disk: Make, tmp_path: Path) -> None:
        config = on_disk()
        change(config, api_keys={"A_KEY": "x"})
        (tmp_path / "jupyter_ai" / "config.json").write_text("{")

        with pytest.raises(SettingsNotSaved):
            config.delete_api_key("A_KEY")
        assert config.keys.stored() == ["A_KEY"]

    def test_any_change_does_where_the_administrator_names_the_model(
        self, on_disk: Make, tmp_path: Path
    ) -> None:
        (tmp_path / "jupyter_ai").mkdir()
        (tmp_path / "jupyter_ai" / "config.json").write_text("{")
        config = on_disk(fixed={"model_provider_id": "free:small"})
        change(config, send_with_shift_enter=True)

        assert config.problems == []

    def test_an_id_that_nobody_reads_is_cut(self) -> None:
        problem = self.problem(manager({"model_provider_id": f"free:{'x' * 9000}"}))

        assert "is longer than 200 characters" in problem
        assert len(problem) < 500

    def test_a_broken_file_does_not_outdo_the_administrator(self, on_disk: Make, tmp_path: Path) -> None:
        (tmp_path / "jupyter_ai").mkdir()
        (tmp_path / "jupyter_ai" / "config.json").write_text("{")
        config = on_disk(fixed={"model_provider_id": "free:small"})

        assert (config.lm_provider, config.lm_problem) == (Free, None)
        assert len(config.problems) == 1

    def test_a_field_that_is_not_json_any_more(self, on_disk: Make, tmp_path: Path) -> None:
        change(on_disk(), model_provider_id="free:small")
        path = tmp_path / "jupyter_ai" / "config.json"
        path.write_text(
            json.dumps({**json.loads(path.read_text()), "fields": {"free:small": {"schema": "{"}}})
        )

        assert "fields.free:small.schema: it is not JSON" in self.problem(on_disk())

    def test_a_key_that_is_missing_is_told(self) -> None:
        config = manager({"model_provider_id": "keyed:large"})

        assert config.lm_provider is Keyed
        assert config.lm_problem == "keyed:large needs KEYED_API_KEY, which is not set."


class TestParameters:
    def test_fields_reach_the_constructor(self) -> None:
        config = manager()
        values = {"base_url": "http://x", "top_k": "4", "schema": '{"a": 1}'}
        change(config, model_provider_id="free:small", fields={"free:small": values})

        assert config.lm_provider_params == {
            "model_id": "small",
            "base_url": "http://x",
            "top_k": 4,
            "schema": '{"a": 1}',
        }

    def test_a_model_id_may_hold_colons(self) -> None:
        assert manager({"model_provider_id": "free:a:7b"}).lm_provider_params == {"model_id": "a:7b"}

    def test_blank_fields_are_not_set(self) -> None:
        config = manager({"model_provider_id": "free:small"})
        change(config, fields={"free:small": {"base_url": "x", "top_k": 1}})
        change(config, fields={"free:small": {"base_url": "  ", "schema": ""}})

        assert config.lm_provider_params == {"model_id": "small", "top_k": 1}

    def test_fields_of_other_models_are_kept(self) -> None:
        config = manager()
        change(config, model_provider_id="free:small", fields={"free:small": {"base_url": "x"}})
        change(config, model_provider_id="free:other", fields={"free:other": {"top_k": 1}})
        change(config, model_provider_id="free:small")

        assert config.lm_provider_params == {"model_id": "small", "base_url": "x"}

    def test_each_kind_has_its_own(self) -> None:
        config = manager()
        change(
            config,
            embeddings_provider_id="vectors:v1",
            embeddings_fields={"vectors:v1": {"size": 3}},
            completions_model_provider_id="plain:text",
            completions_fields={"plain:text": {"n": 2}},
            api_keys={"KEYED_API_KEY": "sk-1"},
        )

        assert (config.em_provider, config.completions_lm_provider) == (Vectors, Plain)
        assert config.em_provider_params == {"model_id": "v1", "size": 3, "keyed_api_key": "sk-1"}
        assert config.completions_lm_provider_params == {"model_id": "text", "n": 2}

    def test_keys_go_by_the_keyword_of_the_provider(self, monkeypatch: pytest.MonkeyPatch) -> None:
        config = manager({"model_provider_id": "keyed:large"})
        change(config, api_keys={"KEYED_API_KEY": " sk-mine\n"})
        mine = config.lm_provider_params
        monkeypatch.setenv("KEYED_API_KEY", "sk-theirs")

        assert mine == {"model_id": "large", "the_key": "sk-mine"}
        assert config.lm_provider_params == {"model_id": "large", "the_key": "sk-theirs"}

    def test_several_keys(self) -> None:
        config = manager()
        change(config, model_provider_id="two:large", api_keys={"TWO_AK": "a", "TWO_SK": "s"})

        assert config.lm_provider_params == {"model_id": "large", "two_ak": "a", "two_sk": "s"}

    def test_the_network_comes_before_what_people_enter(self) -> None:
        openai = pytest.importorskip("langchain_openai")

        class Ours(BaseProvider, openai.ChatOpenAI):  # type: ignore[misc, name-defined]
            id = "ours"
            name = "Ours"
            models = ["m"]  # noqa: RUF012
            fields = [TextField(key="openai_proxy", label="Proxy")]  # noqa: RUF012

        network = NetworkSettings(proxy="http://proxy:1", timeout=7)
        config = manager(lm_providers={"ours": Ours}, network=network)
        change(config, model_provider_id="ours:m", fields={"ours:m": {"openai_proxy": "http://mine:2"}})

        model: Any = Ours(openai_api_key="k", **config.lm_provider_params or {})
        assert (model.openai_proxy, model.request_timeout) == ("http://mine:2", 7)

    def test_a_class_that_is_not_what_it_should_be_is_a_problem(self) -> None:
        class Odd(BaseProvider, FakeListChatModel):
            id = "odd"
            name = "Odd"  # type: ignore[misc]
            models = ["m"]  # noqa: RUF012
            fields = ["no field"]  # type: ignore[list-item]  # noqa: RUF012

        config = manager({"model_provider_id": "odd:m"}, lm_providers={"odd": Odd})

        assert config.lm_provider is None
        assert "odd:m is selected, but its class cannot be used: AttributeError" in str(config.lm_problem)
        assert config.get_config().problems == [config.lm_problem]

    def test_a_bundle_that_is_not_there_is_a_problem(self) -> None:
        anthropic = pytest.importorskip("langchain_ollama")

        class Ours(BaseProvider, anthropic.ChatOllama):  # type: ignore[misc, name-defined]
            id = "ours"
            name = "Ours"
            models = ["m"]  # noqa: RUF012

        network = NetworkSettings(ca_bundle="/nowhere.pem")
        config = manager({"model_provider_id": "ours:m"}, lm_providers={"ours": Ours}, network=network)

        assert "/nowhere.pem" in str(config.lm_problem)

    def test_no_key_is_in_a_repr(self) -> None:
        config = manager({"model_provider_id": "keyed:large", "api_keys": {"KEYED_API_KEY": "sk-secret"}})
        shown = [config, config.keys, config.get_config(), config.sources.of(LANGUAGE_MODEL)]

        assert "sk-secret" not in repr(shown)
        assert "sk-secret" not in config.get_config().model_dump_json()


class TestRefusals:
    def test_a_name_without_its_provider_is_told_to_be_blocked(self) -> None:
        config = manager(policy=Policy(blocked_models=["openai-chat:gpt-4o"]))

        with pytest.raises(BlockedModelError, match=r"openai-chat:gpt-4o may not be used: .*blocked_models"):
            change(config, model_provider_id="gpt-4o")

    @pytest.mark.parametrize(
        ("values", "error", "told"),
        [
            ({"model_provider_id": "large"}, InvalidSetting, "model_provider_id: 'large' is not of the form"),
            ({"model_provider_id": "gpt-4o"}, InvalidSetting, "Did you mean openai-chat:gpt-4o"),
            ({"model_provider_id": "openai-chat:"}, InvalidSetting, "is not of the form"),
            (
                {"model_provider_id": "fre:small"},
                InvalidSetting,
                "its provider fre is not installed. Did you mean free:small",
            ),
            ({"embeddings_provider_id": "free:small"}, InvalidSetting, "embeddings_provider_id: free:small"),
            ({"model_provider_id": "plain:text"}, InvalidSetting, "takes no messages"),
            ({"model_provider_id": "keyed:large"}, AuthError, "needs KEYED_API_KEY"),
            ({"model_provider_id": "two:large", "api_keys": {"TWO_AK": "a"}}, AuthError, "needs TWO_SK"),
            ({"api_keys": {"KEYED_API_KEY": "  "}}, KeyEmptyError, "api_keys.KEYED_API_KEY"),
            ({"api_keys": {"": "x"}}, InvalidSetting, "api_keys"),
            ({"api_keys": {"KEYED API KEY": "x"}}, InvalidSetting, "named like an environment variable"),
            ({"api_keys": {"KEYED_API_KEY": "sk\x00a"}}, InvalidSetting, "cannot be printed"),
            ({"api_keys": {"KEYED_API_KEY": "sk\na"}}, InvalidSetting, "cannot be printed"),
            ({"api_keys": {"KEYED_API_KEY": "sk\ufffda"}}, InvalidSetting, "cannot be printed"),
            ({"last_read": 10**17}, InvalidSetting, "last_read: it is in the future"),
            ({"last_read": 10**11}, InvalidSetting, "last_read: it is in the future"),
            ({"fields": {"x" * 9000: {"a": 1}}}, InvalidSetting, "is longer than 200 characters"),
            ({"fields": {"free:small": {"y" * 9000: 1}}}, InvalidSetting, "there is no such field"),
            ({"model_provider_id": f"free:{'x' * 9000}"}, InvalidSetting, "is longer than 200 characters"),
            ({"fields": {"free:small": {"schema": "{'a': 1}"}}}, InvalidSetting, "schema: it is not JSON"),
            (
                {"fields": {"free:small": {"top_k": "many"}}},
                InvalidSetting,
                "top_k: it must be a whole number",
            ),
            ({"fields": {"free:small": {"top_k": True}}}, InvalidSetting, "top_k: it must be a whole number"),
            ({"fields": {"free:small": {"base_url": 5}}}, InvalidSetting, "base_url: it must be a string"),
            ({"model_provider_id": "free:bad"}, BlockedModelError, "AiExtension.blocked_models"),
            ({"completions_model_provider_id": "free:bad"}, BlockedModelError, "AiExtension.blocked_models"),
        ],
    )
    def test_nothing_of_it_takes_effect(
        self, values: dict[str, Any], error: type[SettingsError], told: str
    ) -> None:
        config = manager({"model_provider_id": "free:small"}, policy=Policy(blocked_models=["free:bad"]))
        before = config.get_config()
        also = {"api_keys": {"OTHER_API_KEY": "x"}, "send_with_shift_enter": True}

        with pytest.raises(error) as refused:
            change(config, **{**also, **values})

        assert told in str(refused.value)
        assert len(str(refused.value)) < 500
        assert 400 <= refused.value.status < 500
        assert config.get_config() == before

    def test_a_name_that_may_be_a_key_is_not_repeated(self) -> None:
        with pytest.raises(InvalidSetting) as refused:
            change(manager(), api_keys={"sk-secret": "KEYED_API_KEY"})
        with pytest.raises(KeyNotFound) as unknown:
            manager().delete_api_key("sk-secret")

        assert "sk-secret" not in f"{refused.value} {unknown.value}"

    def test_a_key_may_come_with_the_model(self) -> None:
        config = manager()
        change(config, model_provider_id="keyed:large", api_keys={"KEYED_API_KEY": "sk"})

        assert config.lm_problem is None

    def test_a_key_may_be_the_administrators_parameter(self) -> None:
        config = manager(model_parameters={"keyed:large": {"the_key": "sk"}})
        change(config, model_provider_id="keyed:large")

        assert config.lm_problem is None

    def test_a_plain_model_may_complete(self) -> None:
        config = manager()
        change(config, completions_model_provider_id="plain:text")

        assert config.completions_lm_provider is Plain

    def test_a_blocked_model_is_not_let_in_by_its_alias(self) -> None:
        config = manager(policy=Policy(blocked_models=["mockllm:offline"]))

        with pytest.raises(BlockedModelError):
            change(config, model_provider_id="offline")

    def test_what_stays_is_not_checked_again(self) -> None:
        config = manager({"embeddings_provider_id": "vectors:v1"})
        change(config, embeddings_provider_id="vectors:v1", model_provider_id="free:small")

        assert config.lm_provider is Free

    def test_keys_are_as_before_if_the_settings_cannot_be_written(
        self, on_disk: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = on_disk()
        change(config, api_keys={"KEYED_API_KEY": "old"})
        monkeypatch.setattr(config._store, "_put_in_place", _no_space)

        with pytest.raises(SettingsError, match="No space left"):
            change(config, model_provider_id="free:x", api_keys={"KEYED_API_KEY": "new", "OTHER_KEY": "x"})

        assert config.keys.get("KEYED_API_KEY") == "old"
        assert config.keys.stored() == ["KEYED_API_KEY"]

    def test_a_key_that_cannot_be_stored_changes_nothing(
        self, on_disk: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = on_disk()

        def refuse(name: str, value: str) -> None:
            raise SecretsError("The keyring is locked.")

        monkeypatch.setattr(config.keys, "set", refuse)
        with pytest.raises(SecretsError):
            change(config, model_provider_id="free:small", api_keys={"A_KEY": "x"})

        assert config.lm_gid == OFFLINE_MODEL


def _no_space(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


class TestTwoWriters:
    def test_the_second_is_refused(self, on_disk: Make) -> None:
        one, other = on_disk(), on_disk()
        read = one.get_config().last_read
        change(other, model_provider_id="free:theirs", last_read=read)

        with pytest.raises(WriteConflictError):
            change(one, model_provider_id="free:mine", last_read=read)
        assert one.lm_gid == "free:theirs"

    def test_it_may_read_and_try_again(self, on_disk: Make) -> None:
        one, other = on_disk(), on_disk()
        change(other, model_provider_id="free:theirs")
        change(one, model_provider_id="free:mine", last_read=one.get_config().last_read)

        assert other.lm_gid == "free:mine"

    def test_a_key_alone_is_a_change(self, on_disk: Make) -> None:
        config = on_disk()
        read = config.get_config().last_read
        change(config, api_keys={"A_KEY": "x"})

        with pytest.raises(WriteConflictError):
            change(config, model_provider_id="free:small", last_read=read)

    def test_what_changes_nothing_is_no_change(self, on_disk: Make) -> None:
        config = on_disk()
        change(config, model_provider_id="free:small")
        read = config.get_config().last_read
        change(config, model_provider_id="free:small")

        assert config.get_config().last_read == read

    def test_seconds_are_compared_as_seconds(self, on_disk: Make) -> None:
        config = on_disk()
        change(config, model_provider_id="free:small")
        second = config.get_config().last_read // 10**6
        change(config, send_with_shift_enter=True, last_read=second + 2)

        with pytest.raises(WriteConflictError):
            change(config, model_provider_id="free:other", last_read=second - 1)

    def test_without_last_read_the_last_one_wins(self, on_disk: Make) -> None:
        one, other = on_disk(), on_disk()
        change(other, model_provider_id="free:theirs")
        change(one, model_provider_id="free:mine")

        assert other.lm_gid == "free:mine"

    def test_javascript_can_hold_it(self, on_disk: Make) -> None:
        config = on_disk()
        change(config, model_provider_id="free:small")

        assert 10**15 < config.get_config().last_read < 2**53


class TestKeys:
    def test_a_key_that_is_needed_stays(self) -> None:
        config = manager()
        change(config, model_provider_id="keyed:large", api_keys={"KEYED_API_KEY": "sk"})
        with pytest.raises(KeyInUseError, match="language model keyed:large"):
            config.delete_api_key("KEYED_API_KEY")
        change(config, model_provider_id=None)
        config.delete_api_key("KEYED_API_KEY")

        assert config.keys.names() == []

    def test_a_model_and_the_key_of_the_last_one_go_together(self) -> None:
        config = manager()
        change(config, model_provider_id="keyed:large", api_keys={"KEYED_API_KEY": "sk"})
        update = UpdateConfigRequest(model_provider_id="free:small")
        config.update_config(update, forget=["KEYED_API_KEY"])

        assert (config.lm_gid, config.keys.stored()) == ("free:small", [])

    @pytest.mark.parametrize(
        ("model", "forgotten", "error"),
        [
            ("free:small", "NO_KEY", KeyNotFound),
            ("keyed:large", "KEYED_API_KEY", KeyInUseError),
            ("no:such", "KEYED_API_KEY", InvalidSetting),
        ],
    )
    def test_or_neither_does(self, model: str, forgotten: str, error: type[SettingsError]) -> None:
        config = manager()
        change(config, api_keys={"KEYED_API_KEY": "sk"})

        with pytest.raises(error):
            config.update_config(UpdateConfigRequest(model_provider_id=model), forget=[forgotten])
        assert (config.lm_gid, config.keys.stored()) == (OFFLINE_MODEL, ["KEYED_API_KEY"])

    def test_a_key_is_back_if_the_settings_cannot_be_written(
        self, on_disk: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = on_disk()
        change(config, api_keys={"KEYED_API_KEY": "sk"})
        monkeypatch.setattr(config._store, "_put_in_place", _no_space)

        with pytest.raises(SettingsNotSaved):
            config.delete_api_key("KEYED_API_KEY")
        assert config.keys.get("KEYED_API_KEY") == "sk"

    @pytest.mark.parametrize("kind", ["embeddings_provider_id", "completions_model_provider_id"])
    def test_also_for_the_other_models(self, kind: str) -> None:
        gid = "vectors:v1" if kind == "embeddings_provider_id" else "keyed:large"
        config = manager()
        change(config, **{kind: gid}, api_keys={"KEYED_API_KEY": "sk"})

        with pytest.raises(KeyInUseError, match=gid):
            config.delete_api_key("KEYED_API_KEY")

    def test_not_if_the_environment_has_it_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        config = manager()
        change(config, model_provider_id="keyed:large", api_keys={"KEYED_API_KEY": "sk"})
        monkeypatch.setenv("KEYED_API_KEY", "sk-environment")
        config.delete_api_key("KEYED_API_KEY")

        assert config.lm_problem is None

    def test_a_key_of_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        config = manager({"api_keys": {"TWO_AK": "x"}})
        monkeypatch.setenv("KEYED_API_KEY", "x")

        with pytest.raises(SettingFixed, match="the environment"):
            config.delete_api_key("KEYED_API_KEY")
        with pytest.raises(SettingFixed, match="default_api_keys"):
            config.delete_api_key("TWO_AK")
        with pytest.raises(KeyNotFound):
            config.delete_api_key("NO_KEY")

    def test_names_come_with_their_sources(self, monkeypatch: pytest.MonkeyPatch) -> None:
        config = manager({"api_keys": {"TWO_AK": "x"}, "model_provider_id": "keyed:large"})
        change(config, api_keys={"TWO_SK": "x"})
        monkeypatch.setenv("KEYED_API_KEY", "x")
        for card in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
            monkeypatch.delenv(card, raising=False)

        described = config.get_config()
        sources = {"KEYED_API_KEY": "environment", "TWO_AK": "administrator", "TWO_SK": "user"}
        assert {k: v for k, v in described.key_sources.items() if k in sources} == sources
        assert described.api_keys == list(described.key_sources)


class TestMore:
    def test_names_are_logged_and_no_values(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level("INFO"):
            change(manager(), model_provider_id="free:small", api_keys={"A_KEY": "sk-secret"})

        assert caplog.messages == ["Settings were changed: model_provider_id, A_KEY."]

    def test_reset_keeps_the_keys(self, on_disk: Make) -> None:
        config = on_disk()
        change(
            config, model_provider_id="free:small", fields={"free:small": {"top_k": 1}}, api_keys={"K": "x"}
        )
        config.reset()

        assert (config.lm_gid, config.get_config().fields) == (OFFLINE_MODEL, {})
        assert config.keys.stored() == ["K"]

    def test_old_settings_move_in(self, on_disk: Make, tmp_path: Path) -> None:
        (tmp_path / "jupyter_ai").mkdir()
        old = {"model_provider_id": "keyed:large", "api_keys": {"KEYED_API_KEY": "sk-old"}, "fields": {}}
        (tmp_path / "jupyter_ai" / "config.json").write_text(json.dumps(old))
        config = on_disk()

        assert config.lm_provider_params == {"model_id": "large", "the_key": "sk-old"}
        assert config.problems == []

    def test_it_is_prepared_when_its_provider_was_imported(self) -> None:
        config = manager()
        assert not config.prepared
        config.prepare()
        assert config.prepared
        change(config, model_provider_id="free:small")
        assert not config.prepared
