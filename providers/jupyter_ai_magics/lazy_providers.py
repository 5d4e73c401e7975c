"""Provider classes by id, each imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, MutableMapping, Sequence, ValuesView
from typing import Any, Generic, Self, TypeVar

__all__ = ["LazyProviders", "ProviderDict"]

V = TypeVar("V")


class LazyProviders(MutableMapping[str, V], Generic[V]):
    """What `find` makes of the `ids`; iterating over these, or looking for one of them, imports nothing.

    A class that cannot be imported (`find` returns None) raises KeyError, and is left out of `items` and
    `values`. Assigning and deleting work as in the dictionary that it stands for. `models` tells the models
    of an id without an import, or None.
    """

    def __init__(
        self,
        ids: Callable[[], Iterable[str]],
        find: Callable[[str], V | None],
        models: Callable[[str], Sequence[str] | None] = lambda id: None,
    ) -> None:
        self._ids = ids
        self._find = find
        self._models = models
        self._given: dict[str, V] = {}
        self._removed: set[str] = set()

    def ids(self) -> list[str]:
        """All ids, also of those that cannot be imported; imports nothing."""
        return [id for id in dict.fromkeys([*self._ids(), *self._given]) if id not in self._removed]

    def models_of(self, id: str) -> Sequence[str]:
        """The models that a provider lists; it is imported only if they are not known otherwise."""
        known = self._models(id) if id not in self._given else None
        return known if known is not None else getattr(self.get(id), "models", ())

    def copy(self) -> dict[str, V]:
        """A dictionary of all classes that can be imported."""
        classes = ((id, self.get(id)) for id in self.ids())
        return {id: cls for id, cls in classes if cls is not None}

    def items(self) -> ItemsView[str, V]:
        return self.copy().items()

    def values(self) -> ValuesView[V]:
        return self.copy().values()

    def __getitem__(self, id: str) -> V:
        if id in self._given:
            return self._given[id]
        found = self._find(id) if id in self.ids() else None
        if found is None:
            raise KeyError(id)
        return found

    def __setitem__(self, id: str, cls: V) -> None:
        self._removed.discard(id)
        self._given[id] = cls

    def __delitem__(self, id: str) -> None:
        if id not in self:
            raise KeyError(id)
        self._given.pop(id, None)
        self._removed.add(id)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, id: object) -> bool:
        return id in self.ids()

    def __repr__(self) -> str:
        return f"<providers: {', '.join(self) or 'none'}>"


class ProviderDict(LazyProviders[V], dict[str, V]):  # type: ignore[misc]  # its views are `dict`'s own
    """The same as a real `dict`: what cannot be imported is not in it, and going through it imports all."""

    def __iter__(self) -> Iterator[str]:
        return iter(self.copy())

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self.get(id) is not None

    # Those of `dict` take what is in its own table, where nothing is.

    def __eq__(self, other: object) -> bool:
        return self.copy() == (other.copy() if isinstance(other, ProviderDict) else other)

    __hash__ = None  # as that of a dictionary

    def __or__(self, other: Any) -> Any:
        return self.copy() | other

    def __ror__(self, other: Any) -> Any:
        return other | self.copy()

    def __ior__(self, other: Any) -> Self:  # type: ignore[override]  # `dict` overloads it
        self.update(other)
        return self

    def __reversed__(self) -> Iterator[str]:
        return reversed(self.copy())

    def __reduce__(self) -> Any:
        return dict, (self.copy(),)
