"""What an administrator sets means the same on a command line as in a file, or is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.serverapp import ServerApp
from traitlets import TraitError
from traitlets.config import Config

from jupyter_ai.extension import AiExtension
from jupyter_ai.server.host import HostOptions
from jupyter_ai.traits import AiTraits

LISTS = ["allowed_providers", "blocked_providers", "allowed_models", "blocked_models"]


@pytest.fixture
def on_command_line(jp_environ: None) -> Any:
    """The extension of a server that was started with these options."""

    def start(*argv: str) -> AiExtension:
        server = ServerApp()
        server.parse_command_line(list(argv))
        extension = AiExtension()
        extension.update_config(server.config)
        return extension

    yield start
    AiExtension.clear_instance()


@pytest.fixture
def jp_environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{kind}_DIR", str(tmp_path / kind))


def options(extension: AiTraits) -> HostOptions:
    return extension.host_options("/", "/")


@pytest.mark.parametrize("trait", LISTS)
@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (["a:b"], ["a:b"]),
        (["a:b", "c:d"], ["a:b", "c:d"]),
        (["a:b, c:d"], ["a:b", "c:d"]),
        (['["a:b", "c:d"]'], ["a:b", "c:d"]),
        (["['a:b', 'c:d']"], ["a:b", "c:d"]),
        (["('a:b',)", "c:d"], ["a:b", "c:d"]),
        (["[]"], []),
        (["7"], ["7"]),
    ],
)
def test_a_list_of_ids(on_command_line: Any, trait: str, given: list[str], taken: list[str]) -> None:
    extension = on_command_line(*(f"--AiExtension.{trait}={text}" for text in given))

    assert getattr(options(extension), trait) == taken


@pytest.mark.parametrize(
    "given",
    [
        ["None"],
        [""],
        ["a b"],
        ["['a'"],
        ["[1]"],
        ["{'a': 1}"],
        ["a,,b"],
        ["None", "a"],
        ["['a'", "b"],
        ["", "b"],
    ],
)
def test_what_is_no_list_of_ids_is_not_taken_for_none(on_command_line: Any, given: list[str]) -> None:
    with pytest.raises(TraitError, match="blocked_providers"):
        on_command_line(*(f"--AiExtension.blocked_providers={text}" for text in given))


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (["A=x=1"], {"A": "x=1"}),
        (["A=x", "B=y"], {"A": "x", "B": "y"}),
        (['{"A": "x", "B": "y"}'], {"A": "x", "B": "y"}),
        (["{'A': 'x'}", "B=y"], {"A": "x", "B": "y"}),
    ],
)
@pytest.mark.parametrize("trait", ["default_api_keys", "network_headers"])
def test_strings_by_name(on_command_line: Any, trait: str, given: list[str], taken: dict[str, str]) -> None:
    extension = on_command_line(*(f"--AiExtension.{trait}={text}" for text in given))

    assert getattr(extension, trait) == taken


@pytest.mark.parametrize(
    "given",
    [
        ['{"a:b": {"temperature": 0, "stream": true}}'],
        ["{'a:b': {'temperature': 0, 'stream': True}}"],
        ['a:b={"temperature": 0, "stream": true}'],
    ],
)
def test_parameters_of_models(on_command_line: Any, given: list[str]) -> None:
    extension = on_command_line(*(f"--AiExtension.model_parameters={text}" for text in given))

    assert options(extension).model_parameters == {"a:b": {"temperature": 0, "stream": True}}


@pytest.mark.parametrize("trait", ["default_api_keys", "network_headers", "model_parameters"])
@pytest.mark.parametrize("given", [["sk-secret"], ["{sk-secret"], ["['sk-secret']"], ["A", "sk-secret"]])
def test_what_is_none_is_refused_and_not_repeated(on_command_line: Any, trait: str, given: list[str]) -> None:
    with pytest.raises(TraitError, match=trait) as refused:
        on_command_line(*(f"--AiExtension.{trait}={text}" for text in given))
    assert "sk-secret" not in str(refused.value)


def test_what_is_appended_in_a_file_makes_a_list() -> None:
    config = Config()
    config.AiTraits.blocked_models.append("a:b")

    assert AiTraits(config=config).blocked_models == ["a:b"]


def test_a_file_may_hold_any_of_it() -> None:
    decided = {"blocked_providers": [" a "], "model_parameters": {"a:b": {"x": [1]}}, "allowed_models": None}
    traits = AiTraits(config=Config(AiTraits=Config(json.loads(json.dumps(decided)))))

    assert (traits.blocked_providers, traits.allowed_models) == (["a"], None)
    assert traits.model_parameters == {"a:b": {"x": [1]}}
