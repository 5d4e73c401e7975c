"""What the documentation says of commands and traits is what the code says.

`python tests/test_docs_reference.py` writes the two pages anew.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from traitlets import TraitType, Undefined

from jupyter_ai.cli import main as jupyter_ai
from jupyter_ai.extension import AiExtension
from jupyter_ai.server.routes import ROUTES, WEBSOCKETS
from jupyter_ai.traits import AiTraits
from mockllm.cli import main as mockllm

TREE = Path(__file__).parent.parent
COMMANDS = TREE / "docs/users/commands.md"
WIRE = TREE / "docs/reference/wire.md"
TRAITS = TREE / "docs/administrators/traits.md"
PAGES = [TREE / "README.md", *sorted(TREE.glob("docs/**/*.md"))]

KINDS = {"Ids": "list of str, or None", "Objects": "dict", "Texts": "dict of str"}


def commands_page() -> str:
    """All commands and their options."""
    found = [*_commands(jupyter_ai, "jupyter ai"), *_commands(mockllm, "mockllm")]
    return (
        "\n\n".join(["# Commands in a shell", *(_section(name, command) for name, command in found)]) + "\n"
    )


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for verb, inner in command.commands.items():
            yield from _commands(inner, f"{name} {verb}")


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    lines = [f"## {name}", "", f"    {' '.join([name, *command.collect_usage_pieces(context)])}", ""]
    lines += [inspect.cleandoc(command.help or ""), ""]
    options = [option for option in command.params if isinstance(option, click.Option)]
    records = [record for option in options if (record := option.get_help_record(context))]
    if records:
        lines += ["| Option | |", "|---|---|"]
        lines += [f"| `{_cell(option)}` | {_cell(text)} |" for option, text in records]
    return "\n".join(lines).rstrip()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def traits_page() -> str:
    """All traits of the extension."""
    lines = [
        "# Traits",
        "",
        "What can be set in `jupyter_server_config.py`, as `c.AiExtension.<name> = …`,",
        "or on the command line, as `--AiExtension.<name>=…`.",
        "[Settings](settings.md) tells what counts before what.",
        "",
        "| Name | Kind | Default | |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{name}` | {_kind(trait)} | {_default(trait)} | {trait.help} |"
        for name, trait in sorted(_traits().items())
    ]
    return "\n".join(lines) + "\n"


def _traits() -> dict[str, TraitType[Any, Any]]:
    return dict(AiTraits.class_own_traits(config=True))


def _kind(trait: TraitType[Any, Any]) -> str:
    name = type(trait).__name__
    kind = KINDS.get(name, {"Unicode": "str", "Integer": "int", "Int": "int"}.get(name, name.lower()))
    if name == "Enum":
        kind = " or ".join(f"`{value!r}`" for value in getattr(trait, "values", ()))
    return f"{kind}, or None" if trait.allow_none and "None" not in kind else kind


def _default(trait: TraitType[Any, Any]) -> str:
    value = trait.default_value
    if isinstance(value, str) and "\n" in value:
        return "a text of some lines"
    return "`{}`" if value is Undefined else f"`{value!r}`"


def test_every_command_and_option_is_described_as_it_is() -> None:
    assert COMMANDS.read_text() == commands_page()


def test_every_trait_is_described_as_it_is() -> None:
    assert TRAITS.read_text() == traits_page()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(TREE).as_posix())
def test_traits_that_a_page_names_exist(page: Path) -> None:
    named = set(re.findall(r"\bAiExtension\.([a-z]\w+)", page.read_text()))

    assert {name for name in named if not hasattr(AiExtension, name)} == set()


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in [*ROUTES, *WEBSOCKETS]])
def test_every_route_is_described(pattern: str) -> None:
    path = pattern.removesuffix("/?").replace(r"([\w-]+)", "<id>").replace("([^/]+)", "<NAME>")

    assert f"`{path}`" in WIRE.read_text()


if __name__ == "__main__":
    COMMANDS.write_text(commands_page())
    TRAITS.write_text(traits_page())
