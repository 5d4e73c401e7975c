"""What the template makes, for every combination of answers."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from new_packages import COMBINATIONS, OPTIONS, TEMPLATE, named, render

ALWAYS = {
    ".github/workflows/check.yml",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "src/acme/__init__.py",
    "src/acme/chat_handler.py",
    "src/acme/provider.py",
    "src/acme/py.typed",
    "tests/test_chat_handler.py",
    "tests/test_provider.py",
}
MORE = {
    "embeddings": {"src/acme/embeddings.py", "tests/test_embeddings.py"},
    "persona": {"src/acme/persona.py", "src/acme/avatar.svg", "tests/test_persona.py"},
    "context": {"src/acme/context.py", "tests/test_context.py"},
    "completion": {"src/acme/completion.py", "tests/test_completion.py"},
}
GROUPS = {
    "embeddings": "jupyter_ai.embeddings_model_providers",
    "persona": "jupyter_ai.personas",
    "context": "jupyter_ai.context_providers",
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A package for each combination, by its short name."""
    folder = tmp_path_factory.mktemp("packages")
    return {
        named(answers): render(folder / named(answers), {"package_name": "acme", **answers}, hooks=False)
        for answers in COMBINATIONS
    }


@pytest.mark.parametrize("answers", COMBINATIONS, ids=named)
def test_a_package_has_the_files_that_were_asked_for(
    answers: dict[str, str], packages: dict[str, Path]
) -> None:
    package = packages[named(answers)]
    chosen = [MORE[option] for option in OPTIONS if answers[option] == "yes"]

    found = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert found == ALWAYS.union(*chosen)


@pytest.mark.parametrize("answers", COMBINATIONS, ids=named)
def test_every_entry_point_names_a_class_that_is_there(
    answers: dict[str, str], packages: dict[str, Path]
) -> None:
    package = packages[named(answers)]
    groups = tomllib.loads((package / "pyproject.toml").read_text())["project"]["entry-points"]

    wanted = {GROUPS[option] for option in GROUPS if answers[option] == "yes"}
    assert groups.keys() == {"jupyter_ai.chat_handlers", "jupyter_ai.model_providers", *wanted}
    for target in (target for group in groups.values() for target in group.values()):
        module, name = target.split(":")
        assert f"class {name}(" in (package / "src" / f"{module.replace('.', '/')}.py").read_text()


def ruff(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "ruff", *map(str, arguments), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_is_clean_as_it_is_made(packages: dict[str, Path]) -> None:
    ruff("check", *packages.values())
    ruff("format", "--check", *packages.values())


@pytest.mark.parametrize("length", [1, 40])
def test_the_lines_of_a_package_fit_names_of_any_length(length: int, tmp_path: Path) -> None:
    names = {"package_name": "p" * length, "slash_id": "s" * length}
    package = render(tmp_path, {**names, **dict.fromkeys(OPTIONS, "yes")}, hooks=False)

    ruff("check", package)
    ruff("format", "--check", package)


@pytest.mark.parametrize("license", json.loads((TEMPLATE / "cookiecutter.json").read_text())["license"])
def test_the_licence_that_was_chosen_is_in_the_package(license: str, tmp_path: Path) -> None:
    package = render(tmp_path, {"license": license}, hooks=False)
    title = {"BSD-3-Clause": "BSD 3-Clause", "Apache-2.0": "Apache License", "MPL-2.0": "Mozilla Public"}

    assert tomllib.loads((package / "pyproject.toml").read_text())["project"]["license"] == license
    assert title.get(license, license) in "\n".join((package / "LICENSE").read_text().splitlines()[:2])


@pytest.mark.parametrize(("lowest", "tested"), [("3.11", ["3.11", "3.12", "3.13"]), ("3.13", ["3.13"])])
def test_the_workflow_tests_each_python_from_the_lowest_on(
    lowest: str, tested: list[str], tmp_path: Path
) -> None:
    package = render(tmp_path, {"python_version": lowest}, hooks=False)
    workflow = yaml.safe_load((package / ".github/workflows/check.yml").read_text())
    job = workflow["jobs"]["check"]

    assert job["strategy"]["matrix"]["python"] == tested
    assert {"python-version": "${{ matrix.python }}", "cache": "pip"} in [
        step.get("with") for step in job["steps"]
    ]
