"""The code in README.md and docs/ runs, page by page.

- The ``python`` blocks of a page run in order, in one namespace; the tests among them run with the kit.
- A block whose first line names a file (``# shout.py``) is that file, which later blocks import.
- The commands in ``shell`` blocks exist, with the options shown.
- ``<!-- not run: reason -->`` before a block leaves it out.
"""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest
from pages import Block, blocks

TREE = Path(__file__).parent.parent
# Whose files tests/test_example_packages.py types, as one package.
TUTORIAL = TREE / "docs/authors/tutorial.md"
PAGES = [TREE / "README.md", TREE / "CONTRIBUTING.md", *sorted(TREE.glob("docs/**/*.md"))]
SCRIPTS = Path(sys.executable).parent

# Commands that come with the machine or with Python, and are not ours to test.
FOREIGN = {"cd", "cookiecutter", "curl", "echo", "export", "git", "mypy", "pip", "pytest", "python", "ruff"}


def write_page(page: str, folder: Path, name: str) -> None:
    """Write the files that a page shows, and the rest of its Python as a module with the page's lines."""
    module = [""] * len(page.splitlines())
    for block in blocks(page):
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
        elif block.kind == "python":
            lines = block.text.splitlines()
            module[block.line : block.line + len(lines)] = lines
    (folder / f"test_{name}_page.py").write_text("\n".join(module) + "\n")


def ids(page: Path) -> str:
    return page.relative_to(TREE).as_posix()


def has_package(page: Path) -> bool:
    return page != TUTORIAL and "# pyproject.toml" in page.read_text()


def has_python(page: Path) -> bool:
    return page != TUTORIAL and any(block.kind == "python" for block in blocks(page.read_text()))


@pytest.mark.parametrize("page", [*filter(has_python, PAGES)], ids=ids)
def test_python_runs(page: Path, tmp_path: Path) -> None:
    write_page(page.read_text(), tmp_path, page.stem.lower())
    options = ["-q", "--rootdir=.", "-c", os.devnull, "-p", "no:cacheprovider"]
    options += ["-o", "asyncio_default_fixture_loop_scope=function"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    command = [sys.executable, "-m", "pytest", *options, "."]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    passed = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    assert result.returncode in passed, result.stdout + result.stderr


@pytest.mark.parametrize("page", [*filter(has_package, PAGES)], ids=ids)
def test_a_package_of_a_page_is_built_with_the_modules_that_it_names(page: Path, tmp_path: Path) -> None:
    write_page(page.read_text(), tmp_path, page.stem.lower())
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "."]

    result = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True)

    assert result.returncode == 0, result.stdout + result.stderr
    wheel = next(tmp_path.glob("dist/*.whl"))
    entry_points = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]["entry-points"]
    named = {target.split(":")[0] for group in entry_points.values() for target in group.values()}
    with ZipFile(wheel) as files:
        modules = [name.removesuffix(".py") for name in files.namelist() if ".dist-info/" not in name]
        packed = {module.replace("/", ".") for module in modules}
    assert named == packed


def commands(page: str) -> list[list[str]]:
    """The commands in a page's shell blocks; each part of a pipe is one."""
    shell = [block.text for block in blocks(page) if block.kind == "shell"]
    parts = [part for text in shell for line in text.splitlines() for part in re.split(r" (?:\||&&) ", line)]
    return [words for part in parts if (words := shlex.split(part, comments=True))]


@cache
def help_of(*command: str) -> str:
    """What `command --help` prints; it must be a command."""
    result = subprocess.run([*command, "--help"], cwd=TREE, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page.read_text())], ids=ids)
def test_commands_exist(page: Path) -> None:
    for command in commands(page.read_text()):
        match [Path(command[0]).name, *command[1:]]:
            case ["jupyter", "ai", verb, *arguments]:
                text = help_of(str(SCRIPTS / "jupyter"), "ai", verb)
                options = [word.split("=")[0] for word in arguments if word.startswith("-")]
                assert [option for option in options if option not in text] == []
            case ["mockllm", verb, *arguments]:
                text = help_of(str(SCRIPTS / "mockllm"), verb)
                assert [word for word in arguments if word.startswith("-") and word not in text] == []
            case ["jupyter", "server" | "lab" | "labextension", *_]:
                pass
            case _ if command[0].startswith(("scripts/", ".ci/")):
                assert help_of(str(TREE / command[0]))
            case [name, *_]:
                assert name in FOREIGN


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [
        target.split("#")[0]
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())
        if "://" not in target
    ]

    assert [target for target in targets if target and not (page.parent / target).exists()] == []


def test_block_marked_not_run_is_left_out() -> None:
    page = "<!-- not run: needs a key -->\n```python\nfirst\n```\n\n```python\nsecond\n```\n"

    assert [Block("python", "second\n", 6)] == blocks(page)
