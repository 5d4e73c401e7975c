"""The provider that asks the completion model: the one that is chosen, or in the mode `auto` the best one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from typing import Any, ClassVar, cast

from jupyter_ai.completions.asked_models import AskedModels, Part
from jupyter_ai.completions.base import BaseInlineCompletionProvider
from jupyter_ai.completions.caller import Caller, asking
from jupyter_ai.completions.choice import Chosen, CompletionChoice, model_name
from jupyter_ai.completions.cooldown import too_often
from jupyter_ai.completions.fetch import CompletionsFetcher
from jupyter_ai.completions.fill_in_middle import FillInMiddle
from jupyter_ai.completions.instances import ModelInstances
from jupyter_ai.completions.models import InlineCompletionReply, InlineCompletionRequest
from jupyter_ai.completions.observers import Observers
from jupyter_ai.completions.options import ProviderOptions
from jupyter_ai.completions.replaced import replacement
from jupyter_ai.completions.selector import FastestSelector, ModelSelector, Situation, grouping
from jupyter_ai.errors import CompletionUnavailable
from jupyter_ai_magics.threads import run_in_thread

__all__ = ["CompletionModels"]

_HURRY = 2.0
"""Seconds that a model has for its first words while there is another one to be asked."""

_ROUNDING = 0.01  # seconds by which a timer of the loop may be early


class CompletionModels(BaseInlineCompletionProvider):
    """Completes with the language model that is chosen for it; belongs to one event loop.

    In the mode `auto` the next model is asked where one fails. Where a person has chosen a model no other is
    asked: code goes to nobody else.
    """

    id: ClassVar[str] = "model"
    name: ClassVar[str] = "Completion model"
    options: ClassVar[ProviderOptions] = ProviderOptions(wants_context=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.problem: str | None = None  # what is wrong with what the administrator decided
        self._decided = self.config_manager.completions
        self._group = grouping(self._decided.experiment)
        self._choice = CompletionChoice(self.config_manager)
        self._selector = self._made_selector()
        self._fetcher = self._made_fetcher()
        instances = ModelInstances(self.config_manager, self._choice, self._made_endpoint)
        self._models = AskedModels(instances, self.log)
        self._models.paused = self._paused
        self._pauses: dict[str, asyncio.TimerHandle] = {}  # the end of each, by the model
        self._pausing = Observers()
        self._observers: list[Callable[[], None]] = []
        self._seen: Any = None  # what counted when it was last looked at
        self._unwatch: Callable[[], None] | None = None

    # What counts

    def status(self) -> dict[str, Any]:
        """What completes code, and why nothing does: as `GET api/ai/completion/status` tells it."""
        chosen = self._choice.now()
        reason = self._reason(chosen)
        return {
            "enabled": reason is None,
            "model": chosen.gid,
            "mode": chosen.mode,
            "name": model_name(chosen.gid),
            "reason": reason or self._models.refusals.get(chosen.gid or ""),
            "fixed": chosen.fixed,
        }

    def observe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called on the loop whenever another model counts, or the same with other settings.

        A change by this process is seen at once, one by another process with the next `look`. Returns what
        ends that.
        """
        self._observers.append(changed)
        if self._unwatch is None:
            self.look()
            loop = asyncio.get_running_loop()
            self._unwatch = self.config_manager.watch(lambda: _call_soon(loop, self.look))
        return lambda: self._observers.remove(changed)

    def observe_pauses(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called on the loop when a model begins to be left alone, and when that ends.

        Returns what ends it.
        """
        return self._pausing.add(changed)

    def look(self) -> None:
        """See whether another model counts by now; cheap, and to be called before a cache is trusted."""
        before, self._seen = self._seen, self._now()
        if before not in (None, self._seen):
            for changed in list(self._observers):
                changed()

    async def look_aside(self) -> None:
        """As `look`, while nobody asks: the files are read on a thread. Cancelling is harmless."""
        if await run_in_thread(self._now) != self._seen:
            self.look()

    # Completing

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        """The reply of the first model that answers.

        Raises `CompletionUnavailable` where none may be asked, else what the last one raised. Cancelling
        cancels the model's call; may be called concurrently.
        """
        for gid, next_gid in _with_next(self._order(request)):
            try:
                return await self._models.reply(gid, request, _HURRY if next_gid else None)
            # A provider's code: whatever it raises, the next one may answer.
            except Exception:
                if next_gid is None:
                    raise
        raise AssertionError("the last one has returned or raised")

    async def stream_inline_completions(self, request: InlineCompletionRequest) -> AsyncIterator[Part]:
        """What the first model that begins to answer says; likewise. Closing it closes the model's stream."""
        for gid, next_gid in _with_next(self._order(request)):
            begun = False
            async with aclosing(self._models.parts(gid, request, _HURRY if next_gid else None)) as parts:
                try:
                    async for part in parts:
                        begun = True
                        yield part
                # Likewise.
                except Exception:
                    if begun or next_gid is None:
                        raise
                    continue
            return

    async def aclose(self) -> None:
        """Close the connections that are kept."""
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        for timer in self._pauses.values():
            timer.cancel()
        close = getattr(self._fetcher, "aclose", None)  # a deployment's may have none
        if close is not None:
            await close()

    # What changes by itself

    def _now(self) -> tuple[Any, ...]:
        """What counts, to be compared; from any thread."""
        snapshot = self.config_manager.sources.read()  # once: the file is looked at, with each key
        chosen = self._choice.now(snapshot)
        return chosen, snapshot.settings.completions_fields, self._choice.why_not(chosen.gid, snapshot)

    def _paused(self, gid: str, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if gid in self._pauses:
            self._pauses[gid].cancel()
        self._pauses[gid] = loop.call_later(seconds + _ROUNDING, self._resumed, gid)
        self._pausing.tell()

    def _resumed(self, gid: str) -> None:
        del self._pauses[gid]
        self._pausing.tell()

    # Which model

    def _order(self, request: InlineCompletionRequest) -> list[str]:
        """The models to ask, one after the other; at least one. Raises `CompletionUnavailable`."""
        chosen = self._choice.now()
        ready = self._ready(chosen)
        return self._selected(ready, request) if chosen.mode == "auto" else ready

    def _ready(self, chosen: Chosen) -> list[str]:
        """The models that may be asked now; at least one. Raises `CompletionUnavailable`."""
        gids = self._choice.candidates() if chosen.mode == "auto" else [chosen.gid or ""]
        reason = self._choice.why_not(chosen.gid) if chosen.mode != "auto" or not gids else None
        reason = self.problem or reason
        if reason is not None:
            raise CompletionUnavailable(reason, "no-model")
        pauses = {gid: self._models.cooldown.left(gid) for gid in gids}
        ready = [gid for gid, seconds in pauses.items() if not seconds]
        if not ready:
            raise too_often(model_name(chosen.gid), min(pauses.values()))
        return ready

    def _selected(self, gids: Sequence[str], request: InlineCompletionRequest) -> list[str]:
        candidates = [self._models.measures.candidate(gid) for gid in gids]
        try:
            selected = self._selector.select(candidates, self._situation(request))
            chosen = dict.fromkeys([selected] if isinstance(selected, str) else selected)
        # A deployment's code: without it, they are asked as they are named.
        except Exception:
            self.log.warning("The selector of completion models failed.", exc_info=True)
            chosen = dict.fromkeys(gids)
        found = [gid for gid in chosen if gid in gids]
        if not found:
            raise CompletionUnavailable("The selector of completion models has chosen none.", "no-model")
        return found

    def _situation(self, request: InlineCompletionRequest) -> Situation:
        caller = asking.get() or Caller("", "")
        return Situation(
            user=caller.user,
            tier=caller.tier or self._decided.tiers.get(caller.user, ""),
            group=self._group(caller),
            language=request.language or "",
            explicit=request.trigger == "explicit",
            in_flight=self._models.measures.in_flight,
        )

    def _reason(self, chosen: Chosen) -> str | None:
        """Why nothing can be asked now."""
        try:
            self._ready(chosen)
        except CompletionUnavailable as unavailable:
            return str(unavailable)
        return None

    # What the administrator may replace

    def _made(self, trait: str, decided: Any, method: str, **options: Any) -> Any:
        """What a trait says; where that is wrong nothing is asked, and the status and `problem` say why."""
        try:
            return replacement(trait, decided, method, **options)
        except CompletionUnavailable as unavailable:
            self.problem = str(unavailable)
            self.log.error("No completion model is asked. %s", unavailable, exc_info=unavailable.__cause__)
            return None

    def _made_selector(self) -> ModelSelector:
        decided = self._decided.selector or FastestSelector
        return cast("ModelSelector", self._made("completion_selector_class", decided, "select"))

    def _made_fetcher(self) -> CompletionsFetcher:
        decided = self._decided.fetcher or CompletionsFetcher
        options = {"network": self.config_manager.network, "headers": self._decided.headers, "log": self.log}
        made = self._made("completion_fetcher_class", decided, "fetch", **options)
        return cast("CompletionsFetcher", made)

    def _made_endpoint(self, model: str | None) -> FillInMiddle:
        return FillInMiddle(
            model=model,
            fetcher=self._fetcher,
            log=self.log,
            config_manager=self.config_manager,
            root_dir=self.root_dir,
            server_settings=self.server_settings,
        )


def _with_next(gids: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Each id, with the one that comes after it."""
    return zip(gids, [*gids[1:], None], strict=True)


def _call_soon(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(function)
