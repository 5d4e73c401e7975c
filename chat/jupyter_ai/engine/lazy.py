"""Mappings whose values are built when they are first read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Generic, TypeVar

__all__ = ["LazyMapping"]

V = TypeVar("V")


class LazyMapping(MutableMapping[str, V], Generic[V]):
    """A mapping over `keys()` whose values come from `build(key)`, once each.

    A value that cannot be built (`build` returns None) is not in the mapping. Assigning a key adds or
    replaces a value, as plug-ins do with the plain dictionaries that these stand for.
    """

    def __init__(self, keys: Callable[[], Iterable[str]], build: Callable[[str], V | None]) -> None:
        self._keys = keys
        self._build = build
        self._built: dict[str, V | None] = {}
        self._removed: set[str] = set()
        self._assigned: set[str] = set()

    def _value(self, key: str) -> V | None:
        if key not in self._built and key not in self._removed and key in self._keys():
            self._built[key] = None  # a constructor that reads the mapping finds the others
            try:
                self._built[key] = self._build(key)
            except BaseException:
                del self._built[key]
                raise
        return self._built.get(key)

    def built(self) -> Iterator[V]:
        """The values that exist already; builds none."""
        return (value for value in self._built.values() if value is not None)

    def forget(self, is_stale: Callable[[str, V | None], bool]) -> None:
        """Build anew, when they are next read, the values of which this is true; not what was assigned.

        None stands for what could not be built.
        """
        stale = [k for k, value in self._built.items() if k not in self._assigned and is_stale(k, value)]
        for key in stale:
            del self._built[key]

    def __getitem__(self, key: str) -> V:
        value = self._value(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: V) -> None:
        self._removed.discard(key)
        self._assigned.add(key)
        self._built[key] = value

    def __delitem__(self, key: str) -> None:
        self[key]
        self._built.pop(key, None)
        self._assigned.discard(key)
        self._removed.add(key)

    def __iter__(self) -> Iterator[str]:
        candidates = dict.fromkeys([*self._keys(), *self._built])
        return (key for key in candidates if self._value(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<LazyMapping of {', '.join(dict.fromkeys([*self._keys(), *self._built])) or 'nothing'}>"
