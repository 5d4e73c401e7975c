"""What goes over the wire: one encoded frame shared by every subscriber, and the merging of chunks."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["MAX_MERGED", "ChunkFrame", "Frame", "dump", "encodable", "merge", "plain", "quote", "to_json"]

MAX_MERGED = 1 << 18
"""Code points beyond which chunks are not merged into one frame."""

_MAX_DEPTH = 20  # to which data that is no JSON is followed
_MAX_NODES = 10_000  # of such data
_OVERHEAD = 256  # bytes that a frame costs beside its text, for the bound of an outbox


def quote(text: str) -> str:
    """A JSON string; lone surrogates, which UTF-8 cannot carry, are escaped."""
    if text.isascii():
        return encode_basestring(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        return encode_basestring_ascii(text)
    return encode_basestring(text)


def encodable(text: str) -> str:
    """`text` with lone surrogates, which UTF-8 cannot carry, replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def dump(model: BaseModel) -> str:
    """The JSON of a model; for what JSON cannot hold (objects in `metadata`) see `to_json`."""
    try:
        return model.model_dump_json()
    # `metadata` is what a plug-in made of it: whatever it raises, the frame must go out all the same.
    except BaseException:  # noqa: BLE001
        return to_json({name: getattr(model, name) for name in type(model).model_fields})


def to_json(value: object) -> str:
    """The JSON of whatever a plug-in or a model came up with; what JSON cannot hold is told by its `str`."""
    return json.dumps(plain(value))


def plain(value: Any) -> Any:
    """`value` itself if JSON can hold it, else the like of it that JSON can; never raises."""
    try:
        json.dumps(value, allow_nan=False)
    # A plug-in's object may raise anything when it is looked at.
    except BaseException:  # noqa: BLE001
        return _plain(value, _MAX_DEPTH, [_MAX_NODES])
    return value


def _plain(value: Any, depth: int, room: list[int]) -> Any:
    """`value` in the types that JSON has; below `depth`, or when there is no `room` for more, as text."""
    room[0] -= 1
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not depth or room[0] < 0:
        return f"<{type(value).__name__}>" if room[0] < 0 else _told(value)
    try:
        return _plain_parts(value, depth - 1, room)
    # A plug-in's object may raise anything when it is looked at.
    except BaseException:  # noqa: BLE001
        return _told(value)


def _plain_parts(value: Any, depth: int, room: list[int]) -> Any:
    if isinstance(value, Mapping):
        return {_told(key): _plain(item, depth, room) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, depth, room) for item in value]
    if fields := getattr(type(value), "model_fields", None):
        return {name: _plain(getattr(value, name, None), depth, room) for name in fields}
    return _told(value)


def _told(value: object) -> str:
    try:
        return str(value)
    # A plug-in's object may raise anything here; its frame must go out all the same.
    except BaseException:  # noqa: BLE001
        return f"<{type(value).__name__}>"


class Frame:
    """A frame that changes a chat. It may be shown once the store's ticket `ticket` is durable."""

    __slots__ = ("_json", "encoded", "seq", "size", "ticket")

    def __init__(self, json_object: str, seq: int, ticket: int, *, counted: bool = True) -> None:
        self._json = json_object
        self.seq = seq
        self.ticket = ticket
        self.size = len(json_object) + _OVERHEAD if counted else 0  # bytes, roughly, in an outbox
        self.encoded: bytes | None = None

    @classmethod
    def aside(cls, json_object: str) -> Frame:
        """A frame that changes no chat: it bears no `seq`, and waits for nothing to be durable."""
        frame = cls(json_object, 0, 0)
        frame.encoded = json_object.encode()
        return frame

    def encode(self) -> bytes:
        """The bytes of the frame, made once."""
        if self.encoded is None:
            self.encoded = f'{self._json[:-1]},"seq":{self.seq}}}'.encode()
        return self.encoded


class ChunkFrame:
    """Text to append to a stream; `complete` on its last."""

    __slots__ = ("complete", "content", "encoded", "metadata", "offset", "seq", "stream", "ticket")

    def __init__(
        self,
        stream: str,
        content: str,
        offset: int,
        seq: int,
        *,
        complete: bool = False,
        metadata: dict[str, Any] | None = None,
        ticket: int = 0,
    ) -> None:
        self.stream = stream
        self.content = content
        self.offset = offset
        self.seq = seq
        self.complete = complete
        self.metadata = metadata
        self.ticket = ticket
        self.encoded: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        return len(self.content) + _OVERHEAD

    def encode(self) -> bytes:
        """The bytes of the frame, made once."""
        if self.encoded is None:
            metadata = to_json(self.metadata) if self.metadata else "{}"
            self.encoded = (
                f'{{"type":"agent-stream-chunk","id":{quote(self.stream)},"content":{quote(self.content)}'
                f',"stream_complete":{"true" if self.complete else "false"},"metadata":{metadata}'
                f',"seq":{self.seq},"offset":{self.offset}}}'
            ).encode()
        return self.encoded


def merge(frames: Sequence[Frame | ChunkFrame]) -> Iterator[Frame | ChunkFrame]:
    """The same news in fewer frames: chunks of one stream are merged between two frames of another kind.

    A merged frame bears the highest `seq` up to which a client that received it has everything, so that a
    client may resume after any frame.
    """
    run: list[ChunkFrame] = []
    for frame in frames:
        if isinstance(frame, ChunkFrame):
            run.append(frame)
            continue
        yield from _merge_chunks(run)
        run = []
        yield frame
    yield from _merge_chunks(run)


def _merge_chunks(chunks: list[ChunkFrame]) -> Iterable[ChunkFrame]:
    if len(chunks) < 2:
        return chunks
    groups: list[list[ChunkFrame]] = []
    last: dict[str, tuple[list[ChunkFrame], int]] = {}
    for chunk in chunks:
        group, size = last.get(chunk.stream, (None, 0))
        if group is None or size + len(chunk.content) > MAX_MERGED:
            group, size = [], 0
            groups.append(group)
        group.append(chunk)
        last[chunk.stream] = group, size + len(chunk.content)
    return _numbered(chunks, groups)


def _numbered(chunks: list[ChunkFrame], groups: list[list[ChunkFrame]]) -> Iterator[ChunkFrame]:
    covered: set[int] = set()
    contiguous = 0  # index of the first chunk that is not yet covered
    for group in groups:
        covered.update(chunk.seq for chunk in group)
        while contiguous < len(chunks) and chunks[contiguous].seq in covered:
            contiguous += 1
        seq = chunks[contiguous - 1].seq
        yield group[0] if len(group) == 1 and group[0].seq == seq else _joined(group, seq)


def _joined(group: list[ChunkFrame], seq: int) -> ChunkFrame:
    first, last = group[0], group[-1]
    return ChunkFrame(
        first.stream,
        "".join(chunk.content for chunk in group),
        first.offset,
        seq,
        complete=last.complete,
        metadata=last.metadata,
        ticket=max(chunk.ticket for chunk in group),
    )
