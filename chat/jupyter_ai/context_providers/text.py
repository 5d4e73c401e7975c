"""Text as a model is shown it: within a fence, without the colours of a terminal."""

from __future__ import annotations

import re

__all__ = ["fenced", "without_colours"]

_ESCAPES = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b\][^\x07\x1b]*+(?:\x07|\x1b\\)")


def fenced(text: str) -> str:
    """`text` in a block of Markdown that it cannot end."""
    fence = "`" * (1 + max(map(len, re.findall("`{3,}", text)), default=2))
    return f"{fence}\n{text.rstrip()}\n{fence}"


def without_colours(text: str) -> str:
    """`text` without the escape sequences of terminals."""
    return _ESCAPES.sub("", text)
