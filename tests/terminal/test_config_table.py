"""`jupyter ai config`: the settings in a terminal, in a pipe and for a program."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from jupyter_ai.cli import main
from jupyter_ai.config.explained import explain
from jupyter_ai.terminal import config_table

SECRET = "sk-planted-0123456789"

Run = Callable[..., Result]


@pytest.fixture
def run(jupyter_dirs: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `jupyter ai config` in this process."""
    for name in ("OPENAI_API_KEY", "JUPYTER_AI_LANGUAGE_MODEL", "JUPYTER_AI_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments, stdin="": CliRunner().invoke(main, ["config", *arguments], input=stdin)


def decide(folder: Path, **traits: Any) -> None:
    """Configure a server of this Jupyter."""
    path = folder / "config" / "jupyter_server_config.json"
    path.write_text(json.dumps({"AiExtension": traits}))


def settings(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return {entry["name"]: entry for entry in json.loads(result.stdout)["settings"]}


def test_a_model_is_chosen_and_shown(run: Run) -> None:
    chosen = run("--model", "mockllm:other")

    assert chosen.exit_code == 0
    assert chosen.stdout.splitlines()[0].split("\t")[:3] == ["model_provider_id", "mockllm:other", "user"]
    assert settings(run("--json"))["model_provider_id"]["value"] == "mockllm:other"


def test_an_empty_id_forgets_it(run: Run) -> None:
    run("--model", "mockllm:other")

    assert settings(run("--model", "", "--json"))["model_provider_id"]["source"] == "built-in"


def test_every_place_is_told_in_order(run: Run, jupyter_dirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("--model", "mockllm:mine")
    decide(jupyter_dirs, language_model="mockllm:fixed", default_language_model="mockllm:default")
    monkeypatch.setenv("JUPYTER_AI_LANGUAGE_MODEL", "mockllm:environment")

    entry = settings(run("--explain", "--json"))["model_provider_id"]

    assert [place["value"].partition(":")[2] for place in entry["considered"]] == [
        "environment",
        "fixed",
        "mine",
        "default",
        "offline",
    ]
    assert (entry["value"], entry["source"]) == ("mockllm:environment", "environment")
    assert entry["read_only"]
    assert entry["change"] == "JUPYTER_AI_LANGUAGE_MODEL in the environment"


def test_it_is_explained_in_words(run: Run, jupyter_dirs: Path) -> None:
    decide(jupyter_dirs, default_language_model="mockllm:default")

    lines = run("--explain").stdout.splitlines()

    assert lines[:7] == [
        "model_provider_id = mockllm:default",
        "  1. JUPYTER_AI_LANGUAGE_MODEL in the environment: -",
        "  2. AiExtension.language_model: -",
        f"  3. {jupyter_dirs / 'data' / 'jupyter_ai' / 'config.json'}: -",
        "  4. AiExtension.default_language_model: mockllm:default  <- counts",
        "  5. built in: mockllm:offline",
        "  change it with `jupyter ai config --model ID`",
    ]


def test_the_completion_model_may_be_auto_and_then_the_endpoints_again(run: Run, jupyter_dirs: Path) -> None:
    headers = {"X-Token": SECRET}
    decide(jupyter_dirs, completions_base_url="http://me:pw@models.example/v1", completions_headers=headers)
    seen = [settings(run("--json", *more)) for more in ((), ("--completions-model", "auto"))]
    seen.append(settings(run("--json", "--completions-model", "")))

    chosen = [found["completions_model_provider_id"] for found in seen]
    assert [entry["value"] for entry in chosen] == ["endpoint:default", "auto", "endpoint:default"]
    assert seen[0]["completions_base_url"]["value"] == "http://(hidden)@models.example/v1"
    assert seen[0]["completions_headers"]["value"] == {"X-Token": "(hidden)"}


def test_what_is_fixed_is_refused(run: Run, jupyter_dirs: Path) -> None:
    decide(jupyter_dirs, language_model="mockllm:fixed")

    refused = run("--model", "mockllm:mine")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "AiExtension.language_model" in refused.stderr


@pytest.mark.parametrize(
    "arguments", [["--model", "nonsense"], ["--delete-key", "NO_KEY"], ["--model", "no:x"]]
)
def test_a_refusal_ends_with_1(run: Run, arguments: list[str]) -> None:
    refused = run(*arguments)

    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: ")


@pytest.mark.parametrize("arguments", [["--nothing"], ["--reset", "--model", "mockllm:x"]])
def test_a_mistake_ends_with_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_key_comes_from_a_pipe_and_is_never_shown(run: Run) -> None:
    shown = [run("--set-key", "OPENAI_API_KEY", stdin=f"{SECRET}\n"), run(), run("--json"), run("--explain")]

    assert [result.exit_code for result in shown] == [0] * 4
    assert SECRET not in "".join(result.output for result in shown)
    entry = settings(shown[2])["api_keys.OPENAI_API_KEY"]
    assert (entry["value"], entry["source"]) == ("(hidden)", "user")
    assert "api_keys.OPENAI_API_KEY" not in settings(run("--delete-key", "OPENAI_API_KEY", "--json"))


def test_a_blank_key_is_refused(run: Run) -> None:
    assert "OPENAI_API_KEY: the key is empty" in run("--set-key", "OPENAI_API_KEY", stdin="\n").stderr


def test_a_model_and_a_key_change_together_or_not(run: Run) -> None:
    run("--set-key", "OPENAI_API_KEY", stdin=SECRET)
    refused = run("--model", "mockllm:other", "--delete-key", "NO_KEY")

    assert (refused.exit_code, refused.stderr.startswith("Error: There is no key")) == (1, True)
    assert settings(run("--json"))["model_provider_id"]["source"] == "built-in"
    both = settings(run("--model", "mockllm:other", "--delete-key", "OPENAI_API_KEY", "--json"))
    assert (both["model_provider_id"]["source"], "api_keys.OPENAI_API_KEY" in both) == ("user", False)


def test_a_name_that_may_be_a_key_is_not_repeated(run: Run) -> None:
    refused = run("--set-key", SECRET, stdin="OPENAI_API_KEY\n")

    assert refused.exit_code == 1
    assert "named like an environment variable" in refused.stderr
    assert SECRET not in refused.output


@pytest.mark.parametrize("key", [b"sk\x00a\n", b"sk-\xff-a\n", "sk-\u2028-a\n".encode()])
def test_what_cannot_be_printed_is_no_key(run: Run, key: bytes) -> None:
    refused = run("--set-key", "OPENAI_API_KEY", stdin=key)

    assert refused.exit_code == 1
    assert "api_keys.OPENAI_API_KEY: the key holds a character that cannot be printed" in refused.stderr


@pytest.mark.parametrize(
    ("trait", "value"),
    [
        ("default_api_keys", SECRET),
        ("blocked_providers", {"ollama": True}),
        ("allowed_providers", "a, b"),
        ("blocked_models", [5]),
        ("model_parameters", {"a:b": SECRET}),
        ("network_timeout", "soon"),
        ("key_store", "cloud"),
    ],
)
def test_a_trait_of_the_wrong_type_is_named(run: Run, jupyter_dirs: Path, trait: str, value: Any) -> None:
    decide(jupyter_dirs, **{trait: value})
    refused = run("--json")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Error: Jupyter's configuration is wrong: ")
    assert trait in refused.stderr
    assert "AiExtension" in refused.stderr
    assert SECRET not in refused.stderr
    assert CliRunner().invoke(main, ["plugins"]).exit_code == 0


def test_traits_are_read_as_a_server_reads_them(run: Run, jupyter_dirs: Path) -> None:
    decide(jupyter_dirs, blocked_providers="acme", log_level=10)

    assert settings(run("--json"))["blocked_providers"]["value"] == ["acme"]


def test_a_section_that_is_none_is_told(run: Run, jupyter_dirs: Path) -> None:
    (jupyter_dirs / "config" / "jupyter_server_config.json").write_text('{"AiExtension": "x"}')

    assert "AiExtension is not an object of traits" in run().stderr


def test_a_field_that_may_not_count_is_explained(run: Run, jupyter_dirs: Path) -> None:
    pytest.importorskip("langchain_openai")
    gid = "openai-chat:gpt-4o"
    decide(
        jupyter_dirs,
        default_api_keys={"OPENAI_API_KEY": SECRET},
        model_parameters={gid: {"openai_organization": "theirs"}},
    )
    path = jupyter_dirs / "data" / "jupyter_ai" / "config.json"
    path.parent.mkdir(parents=True)
    entered = {"openai_api_base": "http://evil", "openai_organization": "mine", "model": "other"}
    path.write_text(json.dumps({"version": 1, "fields": {gid: entered}}))

    found = {name.rpartition(".")[2]: entry for name, entry in settings(run("--json")).items()}

    assert [found[key]["value"] for key in entered] == [None, "theirs", None]
    assert "OPENAI_API_KEY comes from AiExtension" in found["openai_api_base"]["considered"][1]["unused"]
    assert "3. the administrator's defaults: -" in run("--explain").stdout
    assert "model: other" not in run("--explain").stdout
    assert "(not used: its provider has no such field)" in run("--explain").stdout


def test_reset_forgets_choices_and_keeps_keys(run: Run) -> None:
    run("--model", "mockllm:other", "--set-key", "OPENAI_API_KEY", stdin=SECRET)

    found = settings(run("--reset", "--json"))

    assert found["model_provider_id"]["source"] == "built-in"
    assert found["api_keys.OPENAI_API_KEY"]["source"] == "user"


def test_reset_mends_a_broken_file(run: Run, jupyter_dirs: Path) -> None:
    path = jupyter_dirs / "data" / "jupyter_ai" / "config.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    broken = run("--json")

    assert settings(broken)["model_provider_id"]["value"] is None
    assert "it is not JSON" in json.loads(broken.stdout)["problems"][0]
    assert json.loads(run("--reset", "--json").stdout)["problems"] == []


def test_secrets_elsewhere_are_hidden(run: Run, jupyter_dirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_AI_PROXY", f"http://me:{SECRET}@proxy:8080")
    decide(
        jupyter_dirs,
        network_headers={"Authorization": SECRET},
        model_parameters={"mockllm:offline": {"api_key": SECRET}},
        default_api_keys={"OPENAI_API_KEY": SECRET},
    )
    path = jupyter_dirs / "data" / "jupyter_ai" / "config.json"
    path.parent.mkdir(parents=True)
    headers = {"mockllm:offline": {"default_headers": json.dumps({"X-Key": SECRET}), "base_url": "http://x"}}
    path.write_text(json.dumps({"version": 1, "fields": headers}))

    result = run("--explain", "--json")
    found = settings(result)

    assert SECRET not in result.output
    assert found["network_proxy"]["value"] == "http://(hidden)@proxy:8080"
    assert found["network_headers"]["value"] == {"Authorization": "(hidden)"}
    assert found["model_parameters"]["value"] == {"mockllm:offline": ["api_key"]}
    names = [f"fields.mockllm:offline.{key}" for key in ("default_headers", "base_url")]
    entered = [found[name]["considered"][1] for name in names]
    assert [place["value"] for place in entered] == ['{"X-Key": "(hidden)"}', "http://x"]
    assert {place["unused"] for place in entered} == {"its provider has no such field"}


def test_people_see_a_table(run: Run, jupyter_dirs: Path) -> None:
    decide(jupyter_dirs, language_model="mockllm:fixed")
    console = Console(width=120, record=True, file=StringIO())
    console.print(config_table.to_table(explain(config_table.open_settings(print))))

    rows = [line.split() for line in console.export_text().splitlines()]
    assert ["model_provider_id", "mockllm:fixed", "AiExtension.language_model", "read-only"] in rows
