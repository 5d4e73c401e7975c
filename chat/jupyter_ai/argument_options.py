"""Completions of the argument of a context command: a plug-in's code, which may raise or hang."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from typing import Any

from jupyter_ai.engine.frame import encodable
from jupyter_ai.models import ListOptionsEntry
from jupyter_ai_magics.threads import run_in_thread

__all__ = ["argument_options"]

_PATIENCE = 5.0  # seconds: nobody waits longer for a menu
_MOST_CALLS = 4  # of one provider at once: each has a thread, and those that hang keep it

_lock = threading.Lock()
_calls: Counter[int] = Counter()  # that have not returned, by the id of the provider

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


async def argument_options(provider: Any, prefix: str, log: Log) -> list[ListOptionsEntry]:
    """The arguments that begin with `prefix`; none where the provider raises or takes more than 5 s.

    Cancelling it leaves the provider's thread behind. Of one provider four are asked at once, not more.
    """
    if not _begin(id(provider)):
        log.warning("%s still makes up other completions: it is not asked for more.", type(provider).__name__)
        return []
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await run_in_thread(_ask, provider, prefix)
    # It may raise anything, and there is nothing to complete then.
    except Exception:
        log.warning("%s cannot complete %r.", type(provider).__name__, prefix, exc_info=True)
        return []
    options = [option for option in found if isinstance(option, ListOptionsEntry)]
    if len(options) < len(found):
        log.warning("%s completes with what is no `ListOptionsEntry`.", type(provider).__name__)
    return [_well_formed(option) for option in options]


def _begin(key: int) -> bool:
    with _lock:
        if _calls[key] >= _MOST_CALLS:
            return False
        _calls[key] += 1
        return True


def _ask(provider: Any, prefix: str) -> list[Any]:
    try:
        return list(provider.get_arg_options(prefix))
    finally:
        with _lock:
            _calls[id(provider)] -= 1
            if not _calls[id(provider)]:
                del _calls[id(provider)]


def _well_formed(option: ListOptionsEntry) -> ListOptionsEntry:
    texts = {name: encodable(str(getattr(option, name))) for name in ("id", "label", "description")}
    return option.model_copy(update=texts)
