"""The suggestions of a fresh installation, which come from the document itself."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_ai.completions.document_words import DocumentWords
from jupyter_ai.completions.models import InlineCompletionRequest


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[DocumentWords]:
    log: Any = logging.getLogger("test")
    found = DocumentWords(log=log, config_manager=None, root_dir=str(tmp_path), server_settings={})
    yield found
    await found.aclose()


async def suggested(provider: DocumentWords, document: str, **fields: Any) -> list[str]:
    """What is suggested at the `▮`."""
    prefix, _, suffix = document.partition("▮")
    values = {"number": 4, "mime": "", "stream": False, "language": "python", **fields}
    reply = await provider.generate_inline_completions(
        InlineCompletionRequest(prefix=prefix, suffix=suffix, **values)
    )
    assert reply.reply_to == 4
    return [item.insertText for item in reply.list.items]


@pytest.mark.parametrize(
    ("document", "items"),
    [
        ("results.append(item)\nresults.ap▮", ["pend(item)"]),
        ("results.ap▮\nresults.append(item)", ["pend(item)"]),
        ("results.append(item)\nresults.ap▮)", ["pend(item)"]),
        ("results.append(item)\nresults.ap▮ + 1", []),
        ("# results.append(item)\n# results.ap▮", []),
        ("results.append(item)\n▮", []),
    ],
)
async def test_a_line_is_completed_from_the_same_document(
    provider: DocumentWords, document: str, items: list[str]
) -> None:
    assert await suggested(provider, document) == items


@pytest.mark.parametrize("line", ["a=b.c(d,e);f=g(x);" * 6_000, "." * 100_000, "foo(a, b, " * 10_000])
async def test_a_line_of_100_kb_takes_little_time(provider: DocumentWords, line: str) -> None:
    """From 1 to 2 s while each place was followed to the end of its line; now a millisecond."""
    started = time.thread_time()
    await suggested(provider, f"{line}\n{line[:8]}▮")

    assert time.thread_time() - started < 0.2


async def test_prose_is_left_alone(provider: DocumentWords) -> None:
    assert await suggested(provider, "the quick fox\nthe quick▮", language="markdown") == []


async def test_a_line_is_completed_from_other_cells(provider: DocumentWords, tmp_path: Path) -> None:
    sources = ["import numpy as np", "", "plt.figure(figsize=(8, 6))"]
    cells = [{"id": str(n), "cell_type": "code", "source": source} for n, source in enumerate(sources)]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    place = {"path": "n.ipynb", "cell_id": "1"}

    assert await suggested(provider, "import num▮", **place) == ["py"]
    assert await suggested(provider, "plt.figure(▮", **place) == ["figsize=(8"]


async def test_a_large_document_takes_little_time(provider: DocumentWords) -> None:
    """100 kB: 1 ms; the limit leaves a busy machine room."""
    lines = "".join(f"value_{n} = compute(table[{n}], limit={n % 7})\n" for n in range(2_500))
    started = time.thread_time()
    for _ in range(10):
        await suggested(provider, f"{lines}other = compute(ta▮")

    assert time.thread_time() - started < 10 * 0.01
