"""What a person may have meant by `@file:path` where no such file can be read."""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path

from jupyter_ai.code_spans import code_span
from jupyter_ai.config.naming import told
from jupyter_ai.confined import confine
from jupyter_ai.context_providers.command import ContextCommand
from jupyter_ai.errors import FileRefused

__all__ = ["hint_at"]

_MOST_WORDS = 8  # of a name with spaces


def hint_at(command: ContextCommand, prompt: str, root: str) -> str:
    """A sentence after a space, or "". Blocks: it looks whether what follows in `prompt` makes a name."""
    return _with_slashes(command.cmd) or _in_quotes(command, prompt, root)


def _with_slashes(command: str) -> str:
    """Advice where folders are separated as on Windows: there a backslash is before letters."""
    written = re.sub(r"\\(?=[\w.*])", "/", command)
    return f" Folders are separated by `/`: `{told(written)}`." if written != command else ""


def _in_quotes(command: ContextCommand, prompt: str, root: str) -> str:
    """Advice where a name with spaces is not quoted."""
    argument = command.arg or ""
    if _is_file(argument, root):
        return ""
    line = prompt.partition(command.cmd)[2].partition("\n")[0]
    words = re.findall(r"\s+\S+", line)[:_MOST_WORDS] if line[:1].isspace() else []
    for more in accumulate(words):
        for name in (argument + more, argument + more.rstrip(",;:!?).")):
            if _is_file(name, root):
                quoted = f'{command.id}:"{name}"'
                return f" A name with spaces is quoted: {code_span(quoted)}."
    return ""


def _is_file(path: str, root: str) -> bool:
    try:
        return Path(confine(path, root)).exists()
    except (FileRefused, OSError):
        return False
