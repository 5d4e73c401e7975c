"""Where a message quotes code: what stands there is meant literally, be it a name or a command."""

from __future__ import annotations

__all__ = ["CODE"]

CODE = r"```.*?(?:```|\Z)|(?m:^)~~~.*?(?:\n~~~|\Z)|``(?!`)[^\n]*?``|`[^`\n]*`"
"""A regular expression, to be compiled with `re.DOTALL`: fences, open ones too, and spans."""
