"""The fenced blocks of a page of Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Block", "blocks"]

FENCE = re.compile(
    r"^(?P<ticks>```+)(?P<kind>[\w{}-]*)[^\n]*\n(?P<text>.*?)^(?P=ticks)[ \t]*$", re.DOTALL | re.MULTILINE
)
NOT_RUN = re.compile(r"<!-- not run: \S[^>]*-->\s*\Z")
FILE = re.compile(r"\A# (?P<name>[\w/.-]+\.\w+)\n")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    kind: str
    text: str
    line: int

    @property
    def file(self) -> str | None:
        found = FILE.match(self.text)
        return found["name"] if found else None


def blocks(page: str) -> list[Block]:
    """The blocks of a page that are to be run."""
    found = (fence for fence in FENCE.finditer(page) if not NOT_RUN.search(page[: fence.start()]))
    return [Block(fence["kind"], fence["text"], page.count("\n", 0, fence.start("text"))) for fence in found]
