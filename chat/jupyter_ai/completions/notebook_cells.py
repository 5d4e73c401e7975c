"""The cells of a notebook, from a file or from a live document, read one by one as they are needed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jupyter_ai.completions.models import InlineCompletionRequest

__all__ = ["FileCells", "LiveCells", "Neighbours", "neighbours"]

_LONGEST_COMPARED = 200  # characters
_TELLING = 20  # characters in which two cells are not the same by chance
_TOP = 2  # cells
_PROSE = frozenset({"markdown", "ipythongfm", "gfm"})


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The sources of the cells around the one that is being edited, in the order of the notebook."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    top: tuple[str, ...] = ()
    """Of the first two cells those that a limit left out of `before`: notebooks import there."""

    def joined(self, request: InlineCompletionRequest) -> tuple[str, str]:
        """The prefix and the suffix of a request with these cells, a blank line between each two."""
        prefix = "\n\n".join((*self.before, request.prefix))
        return prefix, "\n\n".join((request.suffix, *self.after))


class Cells(Protocol):
    """What is asked of a notebook; to ask a live one takes about 15 µs a value."""

    def __len__(self) -> int: ...

    def id(self, index: int) -> str | None: ...

    def kind(self, index: int) -> str: ...

    def source(self, index: int) -> str: ...


class FileCells:
    """The cells of a file's content, without their outputs. Raises ValueError for what is no notebook."""

    def __init__(self, content: bytes) -> None:
        try:
            cells = json.loads(content.decode("utf-8-sig"))["cells"]
            self._cells: list[tuple[str | None, str, str]] = [
                (cell.get("id"), cell["cell_type"], _joined(cell["source"])) for cell in cells
            ]
        except (LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"It is no notebook: {error!r}") from None

    def __len__(self) -> int:
        return len(self._cells)

    def id(self, index: int) -> str | None:
        return self._cells[index][0]

    def kind(self, index: int) -> str:
        return self._cells[index][1]

    def source(self, index: int) -> str:
        return self._cells[index][2]


class LiveCells:
    """The cells of a `YNotebook`, as they are now."""

    def __init__(self, ycells: Any) -> None:
        self._cells = ycells

    def __len__(self) -> int:
        return len(self._cells)

    def id(self, index: int) -> str | None:
        found = self._cells[index].get("id")
        return None if found is None else str(found)

    def kind(self, index: int) -> str:
        return str(self._cells[index]["cell_type"])

    def source(self, index: int) -> str:
        return str(self._cells[index]["source"])


def neighbours(
    cells: Cells, request: InlineCompletionRequest, limit: int | None, hint: int = 0
) -> tuple[Neighbours, int]:
    """The cells of the kind that is being edited, and where the edited one is (`hint`: where it was).

    On each side, the nearest ones until they have `limit` characters together; None: all. A cell that is
    not found is taken for one at the end.
    """
    here = _find(cells, request, hint)
    kind = "markdown" if (request.language or "").lower() in _PROSE else "code"
    before, first = _nearest(cells, range(here - 1, -1, -1), kind, limit)
    after, _ = _nearest(cells, range(here + 1, len(cells)), kind, limit)
    top = [cells.source(index) for index in range(min(first, _TOP)) if cells.kind(index) == kind]
    return Neighbours(tuple(reversed(before)), tuple(after), tuple(top)), here


def _nearest(cells: Cells, indices: Iterable[int], kind: str, limit: int | None) -> tuple[list[str], int]:
    """The sources in that order, and the first index that was left out; 0 where none was."""
    found: list[str] = []
    room = limit
    for index in indices:
        if room is not None and room <= 0:
            return found, index + 1
        if cells.kind(index) == kind:
            found.append(cells.source(index))
            room = None if room is None else room - len(found[-1])
    return found, 0


def _find(cells: Cells, request: InlineCompletionRequest, hint: int) -> int:
    count = len(cells)
    wanted = request.cell_id
    if wanted is not None:
        if 0 <= hint < count and cells.id(hint) == wanted:
            return hint
        for index in range(count):
            if cells.id(index) == wanted:
                return index
    return _alike(cells, request)


def _alike(cells: Cells, request: InlineCompletionRequest) -> int:
    """Notebooks before format 4.5 have no ids: the cell is known by what it was when it was saved."""
    text = request.prefix + request.suffix
    for index in range(len(cells)):
        source = cells.source(index)
        if source == text or (len(source) >= _TELLING and text.startswith(source[:_LONGEST_COMPARED])):
            return index
    return len(cells)


def _joined(source: str | Sequence[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
