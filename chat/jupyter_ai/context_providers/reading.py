"""A file of the server's root as a model is shown it: text, cells, a document's text, or an image."""

from __future__ import annotations

import os
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from io import StringIO
from pathlib import PurePosixPath

from jupyter_ai.attachments import NotebookCell
from jupyter_ai.confined import confine, list_confined, read_confined
from jupyter_ai.context_providers.documents import DOCUMENTS, document_text
from jupyter_ai.context_providers.images import IMAGE_TOKENS, is_image
from jupyter_ai.context_providers.notebooks import notebook_cells
from jupyter_ai.errors import FileRefused
from jupyter_ai.memory_budget import estimate_tokens

__all__ = ["Reference", "Shown", "read_any", "read_file"]

_MOST_BYTES = {".ipynb": 16 << 20, "image": 5 << 20, "document": 32 << 20}
_MOST_TEXT = 1 << 20  # bytes
_MOST_ENTRIES = 200
_LINES = re.compile(r"#L(\d+)(?:-L?(\d+))?$")
_MOST_DIGITS = 10
_OUTPUTS = "#outputs"
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")  # colours are text


@dataclass(frozen=True, slots=True)
class Reference:
    """What an argument such as `a.py#L10-40` or `a.ipynb#outputs` asks for."""

    path: str
    lines: tuple[int, int] | None = None
    """First and last, counted from 1."""

    outputs: bool = False
    """Whether a notebook is shown with its outputs."""

    cells: tuple[NotebookCell, ...] = ()
    """Those that are shown of a notebook; all of them if there are none here."""

    @property
    def name(self) -> str:
        """What it is called where it is told what was read."""
        if self.lines is not None:
            return f"{self.path}#L{self.lines[0]}-{self.lines[1]}"
        count = len(self.cells)
        return f"{self.path} ({count} cell{'s' * (count > 1)})" if count else self.path

    @classmethod
    def parse(cls, argument: str) -> Reference:
        """The reference that an argument makes."""
        if argument.endswith(_OUTPUTS):
            return cls(argument.removesuffix(_OUTPUTS), outputs=True)
        match = _LINES.search(argument)
        if match is None:
            return cls(argument)
        first, last = (int(number[:_MOST_DIGITS]) for number in (match[1], match[2] or match[1]))
        return cls(argument[: match.start()], (first, last))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a file holds: `text`, or the bytes of an `image`; `missing` cells were asked for as well."""

    kind: str
    text: str = ""
    image: bytes | None = None
    missing: int = 0

    @property
    def tokens(self) -> int:
        """About how many a model reads of it."""
        return estimate_tokens(self.text) if self.image is None else IMAGE_TOKENS


def read_any(reference: Reference, root: str) -> Shown:
    """What a model is shown of a file, or what a folder holds. Blocks. Raises `FileRefused`."""
    if os.path.isdir(confine(reference.path, root)):
        return Shown("listing", _listing(reference.path, root))
    return read_file(reference, root)


def read_file(reference: Reference, root: str) -> Shown:
    """What a model is shown of a file in `root`. Blocks. Raises `FileRefused`."""
    suffix = PurePosixPath(reference.path).suffix.lower()
    kind = "image" if is_image(reference.path) else "document" if suffix in DOCUMENTS else suffix
    if reference.outputs and kind != ".ipynb":
        raise FileRefused("only a notebook has outputs.")
    content = read_confined(reference.path, root, _MOST_BYTES.get(kind, _MOST_TEXT))
    if kind == "image":
        return Shown("image", image=content)
    if kind == "document":
        text, kind = document_text(content, suffix), "document"
    elif kind == ".ipynb":
        text, missing = notebook_cells(content, reference.cells, outputs=reference.outputs)
        return Shown("notebook", _lines(text, reference), missing=missing)
    else:
        text, kind = _decoded(content), "text"
    return Shown(kind, _lines(text, reference))


def _listing(folder: str, root: str) -> str:
    """The names in a folder, folders with a slash, files with their size. Blocks. Raises `FileRefused`."""
    entries = [e for e in list_confined(folder, root, 10_000) if not e.name.startswith(".")]
    lines = [f"{e.name}/" if e.is_dir else f"{e.name} ({e.size:,} bytes)" for e in entries[:_MOST_ENTRIES]]
    if len(entries) > _MOST_ENTRIES:
        lines.append(f"(left out: {len(entries) - _MOST_ENTRIES:,} more)")
    return "\n".join(lines) or "(It is empty.)"


def _decoded(content: bytes) -> str:
    """UTF-8, UTF-16 if it begins with its mark, else Windows-1252 if no control character is in it."""
    is_utf16 = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0" if is_utf16 else _from_windows(content)
    if "\0" in text:
        raise FileRefused("it is not a text file.")
    return text


def _from_windows(content: bytes) -> str:
    """What older programs have written; a null character for what is no such text."""
    try:
        return "\0" if _CONTROL.search(content) else content.decode("cp1252")
    except UnicodeDecodeError:
        return "\0"


def _lines(text: str, reference: Reference) -> str:
    if reference.lines is None:
        return text
    lines = list(StringIO(text, newline=""))  # as editors count: `splitlines` knows of form feeds, too
    first, last = reference.lines
    if not 1 <= first <= min(last, len(lines)):
        raise FileRefused(f"it has no such lines, but {len(lines)} lines.")
    return "".join(lines[first - 1 : last])
