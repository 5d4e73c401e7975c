"""What the doctor has found: for people, for pipes and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from jupyter_ai.doctor.finding import PARTS, Finding
from jupyter_ai.keys.redaction import redact, redact_data

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["is_well", "to_json", "to_lines", "to_table", "tracebacks"]

_STYLES = {"ok": "green", "note": "", "warning": "yellow", "problem": "bold red"}


def is_well(findings: Sequence[Finding]) -> bool:
    """Whether nothing is a problem."""
    return all(finding.level != "problem" for finding in findings)


def to_json(findings: Sequence[Finding]) -> str:
    """All that was found, with tracebacks and without keys."""
    found = [finding.describe() for finding in findings]
    return json.dumps({"ok": is_well(findings), "findings": redact_data(found, names=False)}, indent=2)


def to_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """One line each, its fields separated by tabs: part, level, name, what, where, what to do."""
    for f in findings:
        fields = (f.part, f.level, f.name, f.text, f.where or "", f.remedy or "")
        yield "\t".join(" ".join(redact(field).split()) for field in fields)


def to_table(findings: Sequence[Finding]) -> Table:
    """A table with a section for each part."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table("Part", "", "What was found", box=box.SIMPLE_HEAD)
    for part, members in groupby(sorted(findings, key=lambda f: PARTS.index(f.part)), key=lambda f: f.part):
        table.add_row(Text(part, style="bold"), "", "")
        for finding in members:
            style = _STYLES[finding.level]
            table.add_row(
                Text(f"  {finding.name}"),
                Text(finding.level, style=style),
                Text(_told(finding), overflow="fold"),
            )
        table.add_section()
    return table


def tracebacks(findings: Sequence[Finding]) -> Iterator[str]:
    """Those of what failed, each below its name."""
    for finding in findings:
        if finding.traceback is not None:
            yield redact(f"{finding.name}\n{finding.traceback}")


def _told(finding: Finding) -> str:
    if finding.part == "settings" and finding.level == "ok":
        return redact(f"{finding.text} ({finding.where})")
    where = finding.where if finding.level != "ok" else None
    remedy = f"→ {finding.remedy}" if finding.remedy else None
    return redact("\n".join(filter(None, (finding.text, where, remedy))))
