"""What is attached to a message, as a reference to what is read of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from pydantic import TypeAdapter, ValidationError

from jupyter_ai.attachments import Attachment, FileAttachment, NotebookAttachment
from jupyter_ai.context_providers.documents import DOCUMENTS
from jupyter_ai.context_providers.inclusions import current_inclusions, fair_shares
from jupyter_ai.context_providers.reading import Reference, Shown, read_file
from jupyter_ai.errors import FileRefused

__all__ = ["ATTACHED", "as_attachment", "attachments_text", "missing_cells", "path_of", "reference_of"]

ATTACHED = "attachment"
"""What stands for the command in the account of what was included."""

_ELSEWHERE = "it is read by `stream_reply` without a chain, and by `parent.add_context`"

_Attachment: TypeAdapter[Attachment] = TypeAdapter(Attachment)


def reference_of(attachment: Attachment) -> Reference:
    """What is to be read: cells with their outputs, the lines that are selected, or all."""
    path = path_of(attachment)
    if isinstance(attachment, NotebookAttachment):
        cells = attachment.cells or ()
        return Reference(path, outputs=bool(cells), cells=cells)
    if attachment.selection is None:
        return Reference(path)
    return Reference(path, lines=(attachment.selection.start[0] + 1, attachment.selection.end[0] + 1))


def path_of(attachment: Attachment) -> str:
    """Its path below the server's root, without the drive under which JupyterLab edits together."""
    return attachment.value.removeprefix("RTC:")


def missing_cells(command: str, name: str, count: int) -> str:
    """Tell of cells that a notebook does not have as it was saved last; what the text says of them."""
    if not count:
        return ""
    reason = f"{count} of the cells {'is' if count == 1 else 'are'} not in it as it was saved last"
    return f"\n\n{current_inclusions().leave_out(command, name, reason, 'notebook')}"


def as_attachment(value: Any) -> Attachment | None:
    """The attachment that a persona means: one, its path, a dictionary or an object with `value`."""
    if isinstance(value, FileAttachment | NotebookAttachment):
        return value
    if isinstance(value, Mapping):
        found = {"type": "file", **value}
    else:
        found = {"type": "file", "value": getattr(value, "value", value)}
    try:
        return _Attachment.validate_python(found)
    except ValidationError:
        return None


def attachments_text(attachments: Iterable[Any], root: str) -> str | None:
    """The text of what is attached, each under its name, as far as there is room; None for nothing.

    Blocks. No document is unpacked, which may take its time, and images are no text.
    """
    found = [each for value in attachments if (each := as_attachment(value)) is not None]
    references = [reference_of(attachment) for attachment in found]
    read = [_read(reference, root) for reference in references]
    needs = [shown.tokens if isinstance(shown, Shown) else 0 for shown in read]
    shares = fair_shares(needs, current_inclusions().room) if found else []
    return "\n\n".join(map(_text, references, read, shares)) or None


def _read(reference: Reference, root: str) -> Shown | FileRefused:
    try:
        if PurePosixPath(reference.path).suffix.lower() in DOCUMENTS:
            raise FileRefused(f"`{reference.path}` is a document: {_ELSEWHERE}.")
        shown = read_file(reference, root)
        if shown.image is not None:
            raise FileRefused(f"`{reference.path}` is an image: {_ELSEWHERE}.")
    except FileRefused as error:
        return error
    return shown


def _text(reference: Reference, shown: Shown | FileRefused, most: int) -> str:
    if isinstance(shown, FileRefused):
        return current_inclusions().leave_out(ATTACHED, reference.name, str(shown))
    text = current_inclusions().include(ATTACHED, reference.name, shown.text, shown.kind, most)
    left_out = missing_cells(ATTACHED, reference.name, shown.missing)
    return f"File `{reference.name}`:\n\n{text}{left_out}"
