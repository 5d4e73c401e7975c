"""Which models can complete code, and why others cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from completion_models import choose, config

from jupyter_ai.completions.choice import Chosen, CompletionChoice, family_of, model_name
from jupyter_ai.config.sources import COMPLETIONS_MODEL
from jupyter_ai.errors import BlockedModelError, InvalidSetting, SettingFixed
from jupyter_ai.traits import AiTraits
from jupyter_ai_magics.lazy_providers import LazyProviders
from jupyter_ai_magics.policy import Policy

URL = "http://models.example/v1"
SETTING = "completions_model_provider_id"


@pytest.mark.parametrize(
    ("gid", "mode"), [(None, "none"), ("auto", "auto"), ("scripted:one", "model"), ("endpoint:m", "model")]
)
def test_mode(gid: str | None, mode: str) -> None:
    assert Chosen(gid).mode == mode


def test_auto_and_models_of_the_endpoint_can_be_chosen() -> None:
    settings = config(base_url=URL, endpoint_models=["coder"])
    seen, problems = [], []
    for gid in ("auto", "endpoint:coder", "endpoint:default", "scripted:one", None):
        choose(settings, gid)
        seen.append(CompletionChoice(settings).now().gid)
        problems.append(settings.choices.problem_of(COMPLETIONS_MODEL))

    assert seen == ["auto", "endpoint:coder", "endpoint:default", "scripted:one", None]
    assert problems == [None] * 5


@pytest.mark.parametrize(
    ("gid", "options", "error", "reason"),
    [
        ("endpoint:m", {}, InvalidSetting, "AiExtension.completions_base_url is not set"),
        ("endpoint:m", {"base_url": URL}, InvalidSetting, "completions_endpoint_models"),
        (
            "endpoint:default",
            {"base_url": URL, "policy": Policy(blocked_providers=["endpoint"])},
            BlockedModelError,
            "blocked_providers",
        ),
        ("scripted:one", {"policy": Policy(blocked_models=["scripted:one"])}, BlockedModelError, "blocked_m"),
        ("auto", {"fixed": {SETTING: "scripted:one"}}, SettingFixed, "AiExtension.completions_model"),
    ],
)
def test_what_may_not_be_chosen_is_refused(
    gid: str, options: dict[str, Any], error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        choose(config(**options), gid)


def test_auto_is_no_language_model() -> None:
    with pytest.raises(InvalidSetting, match="not of the form"):
        choose(config(), None, model_provider_id="auto")


@pytest.mark.parametrize(
    ("gid", "reason"),
    [
        (None, "No completion model is chosen."),
        ("keyed:one", "keyed:one needs KEYED_API_KEY, which is not set."),
        ("nobody:m", "The provider of nobody:m is not installed."),
        ("gpt-4o", "gpt-4o is not of the form <provider>:<model>."),
        ("endpoint:m", "completions_base_url is not set"),
        ("qianfan:ERNIE-Bot", 'needs a package: pip install "jupyter_ai[qianfan]"'),
    ],
)
def test_it_is_told_what_a_model_lacks(gid: str | None, reason: str) -> None:
    assert reason in str(CompletionChoice(config()).why_not(gid))


def test_key_that_comes_makes_a_model_ready() -> None:
    settings = config()
    choice = CompletionChoice(settings)
    choose(settings, "keyed:one", api_keys={"KEYED_API_KEY": "k"})

    assert choice.why_not("keyed:one") is None


def test_candidates_are_those_that_are_named_and_can_be_asked() -> None:
    settings = config(candidates=["keyed:one", "scripted:two", "nobody:m", "scripted:one"])

    assert CompletionChoice(settings).candidates() == ["scripted:two", "scripted:one"]


def test_policy_gates_candidates() -> None:
    policy = Policy(allowed_models=["scripted:one"])
    settings = config(candidates=["scripted:two", "scripted:one"], policy=policy)

    assert CompletionChoice(settings).candidates() == ["scripted:one"]


def test_without_a_list_candidates_are_what_settings_name() -> None:
    settings = config(base_url=URL, endpoint_models=["m"], defaults={SETTING: "scripted:two"})
    choose(settings, "auto", completions_fields={"scripted:one": {"style": "_x"}})

    assert CompletionChoice(settings).candidates() == ["scripted:two", "endpoint:m", "scripted:one"]


def test_without_a_name_candidates_are_of_providers_whose_key_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KEYED_API_KEY", "k")

    assert CompletionChoice(config()).candidates() == ["keyed:one"]


def test_auto_without_a_candidate_tells_where_to_name_them() -> None:
    assert "AiExtension.completion_candidates" in str(CompletionChoice(config()).why_not("auto"))


def test_endpoint_is_the_default_where_there_is_one() -> None:
    traits = AiTraits(completions_base_url=f" {URL} ", completions_endpoint_models=["coder", "chat"])
    chosen = AiTraits(completions_base_url=URL, default_completions_model="scripted:one")

    options = traits.host_options("/", "/")

    assert options.completions.base_url == URL
    assert options.defaults[SETTING] == "endpoint:coder"
    assert chosen.host_options("/", "/").defaults[SETTING] == "scripted:one"


def test_choice_of_another_process_counts(tmp_path: Path) -> None:
    path = tmp_path / "jupyter_ai" / "config.json"
    mine, theirs = CompletionChoice(config(path=path)), config(path=path)
    before = mine.now().gid
    choose(theirs, "scripted:two")

    assert (before, mine.now().gid) == (None, "scripted:two")


def test_settings_that_cannot_be_read_are_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    choice = CompletionChoice(config("scripted:one", path=path))
    path.write_text("{")

    assert f"The settings in {path} are not used" in str(choice.why_not(choice.now().gid))


def test_nothing_is_imported_to_tell_what_a_model_of_ours_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(id: str) -> None:
        raise AssertionError(f"{id} is imported")

    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    choice = CompletionChoice(config(providers=LazyProviders(lambda: ["openai-chat"], fail)))

    assert (
        choice.why_not("openai-chat:gpt-4o") == "openai-chat:gpt-4o needs OPENAI_API_KEY, which is not set."
    )


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("claude-sonnet-5-5", "claude-sonnet"),
        ("gpt-4o-mini", "gpt"),
        ("amazon.nova-pro-v1:0", "nova-pro"),
        ("global.anthropic.claude-opus-5-5", "claude-opus"),
        ("deepseek-ai/deepseek-coder-6.7b", "deepseek-coder"),
        ("qwen2.5-coder:1.5b", "qwen"),
        ("starcoder", "starcoder"),
        ("7b", "7b"),
    ],
)
def test_family_is_in_the_name(model: str, family: str) -> None:
    assert family_of(model) == family


@pytest.mark.parametrize(
    ("gid", "name"),
    [(None, "No model"), ("auto", "Automatic"), ("endpoint:default", "Endpoint"), ("a:b:c", "b:c")],
)
def test_name_for_people(gid: str | None, name: str) -> None:
    assert model_name(gid) == name
