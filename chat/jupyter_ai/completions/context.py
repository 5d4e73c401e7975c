"""What else a small model should know of a document in which it completes a line."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from jupyter_ai.completions.brackets import CLOSERS
from jupyter_ai.completions.cursor import indentation
from jupyter_ai.completions.live_document import LiveDocuments
from jupyter_ai.completions.models import InlineCompletionRequest
from jupyter_ai.memory_budget import estimate_tokens
from jupyter_ai_magics.completion_utils import visible

__all__ = ["ContextBuilder", "visible"]

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]

_BUDGET = 500  # tokens
_CELL = 200  # tokens of one cell
_TOP = 4_000  # characters in which a document, or a cell, imports
_CELL_LENGTH = 4_000  # characters of one cell that are looked at
_CELLS = 1_500  # characters of cells on each side
_LINES = 1_000  # how far up an enclosing block is looked for
_SIGNATURE = 8  # lines
_IMPORT = re.compile(
    r"^[ \t]*(?:import\b|from\s+\S+\s+import\b|#include\b|using\s|use\s|library\(|require\("
    r"|require_relative\b|(?:const|let|var)\s.*\brequire\().*",
    re.M,
)


class ContextBuilder:
    """Fills in `InlineCompletionRequest.context`. Belongs to the event loop; one for all requests."""

    def __init__(self, root_dir: str | Path, server_settings: Mapping[str, Any], log: Log) -> None:
        self._documents = LiveDocuments.of(server_settings, root_dir)
        self._log = log

    async def build(self, request: InlineCompletionRequest) -> str:
        """At most 500 tokens, the most valuable first: enclosing blocks, imports, the nearest cells.

        Nothing that `visible(request)` shows. Takes under a millisecond for a file, and for a notebook that
        was read before. Never raises but for being cancelled.
        """
        try:
            return await self._build(request)
        except Exception:  # noqa: BLE001 - a request without context is better than none
            self._log.debug("No context for a completion in %s", request.path, exc_info=True)
            return ""

    async def aclose(self) -> None:
        """Wait no longer for files that are being read."""
        await self._documents.aclose()

    async def _build(self, request: InlineCompletionRequest) -> str:
        cells = await self._documents.around(request, _CELLS)
        shown = set(visible(request)[0].split("\n"))
        sources = [request.prefix, *cells.top, *cells.before]
        imports = [line for source in sources for line in _IMPORT.findall(source[:_TOP])]
        parts = [
            _listed(enclosing(request.prefix), shown),
            _listed(imports, shown),
            *(_end(_without(cell[-_CELL_LENGTH:], imports)) for cell in reversed(cells.before)),
            *(_start(cell[:_CELL_LENGTH]) for cell in cells.after),
        ]
        return "\n\n".join(_fitting(part for part in parts if part.strip()))


def enclosing(prefix: str) -> list[str]:
    """The lines that begin the blocks around the cursor, the outermost first, by their indentation."""
    found: list[str] = []
    lines = _upwards(prefix)
    depth = indentation(next(lines))
    for line in lines:
        if not depth:
            break
        if line[:depth].isspace() or not line or line.lstrip()[:1] in ("", "#"):
            continue
        depth = indentation(line)
        found.append(line)
        if line[depth] in CLOSERS:
            found += _rest_of_signature(lines, depth)
    return found[::-1]


def _rest_of_signature(lines: Iterator[str], depth: int) -> Iterator[str]:
    """The lines above one that closes a bracket, up to that which opens it."""
    for line in islice(lines, _SIGNATURE):
        yield line
        if line.strip() and indentation(line) <= depth:
            return


def _upwards(prefix: str) -> Iterator[str]:
    """The cursor's line and those above it."""
    end = len(prefix)
    for _ in range(_LINES):
        start = prefix.rfind("\n", 0, end) + 1
        yield prefix[start:end]
        if not start:
            return
        end = start - 1


def _listed(lines: Iterable[str], shown: set[str]) -> str:
    """The lines that are not shown yet, and from now on are."""

    def new() -> Iterator[str]:
        for line in lines:
            if line not in shown:
                shown.add(line)
                yield line.rstrip()

    return _start("\n".join(new()))


def _fitting(parts: Iterable[str]) -> Iterator[str]:
    room = _BUDGET
    for part in parts:
        room -= estimate_tokens(part) + 1
        if room < 0:
            return
        yield part


def _without(cell: str, told: Sequence[str]) -> str:
    return "\n".join(line for line in cell.split("\n") if line not in told)


def _end(cell: str) -> str:
    lines = cell.rstrip().split("\n")
    while len(lines) > 1 and estimate_tokens("\n".join(lines)) > _CELL:
        lines = lines[-(-len(lines) // 4) :]
    return "\n".join(lines)


def _start(cell: str) -> str:
    lines = cell.rstrip().split("\n")
    while len(lines) > 1 and estimate_tokens("\n".join(lines)) > _CELL:
        lines = lines[: len(lines) * 3 // 4]
    return "\n".join(lines)
