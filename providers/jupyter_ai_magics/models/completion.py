"""What an editor asks when somebody types, and what it is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator

__all__ = [
    "CompletionError",
    "InlineCompletionItem",
    "InlineCompletionList",
    "InlineCompletionReply",
    "InlineCompletionRequest",
    "InlineCompletionStreamChunk",
]


def _known(trigger: object) -> object:
    """A client that says null does not know what a trigger is."""
    return "automatic" if trigger is None else trigger


class InlineCompletionRequest(BaseModel):
    """A cursor in a document: the text before it, the text after it, and where that is.

    `prefix` and `suffix` are of the file, or of the cell `cell_id` of a notebook; `path` is relative to the
    server's root. `number` is the client's, rising by one. `trigger` tells typing from a person's asking.
    `context` is what else is known that may help, at most about 500 tokens of text; the server fills it in.
    """

    number: int
    prefix: str
    suffix: str
    mime: str
    stream: bool
    path: str | None = None
    language: str | None = None
    cell_id: str | None = None
    trigger: Annotated[Literal["automatic", "explicit"], BeforeValidator(_known)] = "automatic"
    context: str = ""


class InlineCompletionItem(BaseModel):
    """One suggestion; `token` names the stream that will complete it.

    A provider may set `sortText`, by which its items are ordered, and `preselect`, which puts one first. The
    server sets `id`, by which a client tells what became of the item, and the ids of `provider` and `model`.
    """

    insertText: str
    filterText: str | None = None
    isIncomplete: bool | None = None
    token: str | None = None
    sortText: str | None = None
    preselect: bool | None = None
    id: str | None = None
    provider: str | None = None
    model: str | None = None


class CompletionError(BaseModel):
    """Why there is no suggestion."""

    type: str
    title: str
    traceback: str


class InlineCompletionList(BaseModel):
    """Suggestions, the best first."""

    items: list[InlineCompletionItem]


class InlineCompletionReply(BaseModel):
    """The answer to the request of that number."""

    list: InlineCompletionList
    reply_to: int
    error: CompletionError | None = None


class InlineCompletionStreamChunk(BaseModel):
    """The whole text of one streamed suggestion so far."""

    type: Literal["stream"] = "stream"
    response: InlineCompletionItem
    reply_to: int
    done: bool
    error: CompletionError | None = None
