"""What `jupyter ai doctor` does: examines, and shows what it has found."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from jupyter_ai.doctor import report
from jupyter_ai.doctor.examination import examine, examine_code
from jupyter_ai.doctor.finding import Finding

__all__ = ["run"]


def run(paths: Sequence[Path], *, as_json: bool, ask_model: bool, verbose: bool) -> int:
    """Examine all, or the code at `paths` alone; the exit code. Raises `InvalidSetting`."""
    found = examine_code(paths) if paths else asyncio.run(examine(Path.cwd(), ask_model=ask_model))
    _show(found, as_json)
    if verbose and not as_json:
        _tell("\n".join(report.tracebacks(found)))
    return 0 if report.is_well(found) else 1


def _show(found: Sequence[Finding], as_json: bool) -> None:
    if as_json:
        click.echo(report.to_json(found))
    elif sys.stdout.isatty():
        from rich.console import Console

        Console().print(report.to_table(found))
    else:
        click.echo("\n".join(report.to_lines(found)))


def _tell(text: str) -> None:
    click.echo(text, err=True)
