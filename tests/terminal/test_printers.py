"""An answer on a terminal: Markdown that streams."""

from __future__ import annotations

import asyncio
import io
import re
from typing import Any

from rich.console import Console

from jupyter_ai.terminal.client import ChatClient
from jupyter_ai.terminal.oneshot import Question
from jupyter_ai.terminal.printers import MarkdownPrinter
from jupyter_ai.terminal.rendering import console_for
from jupyter_ai.testing import FakeModel


async def test_markdown_streams_and_stays_once(link: Any, until: Any) -> None:
    out, more = io.StringIO(), asyncio.Event()
    console = console_for(Console(file=out, width=60, height=20, force_terminal=True))
    model = FakeModel(["# Title\n\nSome **bo", more.wait, "ld** words"])
    async with ChatClient(await link(model=model)) as client:
        printer = MarkdownPrinter(console, client.state)
        asking = asyncio.create_task(Question(client, "hi", printer, print).ask())
        await until(lambda: "Some **bo" in out.getvalue())
        more.set()

        assert await asking == 0
    assert screen(out.getvalue()) == "\nTitle\n\nSome bold words\n"


def screen(output: str) -> str:
    """What is left on a screen: lines that were erased are gone."""
    lines = [""]
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\n|\r|[^\x1b\n\r]+", output):
        if part == "\n":
            lines.append("")
        elif part == "\x1b[1A":
            lines.pop()
        elif part == "\x1b[2K":
            lines[-1] = ""
        elif not part.startswith("\x1b") and part != "\r":
            lines[-1] += part
    return "\n".join(lines)
