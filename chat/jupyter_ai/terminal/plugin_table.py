"""The list of plug-ins: for people, for pipes and for programs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_ai.keys.redaction import redact, redact_data
from jupyter_ai.plugins import Plugin, PluginRegistry, with_local

if TYPE_CHECKING:
    from rich.table import Table

    from jupyter_ai.server.host import HostOptions

__all__ = ["load", "to_json", "to_lines", "to_table"]

_STYLES = {
    "loaded": "green",
    "failed": "bold red",
    "overridden": "yellow",
    "disabled": "yellow",
    "blocked": "yellow",
}


def load() -> list[Plugin]:
    """All that are installed, and the persona files that may be run, loaded in this process.

    What is wrong with them is in them.
    """
    log = logging.getLogger(__name__)
    log.propagate = False
    log.addHandler(logging.NullHandler())
    options = _options()
    _hide_keys(options, log)
    registry = PluginRegistry(log=log)
    registry.discover()
    registry.load_all()
    return with_local(registry.plugins(), _local(options, log))


def _local(options: HostOptions, log: logging.Logger) -> list[Plugin]:
    """Those of the files in the nearest `.jupyter/personas`, if anybody here has allowed that folder."""
    from jupyter_ai.chat_handlers.base import get_preferred_dir
    from jupyter_ai.personas.allowed_folders import AllowedFolders
    from jupyter_ai.personas.local_personas import LocalPersonas

    root = options.root_dir
    local = LocalPersonas(
        Path(get_preferred_dir(root, options.preferred_dir) or root),
        Path(root),
        options.local_personas,
        AllowedFolders(options.allowed_folders),
        log=log,
        on_change=lambda: None,
        threads=False,
    )
    asyncio.run(local.ready())
    return local.files.listed()


def _options() -> HostOptions:
    from jupyter_core.paths import jupyter_data_dir

    from jupyter_ai.errors import InvalidSetting
    from jupyter_ai.server.host import HostOptions
    from jupyter_ai.terminal.settings import host_options, read_config

    # What is wrong with the configuration is told by the commands that need it.
    config = read_config(lambda _: None)
    try:
        return host_options(config, str(Path.cwd()), jupyter_data_dir())
    except InvalidSetting:
        return HostOptions(str(Path.cwd()), data_dir=jupyter_data_dir())


def _hide_keys(options: HostOptions, log: logging.Logger) -> None:
    """Until the process ends: what a plug-in raises, warns of and logs may hold a key."""
    from jupyter_ai.server.host import EngineHost

    EngineHost(options, log, {}).redact()


def to_json(plugins: Sequence[Plugin]) -> str:
    """As `GET api/ai/plugins` lists them, tracebacks included."""
    found = [plugin.describe() for plugin in plugins]
    return json.dumps({"plugins": redact_data(found, names=False)}, indent=2)


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
    return redact(plugin.reason or by)
