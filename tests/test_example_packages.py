"""The packages in examples/, and that of the tutorial as its page says to type it, in a clean environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from new_packages import Environment
from pages import blocks

TREE = Path(__file__).parent.parent
TUTORIAL = TREE / "docs/authors/tutorial.md"
EXAMPLES = sorted(path.parent for path in TREE.glob("examples/*/pyproject.toml"))


@pytest.fixture(scope="module")
def almanac(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the tutorial, in a folder that was empty."""
    folder = tmp_path_factory.mktemp("almanac")
    for block in blocks(TUTORIAL.read_text()):
        if block.file:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text)
    return folder


@pytest.fixture(scope="module")
def environment(almanac: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """One in which they all are installed."""
    environment = Environment(tmp_path_factory.mktemp("environment"))
    environment.install(*map(str, [*EXAMPLES, almanac]), cwd=almanac)
    return environment


def test_tests_of_the_examples_and_of_the_tutorial_pass(environment: Environment, almanac: Path) -> None:
    options = ["--import-mode=importlib", "-q", "-W", "error", "-p", "no:cacheprovider"]
    options += ["-c", str(almanac / "pyproject.toml"), "--rootdir", str(environment.home)]

    environment.module("pytest", *options, *map(str, [*EXAMPLES, almanac]), cwd=environment.home)


def test_each_is_a_plugin_that_loads(environment: Environment) -> None:
    plugins = environment.jupyter_ai("plugins", "--strict", cwd=environment.home)

    assert plugins.count("\talmanac 0.1.0\tloaded") == 6
    assert plugins.count(" 0.1.0\tloaded") == 6 + len(EXAMPLES)


def test_the_command_of_the_tutorial_answers(environment: Environment) -> None:
    answer = environment.jupyter_ai("chat", "--local", "/moon 2026-11-24", cwd=environment.home)

    assert answer == "It is full moon.\n"


def test_the_list_of_examples_names_each() -> None:
    listed = (TREE / "examples/README.md").read_text()

    assert [folder.name for folder in EXAMPLES if f"]({folder.name})" not in listed] == []
