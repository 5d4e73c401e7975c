"""What a person attaches to a message: files and cells of notebooks, by their path and never by content."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

__all__ = [
    "ATTACHED_ONLY",
    "MOST_ATTACHMENTS",
    "Attachment",
    "AttachmentSelection",
    "FileAttachment",
    "NotebookAttachment",
    "NotebookCell",
]

ATTACHED_ONLY = "See what is attached."
"""The prompt of a message without one: models refuse to be told nothing, also when they remember it."""

MOST_ATTACHMENTS = 20
"""That one message takes."""

_MOST_CELLS = 1_000

_Path = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]
_Short = Annotated[str, StringConstraints(max_length=256)]
_Position = Annotated[int, Field(ge=0)]


class _Kept(BaseModel):
    """Frozen, so that each is its own key: personas for Jupyter AI 3.x take attachments for ids."""

    model_config = ConfigDict(frozen=True)

    @model_serializer(mode="wrap")
    def _as_it_was_sent(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in serialize(self).items() if value is not None}


class AttachmentSelection(_Kept):
    """From where to where, both inclusive: line and column, counted from 0 as JupyterLab's editor does."""

    start: tuple[_Position, _Position]
    end: tuple[_Position, _Position]


class FileAttachment(_Kept):
    """A file, or the lines of it that `selection` touches."""

    type: Literal["file"] = "file"
    value: _Path
    """Its path below the server's root, with `/`."""

    mimetype: _Short | None = None
    selection: AttachmentSelection | None = None


class NotebookCell(_Kept):
    """One cell of a notebook."""

    id: _Short
    input_type: Literal["raw", "markdown", "code"]
    index: _Position | None = None
    """Its place among the cells, counted from 0: it finds the cell in a file that keeps no ids."""


class NotebookAttachment(_Kept):
    """A notebook, or some `cells` of it."""

    type: Literal["notebook"] = "notebook"
    value: _Path
    """Its path below the server's root, with `/`."""

    cells: Annotated[tuple[NotebookCell, ...], Field(max_length=_MOST_CELLS)] | None = None


Attachment = Annotated[FileAttachment | NotebookAttachment, Field(discriminator="type")]
"""The shapes are those of `IAttachment` in `@jupyter/chat`."""
