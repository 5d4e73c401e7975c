"""A context command as it is written: `@cell`, `@file:a.py`, `@file:"a b.py"#L10`."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict

__all__ = ["ARGUMENT", "ContextCommand", "unescape"]

_UPWARDS = r"(?:(?:[^\s\\\"']*/)?\.\.(?![^\s,;:!?)\"'.]))"  # the one argument that ends with a dot
_PART = r"(?:#[\w-]+)?"  # of what is quoted: `"a b.py"#L10-40`
_QUOTED = rf"""(?:"[^"\n]+"|'[^'\n]+'){_PART}"""
ARGUMENT = rf"""{_QUOTED}|{_UPWARDS}|(?:\\.|[^\s\\"'])(?:(?:\\.|[^\s\\])*(?:\\.|[^\s\\,;:!?)."']))?"""
"""A regular expression of what may stand after the colon."""


class ContextCommand(BaseModel):
    """A context command as it stands in a prompt: `@cell`, `@file:a.py`, `@file:"a b.py"`."""

    model_config = ConfigDict(frozen=True)

    cmd: str

    @property
    def id(self) -> str:
        """What is before the colon, `@file`."""
        return self.cmd.partition(":")[0]

    @property
    def arg(self) -> str | None:
        """What is after the colon, without quotes and backslashes; None without a colon."""
        _, colon, arg = self.cmd.partition(":")
        return unescape(arg) if colon else None

    def __str__(self) -> str:
        return self.cmd


def unescape(argument: str) -> str:
    """An argument without the quotes around it, or the backslashes in it."""
    if quoted := re.fullmatch(rf"""(["'])(.*)\1({_PART})""", argument, re.DOTALL):
        return quoted[2] + quoted[3]
    return re.sub(r"\\(.)", r"\1", argument)
