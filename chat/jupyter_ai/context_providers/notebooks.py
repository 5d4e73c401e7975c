"""Notebooks as text: their cells, and by request what these have put out."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from jupyter_ai.attachments import NotebookCell
from jupyter_ai.context_providers.text import without_colours
from jupyter_ai.errors import FileRefused

__all__ = ["notebook_cells"]

# Read by hand: nbformat takes seconds to import, and makes no difference to what is read here.
_VERSION = 4
_MOST = 4_000  # characters of one output
_GONE = "It has no such cells as it was saved last. Save it, and attach them again."
_NO_IDS = (
    "Its cells cannot be told apart as it was saved last: its format keeps no ids. "
    "Attach the notebook, or make the cell the active one and say `@cell`."
)


def notebook_cells(
    content: bytes, wanted: Collection[NotebookCell] = (), *, outputs: bool = False
) -> tuple[str, int]:
    """The cells of a notebook, numbered from 1, each with its kind; or those `wanted`, and how many it lacks.

    Raises `FileRefused` for what is no notebook, and where it has none of them.
    """
    which = _Wanted(wanted)
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
        if notebook["nbformat"] < _VERSION:
            raise FileRefused("It is a notebook of an old format. Open it in JupyterLab and save it.")
        numbered = enumerate(notebook["cells"], 1)
        shown = [(number, cell) for number, cell in numbered if not wanted or which.has(number, cell)]
        parts = [part for number, cell in shown for part in _cell(number, cell, outputs)]
        keeps_ids = all("id" in cell for cell in notebook["cells"])
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise FileRefused(f"It is not a notebook that can be read: {type(error).__name__}.") from None
    if wanted and not shown:
        raise FileRefused(_GONE if keeps_ids else _NO_IDS)
    return "\n\n".join(parts) or "(It has no cells.)", which.count - len(shown) if wanted else 0


class _Wanted:
    """Cells that are wanted, by their id, or by their place where the file keeps none."""

    def __init__(self, cells: Collection[NotebookCell]) -> None:
        self._ids = {cell.id for cell in cells}
        self._places = {(cell.index, cell.input_type) for cell in cells if cell.index is not None}
        self.count = len(self._ids)

    def has(self, number: int, cell: dict[str, Any]) -> bool:
        """Whether this is one: what has another id is another cell, wherever it is."""
        if "id" in cell:
            return cell["id"] in self._ids
        return (number - 1, cell["cell_type"]) in self._places


def _cell(number: int, cell: dict[str, Any], outputs: bool) -> Iterator[str]:
    yield f"[cell {number}: {cell['cell_type']}]\n{_joined(cell['source'])}"
    if outputs and (
        texts := [text for output in cell.get("outputs", ()) if (text := _output(output).strip())]
    ):
        yield "\n".join([f"[output of cell {number}]", *map(_shortened, texts)])


def _output(output: dict[str, Any]) -> str:
    if "text" in output:
        return without_colours(_joined(output["text"]))
    if "ename" in output:
        traceback = without_colours("\n".join(output.get("traceback", ())))
        return traceback or f"{output['ename']}: {output['evalue']}"
    data = output["data"]
    text = data.get("text/markdown") or data.get("text/plain")
    return without_colours(_joined(text)) if text else f"({', '.join(data)})"


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)


def _shortened(text: str) -> str:
    left_out = len(text) - _MOST
    return f"{text[:_MOST]}\n(left out: {left_out:,} more characters)" if left_out > 0 else text
