"""What was suggested lately, without its text: for listeners, and to know what an editor's events mean."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from jupyter_ai.completions.listeners import ItemInfo, Provided

if TYPE_CHECKING:
    from jupyter_ai.completions.caller import Caller
    from jupyter_ai.completions.documents import Turn
    from jupyter_ai.completions.listeners import CompletionListener, ItemEvent
    from jupyter_ai.completions.suggestion import Suggestion

__all__ = ["Record"]

_MOST = 4096
"""Suggestions that are known; an event that comes later is dropped."""


class _Kept(NamedTuple):
    info: ItemInfo
    user: str
    turn: weakref.ref[Turn]  # in which it was shown last; it holds the document's text


class Record:
    """Tells `listeners` what happens; what one raises is logged, and costs nobody else."""

    def __init__(
        self,
        listeners: Sequence[CompletionListener],
        group: Callable[[Caller], str],
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
    ) -> None:
        self._listeners = listeners
        self._group = group
        self._log = log
        self._items: OrderedDict[str, _Kept] = OrderedDict()  # by id, the latest shown last

    def keep(self, turn: Turn) -> None:
        """Know what a turn shows."""
        for id, (suggestion, text) in turn.shown.items():
            info = self._info(turn, suggestion, text)
            self._items[id] = _Kept(info, turn.caller.user, weakref.ref(turn))
            self._items.move_to_end(id)
        while len(self._items) > _MOST:
            self._items.popitem(last=False)

    def provided(self, turn: Turn) -> None:
        """A turn is over."""
        self.keep(turn)
        failures = [call.failure for call in turn.flight.calls] if turn.flight is not None else []
        elapsed = asyncio.get_running_loop().time() - turn.began
        done = Provided(
            caller=turn.caller,
            source=turn.source,
            latency_ms=1000 * (elapsed if turn.latency is None else turn.latency),
            language=turn.request.language,
            distance_from_top=len(turn.request.prefix),
            trigger=turn.request.trigger,
            items=tuple(self._items[id].info for id, (_, text) in turn.shown.items() if text),
            failures=tuple(failure for failure in failures if failure is not None),
            cancelled=not turn.answered,
            group=self._group(turn.caller),
        )
        self._tell(lambda listener: listener.provided(done))

    def item_event(self, event: ItemEvent, caller: Caller) -> ItemInfo | None:
        """Something became of a suggestion; None if this user was not shown it."""
        kept = self._items.get(event.item)
        if kept is None or kept.user != caller.user:
            return None
        self._tell(lambda listener: listener.item_event(event, kept.info, caller))
        return kept.info

    def turn_of(self, id: str) -> Turn | None:
        """The turn that shows a suggestion, while it is the newest of its document."""
        kept = self._items.get(id)
        return kept.turn() if kept is not None else None

    def _info(self, turn: Turn, suggestion: Suggestion, text: str) -> ItemInfo:
        known = self._items.get(suggestion.id)
        if known is not None and known.turn() is turn:
            return replace(known.info, characters=len(text), model=suggestion.item.model)
        return ItemInfo(
            id=suggestion.id,
            provider=suggestion.served.id,
            model=suggestion.item.model,
            language=turn.request.language,
            characters=len(text),
            source=turn.source,
            latency_ms=1000 * (asyncio.get_running_loop().time() - turn.began),
            distance_from_top=len(turn.request.prefix),
            group=self._group(turn.caller),
        )

    def _tell(self, tell: Callable[[CompletionListener], None]) -> None:
        for listener in self._listeners:
            try:
                tell(listener)
            # Whatever a listener raises must not cost anybody a completion.
            except Exception:  # noqa: BLE001
                self._log.exception("The listener %r failed.", listener)
