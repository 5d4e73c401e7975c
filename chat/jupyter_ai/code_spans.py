"""Code in a message: what stands there is meant literally, be it a name or a command."""

from __future__ import annotations

import re

__all__ = ["CODE", "code_span"]

CODE = r"```.*?(?:```|\Z)|(?m:^)~~~.*?(?:\n~~~|\Z)|``(?!`)[^\n]*?``|`[^`\n]*`"
"""A regular expression, to be compiled with `re.DOTALL`: fences, open ones too, and spans."""


def code_span(text: str) -> str:
    """`text` as code in a line of Markdown, whatever backticks it has itself."""
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{' '.join(text.split())}{space}{ticks}"
