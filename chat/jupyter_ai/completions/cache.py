"""What was suggested to one user: found again while they type into it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
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
        self._places: dict[Place, OrderedDict[_Key, _Entry]] = {}  # the same by place
        self.size = 0  # bytes, roughly

    def store(self, place: Place, position: Position, suggestions: Sequence[Suggestion]) -> None:
        """Keep the suggestions at a cursor, the best first; they replace those that were there."""
        entry = _Entry(position, suggestions)
        key = (place, entry.length, entry.digest, entry.after)
        self._remove(key)
        if entry.size > self._largest:
            return
        self._entries[key] = entry
        self._places.setdefault(place, OrderedDict())[key] = entry
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
        latest = next(reversed(known))
        for key in reversed(known):
            if hits := known[key].hits(position, whole):
                self._entries.move_to_end(key)
                known.move_to_end(key)
                return hits, key == latest
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
        place = key[0]
        del self._places[place][key]
        if not self._places[place]:
            del self._places[place]

    def __len__(self) -> int:
        return len(self._entries)


class _Entry:
    """The suggestions at one cursor. Of the prefix it keeps the length, the end and the hash."""

    __slots__ = ("_closers", "_longest", "_suggestions", "_tail", "after", "digest", "length", "size")

    def __init__(self, position: Position, suggestions: Sequence[Suggestion]) -> None:
        prefix = position.prefix
        self.length = len(prefix)
        self.digest = hash(prefix)
        self.after = position.after
        self._tail = prefix[-_TAIL:]
        self._closers = position.closers
        self._suggestions = [(suggestion, suggestion.full) for suggestion in suggestions]
        self._longest = max((len(full) for _, full in self._suggestions), default=0)
        self.size = _OVERHEAD + sum(4 * (len(s.text) + len(full)) for s, full in self._suggestions)

    def hits(self, position: Position, whole: bool) -> list[Hit]:
        """What still fits. The cheap looks come first: a prefix may have a hundred kilobytes."""
        beyond = len(position.prefix) - self.length
        if not 0 <= beyond < self._longest or self.after != position.after:
            return []
        typed = position.prefix[self.length :] if beyond else ""
        fit = [(s, full) for s, full in self._suggestions if full.startswith(typed) and len(full) > beyond]
        if not fit or not self._is_before(position.prefix):
            return []
        moved = position.closers != self._closers
        if whole:
            return [Hit(suggestion, full[beyond:], True) for suggestion, full in fit]
        return [_left(suggestion, full, beyond, moved) for suggestion, full in fit]

    def _is_before(self, prefix: str) -> bool:
        """Whether `prefix` begins with the entry's own."""
        if prefix[max(0, self.length - _TAIL) : self.length] != self._tail:
            return False
        return hash(prefix if len(prefix) == self.length else prefix[: self.length]) == self.digest


def _left(suggestion: Suggestion, full: str, typed: int, moved: bool) -> Hit:
    if typed < len(suggestion.text):
        return Hit(suggestion, suggestion.text[typed:], moved)
    return Hit(suggestion, full[typed:], True)
