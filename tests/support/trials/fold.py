"""What a client makes of the frames it is sent, by the rules of the wire contract and no other."""

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
        self.resumed = 0  # connections that brought what was missed
        self.overlaps = 0  # chunks that told again, after such a connection, what was known
        self._known: dict[str, int] = {}  # of each stream, as much as may be told again
        self._ended: set[str] = set()  # streams whose end may be told again

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
        self._known.clear()
        self._ended.clear()
        if frame["history"] is None:
            self._come_back(frame)
            return
        self.histories += 1
        self.epoch, self.seq = frame["epoch"], frame["seq"]
        self.messages = {message["id"]: message for message in frame["history"]["messages"]}
        self.pending = {message["id"] for message in frame["history"]["pending_messages"]}
        for id, message in self.messages.items():
            if not message.get("complete", True):
                self._mark(id, at)

    def _come_back(self, frame: Json) -> None:
        if frame["epoch"] != self.epoch or frame["seq"] < self.seq:
            raise Fault("no history, although this is not the server that was left")
        self.resumed += 1
        streams = {id: m for id, m in self.messages.items() if m["type"] == "agent-stream"}
        self._known = {id: len(message["body"]) for id, message in streams.items()}
        self._ended = {id for id, message in streams.items() if message["complete"]}

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
        overlap = known[offset : offset + len(chunk["content"])]
        if overlap and len(known) != self._known.get(chunk["id"]):
            raise Fault(f"text of stream {chunk['id']} came twice")
        if not chunk["content"].startswith(overlap):
            raise Fault(f"stream {chunk['id']} is told in two ways")
        self.overlaps += bool(overlap)
        self._end(stream, chunk, chunk["content"][len(overlap) :])
        self._mark(chunk["id"], at)

    def _end(self, stream: Json, chunk: Json, text: str) -> None:
        if stream["complete"]:
            self._end_again(chunk, text)
            return
        stream["body"] += text
        if chunk["stream_complete"]:
            stream["complete"], stream["metadata"] = True, chunk["metadata"]

    def _end_again(self, chunk: Json, text: str) -> None:
        if text or chunk["id"] not in self._ended:
            raise Fault(f"something came after the end of stream {chunk['id']}")
        if chunk["stream_complete"]:
            self._ended.remove(chunk["id"])

    def _clear(self, targets: list[str] | None) -> None:
        if targets is None:
            self.messages.clear()
            return
        for id, message in list(self.messages.items()):
            if id in targets or message.get("reply_to") in targets:
                del self.messages[id]

    def _mark(self, stream: str, at: float) -> None:
        self.marks.setdefault(stream, []).append((at, len(self.messages[stream]["body"])))
