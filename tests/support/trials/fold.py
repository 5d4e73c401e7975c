"""What a client makes of the frames it is sent, by the rules of the wire contract and no others."""

from __future__ import annotations

from typing import Any

__all__ = ["Fault", "Json", "View"]

Json = dict[str, Any]


class Fault(AssertionError):
    """A frame that breaks the contract."""


class View:
    """One client's picture of one chat, over any number of connections.

    `take` folds a frame in and raises `Fault` for what must not be: a number that falls, text with a hole
    or told in two ways, a message that comes twice, something after the end of a stream.
    """

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = 0
        self.messages: dict[str, Json] = {}  # in the order of the chat
        self.pending: set[str] = set()
        self.marks: dict[str, list[tuple[float, int]]] = {}  # by stream: when how much of it was seen
        self.histories = 0  # connections that brought the whole history
        self.overlaps = 0  # chunks of which all or a part was known
        self.merged = 0  # frames whose `seq` hides that they carry more than comes before it
        self._resumed = False  # what was known before this connection may be told again

    def take(self, frame: Json, at: float = 0.0) -> None:
        """Fold one frame that was seen at the time `at`."""
        kind = frame["type"]
        if kind == "connection":
            self._connect(frame, at)
            return
        if kind == "error":
            raise Fault(f"an error frame: {frame['reason']}")
        self._count(frame)
        match kind:
            case "agent-stream-chunk":
                self._append(frame, at)
            case "pending":
                self.pending.add(frame["id"])
            case "close-pending":
                self.pending.discard(frame["id"])
            case "clear":
                self._clear(frame["targets"])
            case _:
                self._add(frame)

    def resume(self) -> Json:
        """What to connect with to be sent what was missed."""
        return {"epoch": self.epoch, "since": self.seq}

    def whole(self) -> dict[str, Json]:
        """The messages that will not change any more."""
        return {id: message for id, message in self.messages.items() if message.get("complete", True)}

    def seen_by(self, stream: str, at: float) -> int:
        """How much of a stream was seen at the time `at`, in code points."""
        return max((length for time, length in self.marks.get(stream, ()) if time <= at), default=0)

    def _connect(self, frame: Json, at: float) -> None:
        self._resumed = True
        if frame["history"] is None:
            if frame["epoch"] != self.epoch:
                raise Fault("no history, although the epoch is another")
            return
        self.histories += 1
        self.epoch, self.seq = frame["epoch"], frame["seq"]
        self.messages = {message["id"]: message for message in frame["history"]["messages"]}
        self.pending = {message["id"] for message in frame["history"]["pending_messages"]}
        for id, message in self.messages.items():
            if not message.get("complete", True):
                self._mark(id, at)

    def _count(self, frame: Json) -> None:
        chunk = frame["type"] == "agent-stream-chunk"
        if frame["seq"] < self.seq or (frame["seq"] == self.seq and not chunk):
            raise Fault(f"seq {frame['seq']} after {self.seq}")
        self.seq = frame["seq"]

    def _add(self, message: Json) -> None:
        if message["id"] in self.messages:
            raise Fault(f"{message['type']} {message['id']} came twice")
        del message["seq"]
        self.messages[message["id"]] = message

    def _append(self, chunk: Json, at: float) -> None:
        stream = self.messages.get(chunk["id"])
        if stream is None:
            raise Fault(f"a chunk of stream {chunk['id']}, which never began")
        known, offset = stream["body"], chunk["offset"]
        if offset > len(known):
            raise Fault(f"a hole in stream {chunk['id']}: {len(known)} known, chunk at {offset}")
        overlap = len(known) - offset
        if overlap and not self._resumed:
            raise Fault(f"text of stream {chunk['id']} came twice")
        if not known[offset:].startswith(chunk["content"][:overlap]):
            raise Fault(f"stream {chunk['id']} is told in two ways")
        self.overlaps += bool(overlap and chunk["content"])
        self._end(stream, chunk, chunk["content"][overlap:])
        self._mark(chunk["id"], at)

    def _end(self, stream: Json, chunk: Json, text: str) -> None:
        if stream["complete"] and (text or not self._resumed):
            raise Fault(f"something came after the end of stream {chunk['id']}")
        stream["body"] += text
        if chunk["stream_complete"]:
            stream["complete"], stream["metadata"] = True, chunk["metadata"]

    def _clear(self, targets: list[str] | None) -> None:
        if targets is None:
            self.messages.clear()
            return
        for id, message in list(self.messages.items()):
            if id in targets or message.get("reply_to") in targets:
                del self.messages[id]

    def _mark(self, stream: str, at: float) -> None:
        self.marks.setdefault(stream, []).append((at, len(self.messages[stream]["body"])))
