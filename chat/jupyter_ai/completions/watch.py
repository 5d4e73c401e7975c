"""Looks again and again at what another process may change, while anybody wants to know."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

__all__ = ["Watch"]

EVERY = 1.0
"""Seconds from one look to the next."""


class Watch:
    """Awaits `look` once a second while anybody holds it; belongs to one event loop."""

    def __init__(
        self,
        look: Callable[[], Awaitable[None]],
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
    ) -> None:
        self._look = look
        self._log = log
        self._holders: set[object] = set()
        self._task: asyncio.Task[None] | None = None

    def hold(self) -> Callable[[], None]:
        """Have it look from now on; returns what ends that, and may be called again."""
        holder = object()
        self._holders.add(holder)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="watch of settings")

        def release() -> None:
            self._holders.discard(holder)
            if not self._holders:
                self.close()

        return release

    def close(self) -> None:
        """Look no more, until it is held again."""
        self._holders.clear()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self._look()
            # What the settings name may be a plug-in's: whatever it raises, the next look may succeed.
            except Exception:  # noqa: BLE001
                self._log.exception("It could not be seen whether another model completes code.")
