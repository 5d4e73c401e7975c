"""The list of plug-ins: for people, for pipes and for programs."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from jupyter_ai.plugins import Plugin, PluginRegistry

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["load", "to_json", "to_lines", "to_table"]

_STYLES = {
    "loaded": "green",
    "failed": "bold red",
    "overridden": "yellow",
    "disabled": "yellow",
    "blocked": "yellow",
}


def load() -> list[Plugin]:
    """All that are installed, loaded in this process; what is wrong with them is in them."""
    log = logging.getLogger(__name__)
    log.propagate = False
    log.addHandler(logging.NullHandler())
    registry = PluginRegistry(log=log)
    registry.discover()
    registry.load_all()
    return registry.plugins()


def to_json(plugins: Sequence[Plugin]) -> str:
    """As `GET api/ai/plugins` lists them, tracebacks included."""
    return json.dumps({"plugins": [plugin.describe() for plugin in plugins]}, indent=2)


def to_lines(plugins: Sequence[Plugin]) -> list[str]:
    """One line each, its fields separated by tabs."""
    return [
        "\t".join((p.group, p.name, _command(p), p.owner, p.state, " ".join(_why(p).split())))
        for p in plugins
    ]


def to_table(plugins: Sequence[Plugin]) -> Table:
    """A table with a section for each group."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table("Plug-in", "Command", "Package", "State", "Why", box=box.SIMPLE_HEAD)
    for group, members in groupby(plugins, key=lambda plugin: plugin.group):
        table.add_row(Text(group, style="bold"))
        for p in members:
            state = Text(p.state, style=_STYLES.get(p.state, ""))
            table.add_row(f"  {p.name}", _command(p), p.owner, state, Text(_why(p)))
        table.add_section()
    return table


def _command(plugin: Plugin) -> str:
    return f"/{plugin.slash_id}" if plugin.slash_id else ""


def _why(plugin: Plugin) -> str:
    by = f"by {plugin.overridden_by}" if plugin.overridden_by and not plugin.reason else ""
    return plugin.reason or by
