"""Completions of the argument of a context command: a plug-in's code, which may raise or hang."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from jupyter_ai.engine.frame import encodable
from jupyter_ai.models import ListOptionsEntry
from jupyter_ai_magics.threads import run_in_thread

__all__ = ["argument_options"]

_PATIENCE = 5.0  # seconds: nobody waits longer for a menu
_MOST_CALLS = 4  # of one provider at once: each has a thread, and those that hang keep it

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


async def argument_options(provider: Any, prefix: str, log: Log) -> list[ListOptionsEntry]:
    """The arguments that begin with `prefix`; none where the provider raises or takes more than 5 s.

    Cancelling it leaves the provider's thread behind. Of one provider four are asked at once; the newest
    one more waits for its turn, and one for which a newer one came gets none.
    """
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await _asked(provider, prefix)
    # It may raise anything, and there is nothing to complete then.
    except Exception:
        log.warning("%s cannot complete %r.", type(provider).__name__, prefix, exc_info=True)
        return []
    options = [option for option in found if isinstance(option, ListOptionsEntry)]
    if len(options) < len(found):
        log.warning("%s completes with what is no `ListOptionsEntry`.", type(provider).__name__)
    return [_well_formed(option) for option in options]


class _Gate:
    """Lets so many calls of a provider through at once. Belongs to the loop's thread."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider  # while it is kept, no other has its id
        self._running = 0
        self._waiting: asyncio.Future[bool] | None = None

    async def enter(self) -> bool:
        """Whether to go through: once a call has returned, unless another one wants to by then."""
        if self._running < _MOST_CALLS:
            self._running += 1
            return True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(False)
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        try:
            return await waiting
        except asyncio.CancelledError:
            if not waiting.cancelled() and waiting.result():
                self.leave()
            raise

    def leave(self) -> None:
        """A call has returned."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(True)
            return
        self._running -= 1
        if not self._running:
            del _gates[id(self._provider)]


_gates: dict[int, _Gate] = {}  # of providers that are asked, by their ids


async def _asked(provider: Any, prefix: str) -> list[Any]:
    gate = _gates.setdefault(id(provider), _Gate(provider))
    if not await gate.enter():
        return []
    loop, has_begun = asyncio.get_running_loop(), False

    def ask() -> list[Any]:
        nonlocal has_begun
        has_begun = True
        try:
            return list(provider.get_arg_options(prefix))
        finally:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(gate.leave)

    try:
        return await run_in_thread(ask)
    except RuntimeError:
        if not has_begun:  # there are too many threads
            gate.leave()
        raise


def _well_formed(option: ListOptionsEntry) -> ListOptionsEntry:
    texts = {name: encodable(str(getattr(option, name))) for name in ("id", "label", "description")}
    return option.model_copy(update=texts)
