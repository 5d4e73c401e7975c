"""The command `jupyter ai new`."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from new_packages import TEMPLATE

from jupyter_ai import scaffold
from jupyter_ai.cli import main

New = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without settings, where the folder is in which the command is run."""
    (tmp_path / "scratch").mkdir()
    (tmp_path / "home/folder").mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COOKIECUTTER_CONFIG", str(tmp_path / "cookiecutterrc"))
    (tmp_path / "cookiecutterrc").write_text("default_context: {author: Ada}\n")
    monkeypatch.chdir(tmp_path / "home/folder")
    return tmp_path / "home"


@pytest.fixture
def new(home: Path) -> New:
    """Runs the command in this process."""
    return lambda *words, stdin="": CliRunner().invoke(main, ["new", *words], input=stdin)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_path_names_the_folder_the_package_and_the_module(new: New, home: Path) -> None:
    result = new("plugins/my-plugin", "--no-input")

    assert result.exit_code == 0, result.output
    package = home / "folder/plugins/my-plugin"
    assert 'name = "my-plugin"' in (package / "pyproject.toml").read_text()
    assert (package / "src/my_plugin/chat_handler.py").is_file()


def test_an_answer_may_name_the_package_otherwise(new: New, home: Path) -> None:
    new("here", "--no-input", "package_name=acme", "persona=yes")

    assert (home / "folder/here/src/acme/persona.py").is_file()


def test_without_a_path_the_folder_has_the_name_of_the_package(new: New, home: Path) -> None:
    new("--no-input")

    assert names(home / "folder") == {"jupyter-ai-test"}


def test_nothing_else_is_left_behind(new: New, home: Path) -> None:
    new("my-plugin", "--no-input")

    assert names(home) == {"folder"}
    assert names(home / "folder") == {"my-plugin"}
    assert list(home.rglob("__pycache__")) == []


def test_the_defaults_of_a_person_count(new: New, home: Path) -> None:
    new("my-plugin", "--no-input")

    assert '[{ name = "Ada" }]' in (home / "folder/my-plugin/pyproject.toml").read_text()


def test_it_tells_the_next_steps(new: New, capfd: pytest.CaptureFixture[str]) -> None:
    new("my plug-ins/acme", "--no-input", "slash_id=shout")

    told = capfd.readouterr().out
    assert "cd 'my plug-ins/acme'" in told
    assert 'jupyter ai chat "/shout hi"' in told


def test_it_asks_what_was_not_answered(new: New, home: Path) -> None:
    result = new("my-plugin", "license=MIT", stdin="\n\nAda\n\n\nshout\n\n\n\n\n")

    assert result.exit_code == 0, result.output
    assert 'slash_id="shout"' in (home / "folder/my-plugin/src/my_plugin/chat_handler.py").read_text()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("one", "two"), 2, "One PATH, not 2"),
        (("one", "colour=red"), 2, "No question has the key colour; the keys are package_name, module_name"),
        (("one", "license=Beerware"), 1, "Beerware provided for choice variable license"),
        (("one", "persona=maybe"), 1, "maybe provided for variable persona"),
        (("one",), 1, "Nobody answers: give the answers as KEY=VALUE, and --no-input."),
        (("one", "slash_id=help"), 1, ""),
        (("one", "slash_id={{ 6 * 7 }}"), 1, ""),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    new: New, home: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    options = () if "Nobody" in told else ("--no-input",)

    result = new(*words, *options)

    assert (result.exit_code, told in result.output) == (code, True)
    assert names(home / "folder") == set()


def test_what_is_there_is_not_written_over(new: New, home: Path) -> None:
    place = home / "folder/my-plugin"
    place.mkdir()
    (place / "mine.txt").touch()

    result = new("my-plugin", "--no-input")

    assert (result.exit_code, "my-plugin is there already" in result.output) == (1, True)
    assert names(place) == {"mine.txt"}


@pytest.mark.parametrize("above", ["file", "dangling"])
def test_a_place_that_cannot_be_is_told_before_anything_is_made(
    new: New, home: Path, above: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (home / "folder/file").touch()
    (home / "folder/dangling").symlink_to("nowhere")

    result = new(f"{above}/my-plugin", "--no-input")

    assert (result.exit_code, f"{above} is no folder: name a place in one." in result.output) == (1, True)
    assert "is ready" not in capfd.readouterr().out


def test_an_answer_is_no_template(new: New, home: Path) -> None:
    author = "{{ 6 * 7 }} {% raw %} }} ' \\ 🐋 {# Ada #}"

    new("my-plugin", "--no-input", f"author={author}")

    written = tomllib.loads((home / "folder/my-plugin/pyproject.toml").read_text())
    assert [{"name": author}] == written["project"]["authors"]


def test_what_pip_compiled_in_the_template_is_not_copied(
    new: New, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = home.parent / "site-packages/jupyter_ai"
    template = shutil.copytree(TEMPLATE, installed / "cookiecutter-module")
    for folder in [template / "hooks", *template.rglob("src/*")]:
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__/provider.cpython-311.pyc").write_bytes(b"\0")
    monkeypatch.setattr(scaffold, "_HERE", installed)

    new("my-plugin", "--no-input")

    assert (home / "folder/my-plugin/src/my_plugin/provider.py").is_file()
    assert list((home / "folder").rglob("*.pyc")) == []


def test_an_installation_without_the_template_says_so(
    new: New, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaffold, "_HERE", home / "site-packages/jupyter_ai")

    assert "lacks cookiecutter-module: install it anew" in new("my-plugin", "--no-input").output


def test_every_key_is_in_the_help_and_in_the_documents(new: New) -> None:
    help = new("--help").output
    page = (TEMPLATE.parent / "docs/authors/scaffold.md").read_text()
    keys = [key for key in json.loads((TEMPLATE / "cookiecutter.json").read_text()) if key[0] != "_"]

    assert [key for key in keys if key not in help or f"| `{key}` |" not in page] == []
