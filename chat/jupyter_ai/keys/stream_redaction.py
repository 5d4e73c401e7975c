"""Keys taken out of a text that comes in pieces, wherever it was cut."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from jupyter_ai.keys.forms import Form
from jupyter_ai.keys.redaction import Redactor, active_redactors

__all__ = ["StreamRedactor"]

_START = 4  # code points by which the beginning of a key is known; fewer are not held back


class StreamRedactor:
    """Takes the keys out of one stream, chunk by chunk.

    What may become a key is held back until it is one, or is none; that is the end of the text, and never
    longer than a key. `redactors`: those of this process.
    """

    __slots__ = ("_stages",)

    def __init__(self, redactors: Iterable[Redactor] | None = None) -> None:
        found = active_redactors() if redactors is None else redactors
        self._stages = [_Stage(redactor) for redactor in found]

    def feed(self, text: str) -> str:
        """What can be sent, now that `text` has come: "" if all is held back."""
        for stage in self._stages:
            text = stage.feed(text)
        return text

    def flush(self) -> str:
        """What is left at the end of the stream."""
        text = ""
        for stage in self._stages:
            text = stage.feed(text) + stage.flush()
        return text


class _Patterns(NamedTuple):
    """Those with one start, sorted: the more of one is in a text, the nearer it is to that text's place."""

    texts: Sequence[str]
    shortest: Sequence[int]  # of each, the length of a beginning that is replaced, too
    least: int  # of these
    longest: int  # of the texts


class _Index(NamedTuple):
    start: re.Pattern[str]  # of any of them
    patterns: Mapping[str, _Patterns]  # by their starts


class _Stage:
    """What one redactor does. A few code points that were sent are kept: a key may have begun with them."""

    __slots__ = ("_buffer", "_forms", "_index", "_redactor", "_sent")

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._forms: tuple[Form, ...] = ()  # of which `_index` was made
        self._index = _Index(_NEVER, {})
        self._buffer = ""
        self._sent = 0  # how much of it was sent

    def feed(self, chunk: str) -> str:
        forms = self._redactor.forms
        if not forms:
            return chunk
        if forms is not self._forms:
            self._forms, self._index = forms, _index_of(forms)
        text = self._buffer + chunk
        if found := self._index.start.search(text):
            return self._search(text, found.start())
        sent, self._buffer = self._sent, text[1 - _START :]
        self._sent = len(self._buffer)
        return text[sent:]

    def flush(self) -> str:
        return self._send(self._buffer, len(self._buffer), len(self._buffer))

    def _search(self, text: str, at: int) -> str:
        """Send `text` up to where a key may have begun."""
        after = 0  # the last key
        found = self._index.start.search(text, at)
        while found is not None:
            at = found.start()
            length = self._match(text, at)
            if length < 0:
                return self._send(text, at, at)
            after = at + length if length else after
            found = self._index.start.search(text, at + max(length, 1))
        return self._send(text, len(text), max(after, len(text) - _START + 1))

    def _match(self, text: str, at: int) -> int:
        """How much there belongs to a key: 0 if nothing, -1 if that is not known yet."""
        patterns = self._index.patterns.get(text[at : at + _START])
        if patterns is None:
            return 0
        rest = text[at : at + patterns.longest]
        place, count = bisect_right(patterns.texts, rest), len(patterns.texts)
        if at + len(rest) == len(text) and place < count and patterns.texts[place].startswith(rest):
            return -1
        longest = 0
        for places in (range(place, count), range(place - 1, -1, -1)):
            for each in places:
                length = _common(patterns.texts[each], rest)
                if length <= longest or length < patterns.least:
                    break
                if length >= patterns.shortest[each]:
                    longest = length
                    break
        return longest

    def _send(self, text: str, until: int, keep: int) -> str:
        before, self._buffer = text[: self._sent], text[keep:]
        self._sent = max(until, self._sent) - keep
        cleaned = self._redactor(text[:until], refresh=False)
        return cleaned[_common(before, cleaned) :]


_NEVER = re.compile(r"(?!)")


@lru_cache(2)  # it takes milliseconds, and is the same for every stream
def _index_of(forms: tuple[Form, ...]) -> _Index:
    found: dict[str, dict[str, int]] = {}
    for form in forms:
        for text, shortest in ((form.text, len(form.head)), (form.tail, len(form.tail))):
            known = found.setdefault(text[:_START], {})
            known[text] = min(shortest, known.get(text, shortest))
    return _Index(re.compile(_any_of(list(found))), {start: _sorted(texts) for start, texts in found.items()})


def _sorted(patterns: Mapping[str, int]) -> _Patterns:
    texts = sorted(patterns)
    shortest = [patterns[text] for text in texts]
    return _Patterns(texts, shortest, min(shortest), max(map(len, texts)))


def _any_of(words: Sequence[str]) -> str:
    """A regular expression for one of these words of one length; a tree is faster than a list."""
    rests: dict[str, list[str]] = {}
    for word in words:
        rests.setdefault(word[0], []).append(word[1:])
    branches = [re.escape(first) + (_any_of(rest) if rest[0] else "") for first, rest in rests.items()]
    return f"(?:{'|'.join(branches)})"


def _common(one: str, other: str) -> int:
    """How much of `one` is at the beginning of `other`."""
    if other.startswith(one):
        return len(one)
    length = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        length += 1
    return length
