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
from jupyter_ai_magics.failures import asking

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
    events: set[str]  # that were told of it


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
            known = self._items.get(id)
            if text and (known is None or known.turn() is not turn):
                info = self._info(turn, suggestion, text)
                events = known.events if known is not None else set()
                self._items[id] = _Kept(info, turn.caller.user, weakref.ref(turn), events)
                self._items.move_to_end(id)
        while len(self._items) > _MOST:
            self._items.popitem(last=False)

    def provided(self, turn: Turn) -> None:
        """A turn is over."""
        self.keep(turn)
        if self._listeners:
            done = self._provided(turn)
            self._tell(lambda listener: listener.provided(done))

    def item_event(self, event: ItemEvent, caller: Caller) -> ItemInfo | None:
        """Something became of a suggestion; None if this user was not shown it, or it was told before."""
        kept = self._items.get(event.item)
        if kept is None or kept.user != caller.user or event.event in kept.events:
            return None
        kept.events.add(event.event)
        self._tell(lambda listener: listener.item_event(event, kept.info, caller))
        return kept.info

    def turn_of(self, id: str, caller: Caller) -> Turn | None:
        """The turn that shows this user a suggestion, while it is the newest of its document."""
        kept = self._items.get(id)
        return kept.turn() if kept is not None and kept.user == caller.user else None

    def _provided(self, turn: Turn) -> Provided:
        calls = turn.flight.calls if turn.flight is not None else []
        elapsed = asyncio.get_running_loop().time() - turn.began
        infos = [self._final(id, *shown) for id, shown in turn.shown.items() if shown[1]]
        return Provided(
            caller=turn.caller,
            source=turn.source,
            latency_ms=1000 * (elapsed if turn.latency is None else turn.latency),
            language=turn.request.language,
            distance_from_top=len(turn.request.prefix),
            trigger=turn.request.trigger,
            items=tuple(infos),
            failures=tuple(call.failure for call in calls if call.failure is not None),
            cancelled=not turn.answered,
            group=self._group(turn.caller),
        )

    def _final(self, id: str, suggestion: Suggestion, text: str) -> ItemInfo:
        """What is known of an item that was shown, now that it has its whole text."""
        kept = self._items[id]
        if kept.info.characters == len(text) and kept.info.model == suggestion.item.model:
            return kept.info
        info = replace(kept.info, characters=len(text), model=suggestion.item.model)
        self._items[id] = kept._replace(info=info)
        return info

    def _info(self, turn: Turn, suggestion: Suggestion, text: str) -> ItemInfo:
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
                with asking():
                    tell(listener)
            # Whatever a listener raises must not cost anybody a completion.
            except Exception:  # noqa: BLE001
                self._log.exception("The listener %r failed.", listener)
