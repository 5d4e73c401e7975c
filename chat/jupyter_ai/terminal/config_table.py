"""The settings: for people, for pipes and for programs."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_data_dir

from jupyter_ai.config.explained import Explained
from jupyter_ai.plugins import EMBEDDINGS_PROVIDERS, MODEL_PROVIDERS
from jupyter_ai.server.host import EngineHost
from jupyter_ai.terminal.settings import host_options, read_config

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["open_settings", "to_explained_lines", "to_json", "to_lines", "to_table"]


def open_settings(tell: Callable[[str], None]) -> EngineHost:
    """The settings as a server of this user sees them, and the providers; no engine is started.

    What was given to a server on its own command line is not known here.
    """
    log = logging.getLogger(__name__)
    log.propagate = False
    log.addHandler(logging.NullHandler())
    host = EngineHost(host_options(read_config(tell), str(Path.cwd()), jupyter_data_dir()), log, {})
    host.redact()
    registry = host.find_plugins()
    for group in (MODEL_PROVIDERS, EMBEDDINGS_PROVIDERS):
        registry.load(group)
    return host


def to_json(settings: Sequence[Explained], problems: Sequence[str]) -> str:
    """All that is known; keys are names only."""
    described = [setting.describe() for setting in settings]
    return json.dumps({"settings": described, "problems": list(problems)}, indent=2, default=str)


def to_lines(settings: Sequence[Explained]) -> list[str]:
    """One line each, its fields separated by tabs: name, value, source, where, whether it is read-only."""
    return [
        "\t".join((s.name, _text(s.value), s.source or "", s.where, "read-only" if s.read_only else ""))
        for s in settings
    ]


def to_explained_lines(settings: Sequence[Explained]) -> list[str]:
    """A paragraph each: every place in the order in which they count, and where to change it."""
    lines: list[str] = []
    for setting in settings:
        state = "change it with" if setting.change.startswith("`") else "change it in"
        state = "read-only: the administrator decides in" if setting.read_only else state
        lines += [f"{setting.name} = {_text(setting.value) or '(not set)'}"]
        for number, source in enumerate(setting.considered, 1):
            note = "  <- counts" if source.where == setting.where and source.counts else ""
            if source.unused and source.value is not None:
                note = f"  (not used: {source.unused})"
            lines.append(f"  {number}. {source.where}: {_text(source.value) or '-'}{note}")
        lines += [f"  {state} {setting.change}", ""]
    return lines


def to_table(settings: Sequence[Explained]) -> Table:
    """A table of what is set."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table("Setting", "Value", "From", "", box=box.SIMPLE_HEAD)
    for s in settings:
        if s.value is not None:
            state = Text("read-only" if s.read_only else "", style="yellow")
            table.add_row(Text(s.name), Text(_text(s.value)), Text(s.where), state)
    return table


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(value.split())
    return json.dumps(value, default=str)
