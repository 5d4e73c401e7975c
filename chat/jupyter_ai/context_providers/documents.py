"""PDF and office files as text, where the extra `jupyter_ai[documents]` is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from time import monotonic
from typing import Any
from zipfile import ZipFile

from jupyter_ai.errors import FileRefused

__all__ = ["DOCUMENTS", "document_text"]

_MOST = 1_000_000  # characters
_SECONDS = 20.0  # after which no further page, paragraph or row is read
_MOST_UNPACKED = 64 << 20  # bytes of an office file, which is a zip archive


def document_text(content: bytes, suffix: str) -> str:
    """The text of a document: a million characters at most, and what 20 s suffice for.

    Blocks. Raises `FileRefused`.
    """
    try:
        if suffix != ".pdf":
            _check_unpacked(content)
        return _bounded(DOCUMENTS[suffix](content))
    except ImportError as error:
        hint = 'pip install "jupyter_ai[documents]"'
        raise FileRefused(f"To read {suffix} files, {error.name} is needed: {hint}") from None
    except FileRefused:
        raise
    # A broken document makes these libraries raise anything.
    except Exception as error:  # noqa: BLE001
        raise FileRefused(f"It is not a {suffix} file that can be read: {type(error).__name__}.") from None


def _bounded(pieces: Iterable[str]) -> str:
    found, size, end = list[str](), 0, monotonic() + _SECONDS
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        if size > _MOST or monotonic() > end:
            found.append("(left out: the rest of the document)")
            break
    return "\n".join(piece for piece in found if piece).strip() or "(It has no text.)"


def _check_unpacked(content: bytes) -> None:
    with ZipFile(BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > _MOST_UNPACKED:
            raise FileRefused(f"It holds more than {_MOST_UNPACKED >> 20} MiB when it is unpacked.")


def _pdf(content: bytes) -> Iterator[str]:
    from pypdf import PdfReader

    for number, page in enumerate(PdfReader(BytesIO(content)).pages, 1):
        yield f"[page {number}]"
        yield page.extract_text()


def _docx(content: bytes) -> Iterator[str]:
    from docx import Document
    from docx.table import Table

    for block in Document(BytesIO(content)).iter_inner_content():
        yield from _rows(block) if isinstance(block, Table) else (block.text,)


def _xlsx(content: bytes) -> Iterator[str]:
    from openpyxl import load_workbook

    for sheet in load_workbook(BytesIO(content), read_only=True, data_only=True).worksheets:
        yield f"[sheet {sheet.title}]"
        for row in sheet.iter_rows(values_only=True):
            yield "\t".join("" if value is None else str(value) for value in row).rstrip()


def _pptx(content: bytes) -> Iterator[str]:
    from pptx import Presentation

    for number, slide in enumerate(Presentation(BytesIO(content)).slides, 1):
        yield f"[slide {number}]"
        for shape in slide.shapes:
            yield from _shape(shape)


def _shape(shape: Any) -> Iterator[str]:
    if shape.has_text_frame:
        yield shape.text_frame.text
    if shape.has_table:
        yield from _rows(shape.table)


def _rows(table: Any) -> Iterator[str]:
    for row in table.rows:
        yield "\t".join(cell.text for cell in row.cells)


DOCUMENTS: dict[str, Callable[[bytes], Iterator[str]]] = {
    ".docx": _docx,
    ".pdf": _pdf,
    ".pptx": _pptx,
    ".xlsx": _xlsx,
}
"""What reads the pieces of a document, by suffix."""
