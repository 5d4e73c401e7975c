"""Keys taken out of whatever is shown or written: replies, errors, reports and logs."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

__all__ = ["Redactor", "activate", "active", "deactivate", "redact", "redact_chunk", "redact_data"]

_SHORTEST = 8  # code points: what is shorter is a word rather than a key
_TELLING = 16  # code points of the beginning or the end of a key that are not shown either


class _Form(NamedTuple):
    """One way in which a key may be written, and what takes its place."""

    text: str
    head: str  # its beginning and its end: where a longer text was cut, these remain
    tail: str
    mark: str


class Redactor:
    """Replaces keys, in all the ways they are written and cut, by their names: `[OPENAI_API_KEY]`.

    `values` tells the keys that are known now; of a mapping, the values are their names. What was known
    once stays so: it may be on its way to a log. May be called from any thread.
    """

    def __init__(self, values: Callable[[], Iterable[str]]) -> None:
        self._values = values
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}  # the names by their keys
        self._forms: list[_Form] = []
        self._needles: list[str] = []  # one of them is in every text that has a key

    def __call__(self, text: str, *, refresh: bool = True) -> str:
        """`text` without keys; the same object if there is none. `refresh`: ask which are known now."""
        if refresh:
            self.refresh()
        if not any(needle in text for needle in self._needles):
            return text
        for form in self._forms:
            text = text.replace(form.text, form.mark)
        # Only then what was cut: keys may begin or end alike.
        for form in self._forms:
            text = _without_parts(text, form)
        return text

    def refresh(self) -> None:
        """Learn the keys that are known now."""
        try:
            values = self._values()
        # Whatever keeps the keys from being listed must not keep an error from being told.
        except Exception:  # noqa: BLE001
            return
        named = values if isinstance(values, Mapping) else dict.fromkeys(values, "API key")
        if any(self._known.get(key) != name for key, name in named.items() if len(key) >= _SHORTEST):
            self._learn({key: name for key, name in named.items() if len(key) >= _SHORTEST})

    def _learn(self, named: Mapping[str, str]) -> None:
        with self._lock:
            self._known = {**self._known, **named}
            forms = {form.text: form for key, name in self._known.items() for form in _forms(key, name)}
            self._forms = sorted(forms.values(), key=lambda form: -len(form.text))
            self._needles = list(dict.fromkeys(end for form in self._forms for end in (form.head, form.tail)))


def _forms(key: str, name: str) -> Iterator[_Form]:
    escaped = json.dumps(key)[1:-1]
    texts = {key, escaped, json.dumps(key, ensure_ascii=False)[1:-1], repr(key)[1:-1]}
    texts |= {
        escaped.replace("\\", "\\\\"),
        html.escape(key),
        quote(key, safe=""),
        quote(key),
        quote_plus(key),
    }
    for text in texts | set(_encoded(key.encode("utf-8", "surrogatepass"))):
        length = max(_SHORTEST, min(_TELLING, len(text) // 2))
        if len(text) >= _SHORTEST:
            yield _Form(text, text[:length], text[-length:], f"[{name}]")


def _encoded(key: bytes) -> Iterator[str]:
    """What base64 makes of the key, alone or somewhere within other bytes."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            first, last = -(-before * 8 // 6), (before + len(key)) * 8 // 6
            yield encode(bytes(before) + key).decode()[first:last]


def _without_parts(text: str, form: _Form) -> str:
    if form.head not in text and form.tail not in text:
        return text
    text = _replaced(text, form.text, len(form.head), form.mark)
    return _replaced(text[::-1], form.text[::-1], len(form.tail), form.mark[::-1])[::-1]


def _replaced(text: str, whole: str, shortest: int, mark: str) -> str:
    """`text` with `mark` for each beginning of `whole`, `shortest` code points of it or more."""
    pieces, at = [], 0
    while (found := text.find(whole[:shortest], at)) >= 0:
        pieces += [text[at:found], mark]
        at = found + shortest
        for character in whole[shortest:]:
            if text[at : at + 1] != character:
                break
            at += 1
    return "".join([*pieces, text[at:]])


_active: tuple[Redactor, ...] = ()  # of the servers in this process
_lock = threading.Lock()


def activate(redactor: Redactor) -> None:
    """Let `redactor` take keys out of all that is said, answered and logged in this process."""
    global _active  # the log is the process's too
    with _lock:
        _active = (*_active, redactor)


def deactivate(redactor: Redactor) -> None:
    """End what `activate` began; nothing happens if it did not."""
    global _active  # as above
    with _lock:
        _active = tuple(other for other in _active if other is not redactor)


def active() -> bool:
    """Whether any keys are taken out."""
    return bool(_active)


def redact(text: str, *, refresh: bool = True) -> str:
    """`text` without the keys of the servers in this process; the same object if there is none."""
    for redactor in _active:
        text = redactor(text, refresh=refresh)
    return text


def redact_chunk(text: str) -> str:
    """The same for a chunk of a stream, at less cost: a model's token is too short to hold a key."""
    return text if len(text) < _TELLING else redact(text, refresh=False)


def redact_data(data: Any) -> Any:
    """What JSON can hold, without the keys; a copy if there might be any."""
    if not _active:
        return data
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, Mapping):
        return {redact_data(key): redact_data(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [redact_data(item) for item in data]
    return data
