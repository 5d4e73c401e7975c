"""What a small model is told of a document beside the lines around the cursor."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.completions.context import ContextBuilder, enclosing
from jupyter_ai.completions.models import InlineCompletionRequest
from jupyter_ai.memory_budget import estimate_tokens


def asks(prefix: str, suffix: str = "", **fields: Any) -> InlineCompletionRequest:
    return InlineCompletionRequest(number=1, prefix=prefix, suffix=suffix, mime="", stream=False, **fields)


async def context(request: InlineCompletionRequest, root: Path = Path(".")) -> str:
    builder = ContextBuilder(root, {}, logging.getLogger("test"))
    try:
        return await builder.build(request)
    finally:
        await builder.aclose()


FILLING = "        x = compute(x, 1)\n" * 400  # more than what is visible
HEAD = "import os\nfrom math import pi\n\nclass Model:\n    def fit(\n        self,\n    ):\n"


async def test_a_long_file_tells_what_encloses_the_cursor_then_its_imports() -> None:
    assert await context(asks(HEAD + FILLING + "        y = ")) == (
        "class Model:\n    def fit(\n        self,\n    ):\n\nimport os\nfrom math import pi"
    )


async def test_what_is_visible_is_not_told_again() -> None:
    assert await context(asks("import os\n\nclass A:\n    def f(self):\n        ")) == ""


def save(root: Path, *sources: str) -> None:
    cells = [{"id": f"c{n}", "cell_type": "code", "source": source} for n, source in enumerate(sources)]
    (root / "n.ipynb").write_text(json.dumps({"cells": cells}))


async def test_a_notebook_tells_its_imports_then_the_nearest_cells(tmp_path: Path) -> None:
    save(tmp_path, "import os", "far = 1", "near = 2", "", "after = 3")
    request = asks("x = ", path="n.ipynb", cell_id="c3")

    assert await context(request, tmp_path) == "import os\n\nnear = 2\n\nfar = 1\n\nafter = 3"


async def test_imports_of_a_far_cell_are_told(tmp_path: Path) -> None:
    save(tmp_path, "import os\nz = 1", *(f"v{n} = {n}  # {'much ' * 60}" for n in range(20)))

    assert (await context(asks("x", path="n.ipynb", cell_id="c20"), tmp_path)).startswith("import os\n\nv18")


async def test_at_most_500_tokens(tmp_path: Path) -> None:
    save(tmp_path, *("\n".join(f"variable_{n} = {n}" for n in range(200)) for _ in range(5)))
    told = await context(asks("", path="n.ipynb", cell_id="c2"), tmp_path)

    assert 200 < estimate_tokens(told) <= 500


async def test_of_a_huge_cell_the_nearest_lines_are_told_at_once(tmp_path: Path) -> None:
    """0.5 s while all of its lines were counted; now under a millisecond."""
    huge = "\n".join(f"v_{n} = {n}" for n in range(100_000))
    save(tmp_path, huge, "x", huge)
    request = asks("x", path="n.ipynb", cell_id="c1")
    builder = ContextBuilder(tmp_path, {}, logging.getLogger("test"))
    while not await builder.build(request):  # it is read in the background
        pass
    started = time.thread_time()
    told = await builder.build(request)

    assert time.thread_time() - started < 0.1
    assert "v_99999 = 99999\n\nv_0 = 0\n" in told


@pytest.mark.parametrize(
    ("prefix", "lines"),
    [
        ("x = 1\ny", []),
        ("if a:\n    b\n    ", ["if a:"]),
        ("if a:\n    b\n\n\nc = ", []),
        ("function f() {\n  if (a) {\n  }\n  x", ["function f() {"]),
        ("class A:\n    # a remark\n\n    def f(self):\n        ", ["class A:", "    def f(self):"]),
        ("", []),
    ],
)
def test_enclosing_blocks(prefix: str, lines: list[str]) -> None:
    assert enclosing(prefix) == lines


class Broken:
    """A mapping that is none."""

    def get(self, key: str) -> object:
        raise RuntimeError("no")


async def test_a_failure_leaves_the_request_without_context(tmp_path: Path) -> None:
    builder = ContextBuilder(tmp_path, {}, logging.getLogger("test"))
    builder._documents._settings = Broken()  # type: ignore[assignment]

    assert await builder.build(asks("x", path="n.ipynb")) == ""


def test_a_large_document_takes_little_time() -> None:
    """A method of 100 kB: 1 ms; the limit leaves a busy machine room."""
    request = asks("class A:\n    def f(self):\n" + "        x = compute(x, 1)\n" * 4000 + "        y")
    builder = ContextBuilder(".", {}, logging.getLogger("test"))

    async def build() -> float:
        await builder.build(request)
        started = time.thread_time()
        for _ in range(10):
            await builder.build(request)
        return (time.thread_time() - started) / 10

    assert asyncio.run(build()) < 0.01
