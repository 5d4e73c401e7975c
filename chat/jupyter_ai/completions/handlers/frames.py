"""What an editor sends beside requests, and how its frames are told apart."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from jupyter_ai.completions.listeners import EventName, ItemEvent
from jupyter_ai.completions.models import InlineCompletionRequest
from jupyter_ai.errors import InvalidFrame
from jupyter_ai.server.intake import is_too_long, parse_typed_frame, unknown_type

__all__ = ["CancelRequest", "EventRequest", "Frame", "parse"]

_MOST = {"path": 4096, "cell_id": 256, "language": 256, "mime": 256}
"""Characters of what a request says beside the text: it is compared and kept with each request."""


class CancelRequest(BaseModel):
    """Withdraws the request of that number."""

    type: Literal["cancel"]
    number: int


Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class EventRequest(BaseModel):
    """What became of a suggestion."""

    type: Literal["event"]
    event: EventName
    item: Annotated[str, Field(max_length=256)]
    index: Count | None = None
    characters: Count | None = None
    edit_distance: Count | None = None

    def as_event(self) -> ItemEvent:
        """As listeners are told of it."""
        return ItemEvent(self.event, self.item, self.index, self.characters, self.edit_distance)


Frame = InlineCompletionRequest | CancelRequest | EventRequest


def parse(frame: str | bytes, limit: int) -> Frame:
    """What a frame of at most `limit` bytes says. Raises `InvalidFrame`, naming the field."""
    # A request holds a whole document, and comes with each key: this takes a quarter of the time.
    if isinstance(frame, str) and not frame.startswith('{"type"') and not is_too_long(frame, limit):
        with suppress(ValidationError):
            return _checked(InlineCompletionRequest.model_validate_json(frame))
    return _checked(parse_typed_frame(frame, limit, _model))


def _checked(frame: Frame) -> Frame:
    """Raises `InvalidFrame` for a request whose place has a name that no document has."""
    if isinstance(frame, InlineCompletionRequest):
        for field, most in _MOST.items():
            if len(getattr(frame, field) or "") > most:
                raise InvalidFrame(f"{field}: it is longer than {most:,} characters.")
    return frame


def _model(data: dict[str, Any]) -> type[Frame]:
    kinds: dict[str, type[Frame]] = {"cancel": CancelRequest, "event": EventRequest}
    kind = data.get("type")
    if kind is None:
        return InlineCompletionRequest
    if not isinstance(kind, str) or kind not in kinds:
        raise unknown_type(kind, 'It is "cancel" or "event"; a request for a completion has none.')
    return kinds[kind]
