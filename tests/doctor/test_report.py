"""A report is a table for people, lines for pipes, and JSON."""

from __future__ import annotations

import json
from io import StringIO

from rich.console import Console

from jupyter_ai.doctor.finding import Finding
from jupyter_ai.doctor.report import is_well, to_json, to_lines, to_table, tracebacks

WELL = Finding("environment", "python", "ok", "CPython 3.12", "/bin/python")
WRONG = Finding("plug-ins", "bad of acme", "problem", "it\nfailed", "acme.py:3", "correct it", "Traceback …")


def shown(*findings: Finding) -> str:
    console = Console(file=StringIO(), width=100)
    console.print(to_table(findings))
    return console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO


def test_a_problem_is_not_well() -> None:
    assert [is_well([WELL]), is_well([WELL, WRONG])] == [True, False]


def test_a_finding_is_one_line_of_fields() -> None:
    assert list(to_lines([WRONG])) == ["plug-ins\tproblem\tbad of acme\tit failed\tacme.py:3\tcorrect it"]


def test_json_tells_all() -> None:
    assert json.loads(to_json([WRONG])) == {"ok": False, "findings": [WRONG.describe()]}


def test_a_table_shows_where_to_look_for_what_is_wrong_alone() -> None:
    table = shown(WRONG, WELL)

    assert table.index("environment") < table.index("plug-ins")
    assert "acme.py:3" in table
    assert "/bin/python" not in table


def test_a_table_shows_where_a_setting_comes_from() -> None:
    assert "file (built in)" in shown(Finding("settings", "key_store", "ok", "file", "built in"))


def test_a_long_path_is_shown_whole() -> None:
    path = f"/{'x' * 200}/end.py:3"
    table = shown(Finding("code", "a", "problem", "gone", path))

    assert path in "".join(line.strip() for line in table.splitlines())


def test_text_with_brackets_is_no_markup() -> None:
    assert "x[extra]" in shown(Finding("ui", "a", "note", "x[extra]"))


def test_tracebacks_have_the_names_of_their_findings() -> None:
    assert list(tracebacks([WELL, WRONG])) == ["bad of acme\nTraceback …"]
