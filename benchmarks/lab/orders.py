"""What a prompt of the benchmarks asks for: `300 chunks`, or `300 chunks at 50/s`."""

from __future__ import annotations

import re

__all__ = ["WORD", "order_text", "read_order"]

WORD = "chunk "
"""The text of every chunk."""

_ORDER = re.compile(r"(\d+) chunks(?: at (\d+)/s)?")


def order_text(chunks: int, pace: int = 0) -> str:
    """The prompt that asks for so many chunks, so many a second (0: as fast as can be)."""
    return f"{chunks} chunks at {pace}/s" if pace else f"{chunks} chunks"


def read_order(text: str) -> tuple[int, int]:
    """The chunks and the pace that a prompt asks for; no chunk if it asks for nothing."""
    found = _ORDER.search(text)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
