"""PDF and office files as text."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from jupyter_ai.context_providers import documents
from jupyter_ai.context_providers.documents import document_text
from jupyter_ai.errors import FileRefused


def saved(document: Any) -> bytes:
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def pdf(text: str) -> bytes:
    """A page with one line."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 9 99 Td ({text}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()})
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def test_pages_of_a_pdf() -> None:
    assert document_text(pdf("Whales sing."), ".pdf") == "[page 1]\nWhales sing."


def test_paragraphs_and_tables_of_a_docx() -> None:
    from docx import Document

    document = Document()
    document.add_paragraph("Whales")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "blue", "30 m"

    assert document_text(saved(document), ".docx") == "Whales\nblue\t30 m"


def test_rows_of_an_xlsx() -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Sea"
    book.active.append(["blue", 30, None])

    assert document_text(saved(book), ".xlsx") == "[sheet Sea]\nblue\t30"


def test_slides_of_a_pptx() -> None:
    from pptx import Presentation

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Whales"
    table = slide.shapes.add_table(1, 1, 0, 0, 9, 9).table
    table.cell(0, 0).text = "blue"

    assert document_text(saved(presentation), ".pptx") == "[slide 1]\nWhales\nblue"


@pytest.mark.parametrize("suffix", [".docx", ".pdf", ".pptx", ".xlsx"])
def test_what_is_no_document_is_refused(suffix: str) -> None:
    with pytest.raises(FileRefused, match=rf"not a {suffix} file"):
        document_text(b"%PDF-1.7 or not", suffix)


def test_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_MOST_UNPACKED", 1 << 20)
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes((1 << 20) + 1))

    with pytest.raises(FileRefused, match="more than 1 MiB when it is unpacked"):
        document_text(file.getvalue(), ".docx")


def test_long_document_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_MOST", 3)

    assert document_text(pdf("Whales"), ".pdf") == "[page 1]\n(left out: the rest of the document)"


def test_slow_document_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_SECONDS", -1.0)

    assert document_text(pdf("Whales"), ".pdf") == "[page 1]\n(left out: the rest of the document)"


def test_missing_library_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)

    with pytest.raises(FileRefused, match=r'pypdf is needed: pip install "jupyter_ai\[documents\]"'):
        document_text(b"%PDF", ".pdf")
