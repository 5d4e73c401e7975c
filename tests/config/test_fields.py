"""Of what people enter for a model, its provider gets its own fields and nothing else."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import FakeEmbeddings
from langchain_core.language_models import FakeListChatModel

from jupyter_ai.config.fields import MOST_BYTES
from jupyter_ai.config_manager import ConfigManager
from jupyter_ai.errors import InvalidSetting, SettingFixed
from jupyter_ai.keys.secrets import Keys, open_secrets
from jupyter_ai.models import UpdateConfigRequest
from jupyter_ai_magics import BaseEmbeddingsProvider, BaseProvider
from jupyter_ai_magics.auth import EnvAuthStrategy
from jupyter_ai_magics.fields import IntegerField, MultilineTextField, TextField
from jupyter_ai_magics.policy import Policy

GID = "acme:allowed"
FIELDS: list[Any] = [
    TextField(key="base_url", label="Base URL"),
    TextField(key="where", label="Where"),
    IntegerField(key="top_k", label="Top k"),
    MultilineTextField(key="default_headers", label="Headers", format="json"),
    TextField(key="acme_api_key", label="Key"),
    TextField(key="model", label="Model"),
    TextField(key="gateway_url_header", label="Gateway"),
    MultilineTextField(key="more", label="More", format="json"),
]


class Acme(BaseProvider, FakeListChatModel):
    id = "acme"
    name = "Acme"  # type: ignore[misc]
    models = ["allowed"]  # noqa: RUF012
    model_id_key = "model"
    auth_strategy = EnvAuthStrategy(name="ACME_API_KEY")
    fields = FIELDS


class Vectors(BaseEmbeddingsProvider, FakeEmbeddings):
    id = "acme"
    name = "Acme"
    models = ["allowed"]  # noqa: RUF012
    model_id_key = "model"
    auth_strategy = EnvAuthStrategy(name="ACME_API_KEY")
    fields = FIELDS


KINDS = [
    ("fields", "model_provider_id", "lm_provider_params"),
    ("embeddings_fields", "embeddings_provider_id", "em_provider_params"),
    ("completions_fields", "completions_model_provider_id", "completions_lm_provider_params"),
]


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_API_KEY", raising=False)


def manager(folder: Path, *, key: str | None = None, **options: Any) -> ConfigManager:
    defaults = {"api_keys": {"ACME_API_KEY": key} if key else {}}
    keys = Keys(open_secrets("file", folder), defaults["api_keys"])
    path = folder / "jupyter_ai" / "config.json"
    log = logging.getLogger("test")
    return ConfigManager(log, {"acme": Acme}, {"acme": Vectors}, defaults, keys=keys, path=path, **options)


def change(config: ConfigManager, **values: Any) -> None:
    config.update_config(UpdateConfigRequest(**values))


def enter(config: ConfigManager, **entered: Any) -> None:
    change(config, fields={GID: entered})


def write(folder: Path, **settings: Any) -> None:
    path = folder / "jupyter_ai" / "config.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"version": 1, **settings}))


class TestUnknown:
    @pytest.mark.parametrize("kind", [kind for kind, _, _ in KINDS])
    @pytest.mark.parametrize("key", ["model_id", "model", "model_name", "model_kwargs", "extra_body"])
    def test_they_are_refused(self, tmp_path: Path, kind: str, key: str) -> None:
        config = manager(tmp_path)

        with pytest.raises(InvalidSetting, match=f"{kind}.{GID}.{key}"):
            change(config, **{kind: {GID: {key: "forbidden"}}})
        assert config.get_config().fields == {}

    def test_the_known_ones_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidSetting, match="Its provider has base_url, where, top_k, default_headers"):
            enter(manager(tmp_path), timeout=5)

    @pytest.mark.parametrize(("kind", "setting", "params"), KINDS)
    def test_those_in_the_file_are_not_passed_on(
        self, tmp_path: Path, kind: str, setting: str, params: str
    ) -> None:
        bad = {
            "model_id": "forbidden",
            "model": "forbidden",
            "model_kwargs": {"model": "forbidden"},
            "top_k": 3,
        }
        write(tmp_path, **{setting: GID, kind: {GID: bad}})
        config = manager(tmp_path, policy=Policy(allowed_models=[GID]))

        assert getattr(config, params) == {"model_id": "allowed", "top_k": 3}

    def test_those_in_the_file_stay_and_may_be_sent_back(self, tmp_path: Path) -> None:
        write(tmp_path, fields={GID: {"old": "x", "top_k": 1}})
        config = manager(tmp_path)

        enter(config, old="x", top_k=2)

        assert config.sources.read().settings.fields == {GID: {"old": "x", "top_k": 2}}
        enter(config, old="")
        assert config.sources.read().settings.fields == {GID: {"top_k": 2}}

    def test_a_field_of_a_model_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidSetting, match="its provider gone is not installed"):
            change(manager(tmp_path), fields={"gone:x": {"base_url": "x"}})


class TestSecrets:
    def test_a_key_belongs_elsewhere(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidSetting, match="Send it in api_keys, as ACME_API_KEY"):
            enter(manager(tmp_path), acme_api_key="sk-secret")

    def test_headers_and_passwords_are_not_shown(self, tmp_path: Path) -> None:
        config = manager(tmp_path)
        enter(config, default_headers='{"X-Key": "hush"}', base_url="http://me:pass@host")
        described = config.get_config()

        assert described.fields[GID] == {
            "default_headers": '{"X-Key": "(hidden)"}',
            "base_url": "http://(hidden)@host",
        }
        change(config, fields=described.fields)
        assert config.sources.read().settings.fields[GID]["default_headers"] == '{"X-Key": "hush"}'
        assert config.sources.read().settings.fields[GID]["base_url"] == "http://me:pass@host"

    def test_what_was_hidden_does_not_go_elsewhere(self, tmp_path: Path) -> None:
        config = manager(tmp_path)
        enter(config, base_url="http://me:pass@host")

        with pytest.raises(InvalidSetting, match="Enter it anew"):
            enter(config, base_url="http://(hidden)@elsewhere")

    def test_they_are_known_to_who_hides_them(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        config = manager(tmp_path, model_parameters={GID: {"client": {"password": "pw-1"}}})
        assert config.secret_values() == {"pw-1": "client"}
        enter(config, default_headers='{"X-Key": "hush"}')
        monkeypatch.setenv("JUPYTER_AI_PROXY", "http://me:pass@host")

        assert config.secret_values() == {
            "pw-1": "client",
            "hush": "default_headers",
            "pass": "JUPYTER_AI_PROXY",
        }


class TestSize:
    @pytest.mark.parametrize(
        ("value", "why"),
        [
            (json.loads("[" * 900 + "]" * 900), "nested too deeply"),
            ("x" * 70_000, "larger than 65536 bytes"),
            (float("nan"), "no number of JSON"),
            ({"a": object()}, "no JSON"),
            ("\ud800", "no JSON in UTF-8"),
        ],
    )
    def test_a_value_that_could_not_be_shown(self, tmp_path: Path, value: Any, why: str) -> None:
        config = manager(tmp_path)
        request = UpdateConfigRequest()
        request.fields = {GID: {"where": value}}
        request.model_fields_set.add("fields")

        with pytest.raises(InvalidSetting, match=why):
            config.update_config(request)
        config.get_config().model_dump_json()

    def test_all_together(self, tmp_path: Path) -> None:
        config = manager(tmp_path)
        many = {f"acme:{number}": {"where": "x" * 60_000} for number in range(MOST_BYTES // 60_000 + 1)}

        with pytest.raises(InvalidSetting, match="those of all models are larger"):
            change(config, fields=many)

    @pytest.mark.parametrize("text", ['"\\ud800"', "[" * 300 + "]" * 300, "NaN"])
    def test_a_file_that_could_not_be_shown_is_broken(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "jupyter_ai").mkdir()
        content = f'{{"version": 1, "fields": {{"a:b": {{"c": {text}}}}}}}'
        (tmp_path / "jupyter_ai" / "config.json").write_text(content)
        config = manager(tmp_path)

        assert config.sources.read().broken
        config.get_config().model_dump_json()


class TestAddresses:
    """What is the administrator's goes where the administrator says."""

    @pytest.mark.parametrize(
        "entered",
        [
            {"base_url": "evil:1"},
            {"where": "http://evil"},
            {"gateway_url_header": "https://evil"},
            {"more": r'{"a": "https:\/\/evil"}'},
            {"more": r'{"a": [{"b": "https:\u002f\u002fevil"}]}'},
            {"more": r'"https:\/\/evil"'},
            {"more": '{"base_url": "evil:1"}'},
            {"more": r'{"base_\u0075rl": "evil:1"}'},
            {"more": '{"a": [[{"Proxy": "evil:1"}]]}'},
            {"more": '{"base_url": "evil:1", "base_url": 1}'},
            {"more": r'{"https:\/\/": "evil"}'},
            {"more": r'{"a": "{\"b\": \"https:\\/\\/evil\"}"}'},
        ],
    )
    def test_their_key_is_not_sent_elsewhere(self, tmp_path: Path, entered: dict[str, str]) -> None:
        config = manager(tmp_path, key="sk-admin")
        (key,) = entered

        with pytest.raises(SettingFixed, match=f"{key}: it is an address, and ACME_API_KEY comes from"):
            change(config, model_provider_id=GID, fields={GID: entered})
        write(tmp_path, model_provider_id=GID, fields={GID: entered})
        assert config.lm_provider_params is None
        assert "AiExtension.default_api_keys" in str(config.lm_problem)

    def test_what_is_stored_counts_as_well(self, tmp_path: Path) -> None:
        write(tmp_path, fields={GID: {"base_url": "http://evil"}})

        with pytest.raises(SettingFixed):
            change(manager(tmp_path, key="sk-admin"), model_provider_id=GID)

    def test_ones_own_key_may_be_sent_anywhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        mine = {"fields": {GID: {"base_url": "http://mine"}}, "model_provider_id": GID}
        config = manager(tmp_path, key="sk-admin")
        change(config, **mine, api_keys={"ACME_API_KEY": "sk-mine"})

        params = config.lm_provider_params or {}
        assert (params["base_url"], params["acme_api_key"]) == ("http://mine", "sk-mine")
        config.delete_api_key("ACME_API_KEY")
        assert config.lm_provider_params is None
        monkeypatch.setenv("ACME_API_KEY", "sk-environment")
        assert config.lm_problem is None

    def test_a_key_among_the_parameters_is_theirs_too(self, tmp_path: Path) -> None:
        config = manager(tmp_path, model_parameters={GID: {"acme_api_key": "sk-admin"}})

        with pytest.raises(SettingFixed, match="a secret of AiExtension"):
            enter(config, base_url="http://evil")

    def test_a_model_that_is_fixed_stays_where_it_is(self, tmp_path: Path) -> None:
        config = manager(tmp_path, fixed={"model_provider_id": GID})

        with pytest.raises(SettingFixed, match="the model is fixed by AiExtension"):
            enter(config, base_url="http://evil")

    def test_the_administrators_address_wins_anyway(self, tmp_path: Path) -> None:
        config = manager(tmp_path, key="sk-admin", model_parameters={GID: {"base_url": "http://theirs"}})
        change(config, model_provider_id=GID, fields={GID: {"base_url": "http://mine"}})

        assert config.problems == []

    def test_other_fields_are_free(self, tmp_path: Path) -> None:
        config = manager(tmp_path, key="sk-admin")
        enter(config, top_k=5, default_headers='{"Referer": "https://me"}', more='{"a": [1, {"b": "c/d"}]}')

        assert config.get_config().fields[GID]["top_k"] == 5
