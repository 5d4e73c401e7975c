"""A notebook as text that fits a prompt."""

from __future__ import annotations

from pathlib import Path

import nbformat

__all__ = ["MOST_CHARACTERS", "as_text"]

MOST_CHARACTERS = 20_000


def as_text(path: Path, most: int = MOST_CHARACTERS) -> str:
    """The cells of a notebook, numbered; without outputs, and at most so many characters.

    Raises OSError if it cannot be read, and ValueError if it is no notebook.
    """
    text = path.read_text(encoding="utf-8")
    try:
        notebook = nbformat.reads(text, as_version=4)
    # Of what is no notebook it raises whatever it stumbles over.
    except Exception as error:
        raise ValueError(f"{path.name} is not a notebook.") from error
    cells = [
        f"[{number}] {cell.cell_type}\n{cell.source.strip()}"
        for number, cell in enumerate(notebook.cells, 1)
        if cell.source.strip()
    ]
    return _shorten("\n\n".join(cells), most)


def _shorten(text: str, most: int) -> str:
    """The beginning, which tells what it is about, and the end, where the results are."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n\n[... {len(text) - 2 * half} characters are left out ...]\n\n{text[-half:]}"
