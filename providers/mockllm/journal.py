"""The journal: what was asked of the server, how it was answered, and who hung up; never a secret."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, fields
from itertools import count
from typing import TYPE_CHECKING, Any

from mockllm.redaction import SECRET, Redactor, header_secrets
from mockllm.tokens import count_tokens

if TYPE_CHECKING:
    from mockllm.config import Prompt, Reply

__all__ = ["Entry", "Journal", "current_entry"]

_PROMPT_BYTES = 10_000
_SECRET_KEY = re.compile(
    r"(?i)api[-_]?key|authori[sz]ation|passw|secret|credential|^(access|auth|id)?_?token$"
)
_REDACTOR = Redactor()
_POLL = 0.02  # seconds; token counts change without notice


@dataclass(slots=True, eq=False)
class Entry:
    """One request. Times are in seconds since the epoch or, where the name says so, in milliseconds."""

    id: int
    at: float
    method: str
    path: str
    header_names: tuple[str, ...] = ()
    provider: str | None = None
    handler: str | None = None
    model: str | None = None
    stream: bool = False
    status: int | None = None
    rule: str | None = None
    prompt: str | None = None
    first_byte_ms: float | None = None
    duration_ms: float | None = None
    chunks: int = 0
    tokens: int = 0
    disconnected_at: float | None = None
    completed: bool = False
    error: str | None = None
    body: Any = None
    body_bytes: int = 0
    reply_tokens: int = 0
    redactor: Redactor = _REDACTOR

    def note_body(self, body: Any, headers: Mapping[str, str], *, keep: bool = True) -> None:
        """Keep the JSON, without secrets; or, without `keep`, only what it says of model and streaming."""
        self.redactor = Redactor(header_secrets(headers))
        if keep:
            self.body = self.redactor.value(_without_secret_keys(body))
        if isinstance(body, Mapping):
            model = body.get("model")
            self.model = _cut(model) if isinstance(model, str) else None
            self.stream = body.get("stream") is True

    def note_prompt(self, prompt: Prompt) -> None:
        """Keep what was asked."""
        self.prompt = _cut(self.redactor.text(prompt.text[:_PROMPT_BYTES]))
        self.model = prompt.model or self.model

    def note_reply(self, reply: Reply) -> None:
        """Keep which rule answered."""
        self.rule = reply.rule or None
        self.reply_tokens = count_tokens(reply.text)

    def end(self, duration_ms: float) -> None:
        """The answer has ended; tokens that were not counted one by one are those of the whole reply."""
        self.duration_ms = duration_ms
        if self.completed and not self.tokens:
            self.tokens = self.reply_tokens

    def to_dict(self, *, with_body: bool = False) -> dict[str, Any]:
        """As JSON has it, with the body only if asked for."""
        left_out = {"reply_tokens", "redactor"} if with_body else {"reply_tokens", "redactor", "body"}
        names = [each.name for each in fields(self) if each.name not in left_out]
        return {name: getattr(self, name) for name in names}


current_entry: ContextVar[Entry | None] = ContextVar("current_entry", default=None)
"""The entry of the request that is being answered."""


class Journal:
    """The latest requests, oldest first; may be read from any thread.

    `limit` is how many are kept, and `largest_body` of how many bytes a body may be; None: no limit.
    """

    def __init__(self, limit: int | None = 1000, largest_body: int | None = 65_536) -> None:
        self._largest_body = largest_body
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._changed = threading.Condition()
        self._ids = count(1)

    @property
    def entries(self) -> list[Entry]:
        with self._changed:
            return list(self._entries)

    def begin(self, method: str, path: str, header_names: Iterable[str] = ()) -> Entry:
        entry = Entry(next(self._ids), time.time(), method, path, tuple(sorted(set(header_names))))
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()
        return entry

    def keeps(self, body_bytes: int) -> bool:
        """Whether a body of so many bytes is kept."""
        return self._largest_body is None or body_bytes <= self._largest_body

    def disconnected(self, entry: Entry) -> None:
        """Note that the client has gone, now."""
        entry.disconnected_at = time.time()
        self.changed()

    def changed(self) -> None:
        """Wake those who wait: an entry has ended, or its client has gone."""
        with self._changed:
            self._changed.notify_all()

    def find(self, provider: str | None = None, path: str | None = None, limit: int = 1000) -> list[Entry]:
        """The latest entries of a provider and of a path, where given; newest first."""
        found = [
            entry
            for entry in reversed(self.entries)
            if provider in (None, entry.provider) and path in (None, entry.path)
        ]
        return found[:limit]

    def get(self, id: int) -> Entry | None:
        return next((entry for entry in self.entries if entry.id == id), None)

    def clear(self) -> None:
        with self._changed:
            self._entries.clear()

    def wait_for(self, predicate: Callable[[Entry], Any], timeout: float = 5.0) -> Entry:
        """The first entry for which the predicate holds; `TimeoutError` after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while (found := next(filter(predicate, self._entries), None)) is None:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"No such request in {timeout:g} s; the journal: {self._summary()}")
                self._changed.wait(_POLL)
            return found

    def _summary(self) -> str:
        lines = [f"{entry.method} {entry.path} {entry.status or '…'}" for entry in self._entries]
        return "; ".join(lines[-10:]) or "empty"


def _without_secret_keys(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: SECRET if _is_secret(key, each) else _without_secret_keys(each)
            for key, each in value.items()
        }
    return [_without_secret_keys(each) for each in value] if isinstance(value, list) else value


def _is_secret(key: Any, value: Any) -> bool:
    return isinstance(value, str) and _SECRET_KEY.search(str(key)) is not None


def _cut(text: str) -> str:
    return text.encode("utf-8", "replace")[:_PROMPT_BYTES].decode("utf-8", "ignore")
