"""Which names are refused, before anything is written."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from cookiecutter.exceptions import FailedHookException
from new_packages import TEMPLATE, render

TREE = TEMPLATE.parent
HOOK = TEMPLATE / "hooks/pre_gen_project.py"


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """cookiecutter leaves the hooks that it runs where temporary files go."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"package_name": "a b"}, "package_name 'a b' is no name of a package"),
        ({"package_name": "../up"}, "package_name '../up' is no name of a package"),
        ({"package_name": "ollama"}, "package_name 'ollama' is the name of something built in"),
        ({"package_name": "Jupyter_AI.magics"}, "is the name of something built in"),
        ({"package_name": "Reviewer", "persona": "yes"}, "is the name of something built in"),
        ({"package_name": "p" * 41}, "is long: use at most 40"),
        ({"module_name": "1st"}, "module_name '1st' is no name that Python can import"),
        ({"module_name": "class"}, "module_name 'class' is no name that Python can import"),
        ({"module_name": "test"}, "module_name 'test' is a module of Python itself"),
        ({"module_name": "json"}, "module_name 'json' is a module of Python itself"),
        ({"module_name": "mockllm"}, "module_name 'mockllm' is a module of jupyter_ai itself"),
        ({"slash_id": "my-command"}, "use ASCII letters, digits and `_` only, such as 'my_command'"),
        ({"slash_id": "help"}, "slash_id 'help' is a command that is built in"),
        ({"slash_id": "file", "context": "yes"}, "slash_id 'file' is a context command that is built in"),
        ({"author": '"""\n'}, "author is empty, or holds what cannot be printed"),
    ],
)
def test_it_is_refused_and_nothing_is_written(
    answers: dict[str, str], told: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    with pytest.raises(FailedHookException):
        render(folder, answers)

    assert told in capfd.readouterr().err
    assert [path.name for path in folder.iterdir()] == [".replay"]


@pytest.mark.parametrize("author", ['Ada "the" \\ Lovelace', '"""', "Žofie 🐋", "{{ x }}"[1:]])
def test_an_author_may_have_any_name_that_can_be_printed(author: str, tmp_path: Path) -> None:
    package = render(tmp_path, {"author": author, "license": "MIT"})

    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    assert project["authors"] == [{"name": author}]
    assert author in (package / "LICENSE").read_text()


def known(name: str) -> set[str]:
    """The names of a set that the hook keeps."""
    (value,) = re.findall(rf"^{name} = (\{{.*?\}})$", HOOK.read_text(), re.DOTALL | re.MULTILINE)
    return set(ast.literal_eval(value))


def built_in(group: str) -> set[str]:
    points = entry_points(group=group)
    return {point.name for point in points if point.dist is not None and point.dist.name == "jupyter_ai"}


@pytest.mark.parametrize(
    ("kept", "group"),
    [
        ("COMMANDS", "jupyter_ai.chat_handlers"),
        ("PROVIDERS", "jupyter_ai.model_providers"),
        ("PROVIDERS", "jupyter_ai.embeddings_model_providers"),
        ("PERSONAS", "jupyter_ai.personas"),
        ("CONTEXTS", "jupyter_ai.context_providers"),
    ],
)
def test_the_hook_knows_all_that_is_built_in(kept: str, group: str) -> None:
    ids = {name.replace("_", "-") for name in built_in(group)}  # as the hook compares them

    assert ids <= known(kept)


def test_the_hook_knows_our_modules() -> None:
    project = tomllib.loads((TREE / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert {path.split("/")[1] for path in packages if "/" in path} <= known("MODULES")


def test_the_hook_needs_nothing_but_python() -> None:
    imports = re.findall(r"^(?:import|from) (\w+)", HOOK.read_text(), re.MULTILINE)

    assert set(imports) <= sys.stdlib_module_names
