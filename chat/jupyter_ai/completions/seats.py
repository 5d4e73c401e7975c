"""How many calls each provider has at once for one document, those included that are being closed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_ai.completions.served import ServedProvider

__all__ = ["Seats"]

_AT_ONCE = 2
"""Calls of one provider: the newest, and one that is being closed."""

_CLOSING = 1.0
"""Seconds that a provider which does not end when it is cancelled is waited for, once."""


class Seats:
    """Those of one document. Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._taken: Counter[ServedProvider] = Counter()
        self._aside: set[ServedProvider] = set()  # waited for in vain: not asked until one of its calls ends
        self._left = asyncio.Event()  # some call has ended

    @asynccontextmanager
    async def seat(self, served: ServedProvider) -> AsyncGenerator[bool]:
        """Within, the provider may be asked; False: it may not, since its older calls do not end."""
        free = self._is_free(served) or await self._wait(served)
        self._taken[served] += free
        try:
            yield free
        finally:
            if free:
                self._leave(served)

    def is_full(self, served: ServedProvider) -> bool:
        """Whether a provider cannot be asked now."""
        return not self._is_free(served)

    def _is_free(self, served: ServedProvider) -> bool:
        return self._taken[served] < _AT_ONCE

    async def _wait(self, served: ServedProvider) -> bool:
        if served in self._aside:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                while not self._is_free(served):
                    self._left.clear()
                    await self._left.wait()
                return True
        self._aside.add(served)
        return False

    def _leave(self, served: ServedProvider) -> None:
        self._taken[served] -= 1
        if not self._taken[served]:
            del self._taken[served]
        self._aside.discard(served)
        self._left.set()
