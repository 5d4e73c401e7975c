"""Notebooks as text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_ai.attachments import NotebookCell
from jupyter_ai.context_providers.notebooks import notebook_cells
from jupyter_ai.errors import FileRefused


def notebook(*cells: dict[str, Any]) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": [source], "outputs": outputs, "metadata": {}}


def wanted(**places: int | None) -> list[NotebookCell]:
    return [NotebookCell(id=id, input_type="code", index=index) for id, index in places.items()]


def text_of(content: bytes, *, outputs: bool = False) -> str:
    return notebook_cells(content, outputs=outputs)[0]


def test_cells_are_numbered_with_their_kind() -> None:
    content = notebook({"cell_type": "markdown", "source": "# Whales", "metadata": {}}, code("1 + 1"))

    assert text_of(content) == "[cell 1: markdown]\n# Whales\n\n[cell 2: code]\n1 + 1"


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ({"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}, "a\nb"),
        ({"output_type": "execute_result", "data": {"text/plain": "2", "text/html": "<b>"}}, "2"),
        ({"output_type": "display_data", "data": {"image/png": "aGk="}}, "(image/png)"),
        ({"output_type": "error", "ename": "E", "evalue": "x", "traceback": ["\x1b[31mE\x1b[0m: x"]}, "E: x"),
        ({"output_type": "error", "ename": "E", "evalue": "x", "traceback": []}, "E: x"),
        (
            {"output_type": "stream", "name": "stdout", "text": "x" * 4_001},
            f"{'x' * 4_000}\n(left out: 1 more characters)",
        ),
    ],
)
def test_outputs_are_shown_by_request(output: dict[str, Any], text: str) -> None:
    assert "output" not in text_of(notebook(code("1", output)))
    assert text_of(notebook(code("1", output)), outputs=True).endswith(f"[output of cell 1]\n{text}")


def test_notebook_of_version_3_is_refused_with_advice() -> None:
    with pytest.raises(FileRefused, match="save it"):
        text_of(b'{"nbformat": 3, "worksheets": []}')


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", notebook({"cell_type": "code"})])
def test_what_is_no_notebook_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefused, match="not a notebook"):
        text_of(content)


def test_empty_notebook_says_so() -> None:
    assert text_of(notebook()) == "(It has no cells.)"


def test_some_cells_keep_their_numbers_and_those_that_are_gone_are_counted() -> None:
    content = notebook({**code("1"), "id": "a"}, {**code("2"), "id": "b"})

    assert notebook_cells(content, wanted(b=1, gone=0)) == ("[cell 2: code]\n2", 1)


def test_where_the_file_keeps_no_ids_a_cell_is_found_at_its_place_if_its_kind_fits() -> None:
    content = notebook(code("1"), code("2"), {"cell_type": "markdown", "source": "3", "metadata": {}})

    assert notebook_cells(content, wanted(b=1, c=2)) == ("[cell 2: code]\n2", 1)


def test_where_no_cell_is_left_the_notebook_is_refused() -> None:
    with pytest.raises(FileRefused, match="no such cells"):
        notebook_cells(notebook({**code("1"), "id": "a"}), wanted(gone=0))


def test_where_cells_cannot_be_told_apart_the_way_out_is_told() -> None:
    with pytest.raises(FileRefused, match=r"keeps no ids.*say `@cell`"):
        notebook_cells(notebook(code("1")), wanted(gone=None))
