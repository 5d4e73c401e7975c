"""Who wants to know that something has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Observers"]


class Observers:
    """Calls everybody once for whatever changes in one turn of the event loop."""

    def __init__(self) -> None:
        self._observers: set[Callable[[], None]] = set()
        self._due = False

    def add(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` from now on; returns what undoes it."""
        self._observers.add(changed)
        return lambda: self._observers.discard(changed)

    def tell(self) -> None:
        """Something has changed."""
        if self._observers and not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._due = False
        for changed in list(self._observers):
            changed()
