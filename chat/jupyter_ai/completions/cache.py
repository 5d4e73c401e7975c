"""What was suggested to one user: found again while they type into it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jupyter_ai.completions.position import Position
    from jupyter_ai.completions.suggestion import Suggestion

__all__ = ["Hit", "SuggestionCache"]

_TAIL = 32  # code points at the end of a prefix, compared before its hash is made
_OVERHEAD = 512  # bytes of an entry, beside its texts

Place = tuple[str | None, ...]
"""A document, or a cell of it."""

_Key = tuple[Place, int, int, tuple[int, int]]


class Hit(NamedTuple):
    """A suggestion into which somebody has typed."""

    suggestion: Suggestion
    text: str  # what is left of it
    raw: bool  # whether the filters have yet to look at that


class SuggestionCache:
    """An LRU of the suggestions at some cursors, bounded in entries and in bytes."""

    def __init__(self, entries: int = 1000, size: int = 4 << 20) -> None:
        self._most = entries
        self._largest = size
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()  # the latest used last
        self._places: dict[Place, _Place] = {}
        self.size = 0  # bytes, roughly

    def store(self, place: Place, position: Position, suggestions: Sequence[Suggestion]) -> None:
        """Keep the suggestions at a cursor, the best first; they replace those that were there."""
        entry = _Entry(place, position, suggestions)
        self._remove(entry.key)
        if entry.size > self._largest:
            return
        self._entries[entry.key] = entry
        self._places.setdefault(place, _Place()).add(entry)
        self.size += entry.size
        while len(self._entries) > self._most or self.size > self._largest:
            self._remove(next(iter(self._entries)))

    def find(self, place: Place, position: Position, *, whole: bool = False) -> tuple[list[Hit], bool]:
        """What fits the cursor, and whether it is what was found or stored last in this place.

        With `whole`, as it was before the filters, which are to look at it again.
        """
        known = self._places.get(place)
        if known is None:
            return [], False
        for entry in known.near(position.prefix):
            if hits := entry.hits(position, whole):
                latest, known.latest = known.latest, entry
                self._entries.move_to_end(entry.key)
                return hits, latest is entry
        return [], False

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._places.clear()
        self.size = 0

    def _remove(self, key: _Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self.size -= entry.size
        place = self._places[entry.place]
        place.remove(entry)
        if not place.entries:
            del self._places[entry.place]

    def __len__(self) -> int:
        return len(self._entries)


class _Place:
    """The entries of one document, by the length of their prefix and what it ends with."""

    def __init__(self) -> None:
        self.entries: dict[tuple[int, str], list[_Entry]] = {}
        self.latest: _Entry | None = None  # stored or found
        self._longest = 0  # suggestion that there ever was

    def add(self, entry: _Entry) -> None:
        self.entries.setdefault((entry.length, entry.tail), []).append(entry)
        self.latest = entry
        self._longest = max(self._longest, entry.longest)

    def remove(self, entry: _Entry) -> None:
        same = self.entries[entry.length, entry.tail]
        same.remove(entry)
        if not same:
            del self.entries[entry.length, entry.tail]

    def near(self, prefix: str) -> Iterator[_Entry]:
        """Those that may fit a prefix; of these the nearest to its end, and the latest, first."""
        most = len(prefix)
        least = max(0, most - self._longest)
        if most - least <= len(self.entries):
            keys = ((length, _tail(prefix, length)) for length in range(most, least - 1, -1))
            found = [self.entries[key] for key in keys if key in self.entries]
        else:
            fitting = [key for key in self.entries if least <= key[0] <= most]
            nearest = sorted((key for key in fitting if _tail(prefix, key[0]) == key[1]), reverse=True)
            found = [self.entries[key] for key in nearest]
        for entries in found:
            yield from reversed(entries)


class _Entry:
    """The suggestions at one cursor. Of the prefix it keeps the length, the end and the hash."""

    __slots__ = (
        "_after",
        "_closers",
        "_digest",
        "_suggestions",
        "length",
        "longest",
        "place",
        "size",
        "tail",
    )

    def __init__(self, place: Place, position: Position, suggestions: Sequence[Suggestion]) -> None:
        prefix = position.prefix
        self.place = place
        self.length = len(prefix)
        self.tail = _tail(prefix, self.length)
        self._digest = hash(prefix)
        self._after = position.after
        self._closers = position.closers
        self._suggestions = [(suggestion, suggestion.full) for suggestion in suggestions]
        self.longest = max((len(full) for _, full in self._suggestions), default=0)
        self.size = _OVERHEAD + sum(4 * (len(s.text) + len(full)) for s, full in self._suggestions)

    @property
    def key(self) -> _Key:
        return self.place, self.length, self._digest, self._after

    def hits(self, position: Position, whole: bool) -> list[Hit]:
        """What still fits. The prefix, which may have a hundred kilobytes, is looked at last."""
        beyond = len(position.prefix) - self.length
        if beyond >= self.longest or self._after != position.after:
            return []
        typed = position.prefix[self.length :] if beyond else ""
        fit = [(s, full) for s, full in self._suggestions if full.startswith(typed) and len(full) > beyond]
        if not fit or not self._is_before(position.prefix):
            return []
        if whole:
            return [Hit(suggestion, full[beyond:], True) for suggestion, full in fit]
        moved = position.closers != self._closers
        return [_left(suggestion, full, beyond, moved) for suggestion, full in fit]

    def _is_before(self, prefix: str) -> bool:
        """Whether `prefix` begins with the entry's own."""
        return hash(prefix if len(prefix) == self.length else prefix[: self.length]) == self._digest


def _tail(prefix: str, length: int) -> str:
    """What stands at the end of the first `length` code points."""
    return prefix[max(0, length - _TAIL) : length]


def _left(suggestion: Suggestion, full: str, typed: int, moved: bool) -> Hit:
    if typed < len(suggestion.text):
        return Hit(suggestion, suggestion.text[typed:], moved)
    return Hit(suggestion, full[typed:], True)
