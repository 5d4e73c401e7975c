"""`@cell`, `@selection`, `@error` and `@notebook`: what the client sent along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.models import CellError, CellSelection, CellWithErrorSelection, TextSelection
from jupyter_ai.testing import FakeModel

ERROR = CellError(name="NameError", value="x", traceback=["\x1b[31mNameError\x1b[0m", "at line 1"])
CELL = CellSelection(source="1 + 1")
FAILED = CellWithErrorSelection(source="x", error=ERROR)
TEXT = TextSelection(source="whale")


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """The root, with a notebook in it."""
    output = {"output_type": "stream", "text": "2"}
    cell = {"cell_type": "code", "source": "1 + 1", "outputs": [output]}
    (tmp_path / "a.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
    return tmp_path


@pytest.mark.parametrize(
    ("prompt", "selection", "asked"),
    [
        ("Why @cell?", CELL, "Why the cell below?\n\n```\n1 + 1\n```"),
        ("Why @cell?", FAILED, "Why the cell below?\n\n```\nx\n```"),
        ("Why @selection?", TEXT, "Why the selection below?\n\n```\nwhale\n```"),
    ],
)
async def test_what_was_sent_along_is_named(make_chat: Any, prompt: str, selection: Any, asked: str) -> None:
    model = FakeModel(["Yes."])

    reply = await make_chat(model=model).send(prompt, selection=selection)

    assert model.prompts[0] == asked
    row = reply.metadata["context"]["included"][0]
    assert (row["kind"], row["characters"]) == ("selection", len(selection.source))


async def test_error_is_added_without_colours(make_chat: Any) -> None:
    model = FakeModel(["Yes."])

    await make_chat(model=model).send("Explain @error", selection=FAILED)

    assert "The cell failed:\n\n```\nNameError\nat line 1\n```" in model.prompts[0]
    assert "Explain the error\n\n```\nx\n```" in model.prompts[0]


@pytest.mark.parametrize(
    ("prompt", "selection", "missing"),
    [
        ("@cell", None, "no cell came"),
        ("@cell", TEXT, "no cell came"),
        ("@selection", CELL, "no text came"),
        ("@error", None, "no error came"),
        ("@error", CELL, "no error came"),
        ("@notebook", CELL, "not told of an open notebook"),
        ("@notebook:all", None, "say `@notebook` or `@notebook:outputs`"),
    ],
)
async def test_what_is_missing_is_said(make_chat: Any, prompt: str, selection: Any, missing: str) -> None:
    model = FakeModel(["Yes."])

    reply = await make_chat(model=model).send(prompt, selection=selection)

    assert missing in reply.text
    assert model.asked == []


@pytest.mark.parametrize(
    ("prompt", "content"),
    [
        ("@notebook", "`a.ipynb`, which holds:\n\n```\n[cell 1: code]\n1 + 1\n```"),
        ("@notebook:outputs", "[cell 1: code]\n1 + 1\n\n[output of cell 1]\n2\n```"),
    ],
)
@pytest.mark.parametrize("path", ["a.ipynb", "RTC:a.ipynb"])
async def test_open_notebook_is_read(
    make_chat: Any, notebook: Path, path: str, prompt: str, content: str
) -> None:
    model = FakeModel(["Yes."])

    await make_chat(model=model, root_dir=str(notebook)).send(prompt, notebook=path)

    assert content in model.prompts[0]


@pytest.mark.parametrize(
    ("path", "reason"), [("../a.ipynb", "outside"), ("gone.ipynb", "no file"), ("a.py", "not told")]
)
async def test_no_other_file_is_read_as_notebook(
    make_chat: Any, notebook: Path, path: str, reason: str
) -> None:
    reply = await make_chat(root_dir=str(notebook / "..")).send("@notebook", notebook=path)

    assert reason in reply.text


async def test_outputs_are_completed(make_chat: Any) -> None:
    assert await make_chat().complete("@notebook:") == ["@notebook:outputs "]
