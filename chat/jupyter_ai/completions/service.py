"""Answers requests for completions: from what is known, or from all providers that match, at once."""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_ai.completions.answer import Part, empty_reply
from jupyter_ai.completions.caches import Caches
from jupyter_ai.completions.chosen_model import ChosenModel
from jupyter_ai.completions.documents import Document, Documents, Turn
from jupyter_ai.completions.flight import Flight, Tools
from jupyter_ai.completions.models import InlineCompletionList, InlineCompletionReply, InlineCompletionRequest
from jupyter_ai.completions.observers import Observers
from jupyter_ai.completions.ranking import Ranking
from jupyter_ai.completions.record import Record
from jupyter_ai.completions.view import View
from jupyter_ai.completions.watch import Watch
from jupyter_ai.errors import message_of
from jupyter_ai.keys.redaction import redact

if TYPE_CHECKING:
    from jupyter_ai.completions.call import Call
    from jupyter_ai.completions.caller import Caller
    from jupyter_ai.completions.listeners import CompletionListener, ItemEvent
    from jupyter_ai.completions.options import ProviderOptions
    from jupyter_ai.completions.providers import InlineProviders
    from jupyter_ai.completions.served import Provider
    from jupyter_ai.completions.suggestion import Suggestion

__all__ = ["CompletionService"]

_JOINING = 0.2
"""Seconds that a compatible request in flight is waited for."""

_CLOSING = 2.0  # seconds
_LONG = float("inf")  # since the last request

Filter = Callable[[str, InlineCompletionRequest, bool], str]


class _Context(Protocol):
    async def build(self, request: InlineCompletionRequest) -> str: ...

    async def aclose(self) -> None: ...


class CompletionService:
    """The completions of a server. All methods belong to its event loop's thread.

    A request is answered by the first of these: what was suggested last, if it was typed as suggested; the
    cache; a compatible request in flight, which is waited for at most 200 ms; all providers that match, in
    parallel. The newest request of a document takes the place of the one before it, which is answered with
    nothing more; what was asked for that is cancelled unless it answers the newer one.

    `filter` says what of a suggestion may be shown, and is told whether that still grows. `context` makes
    what providers are told if they want it. With `speculate`, what follows a suggestion is asked for as soon
    as that is shown. `group` is the A/B group of a caller, for listeners.
    """

    def __init__(
        self,
        providers: InlineProviders,
        *,
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
        listeners: Sequence[CompletionListener] = (),
        filter: Filter = lambda text, request, grows: text,
        context: _Context | None = None,
        speculate: bool = False,
        group: Callable[[Caller], str] = lambda caller: "",
    ) -> None:
        self.providers = providers
        self._log = log
        self._record = Record(listeners, group, log)
        self._context = context
        self._speculate = speculate
        self.ranking = Ranking()
        self._documents = Documents()
        self._caches = Caches(filter)
        self._observers = Observers()
        self._model = ChosenModel(
            providers, lambda: self.reset("another model was chosen"), self._observers.tell
        )
        self._watch = Watch(self._model.look_aside, log)
        self._age = 0  # rises with each `reset`: what was asked before it is not kept
        series, numbers = secrets.token_hex(4), itertools.count(1)
        self._tools = Tools(
            filter, lambda: f"{series}-{next(numbers)}", self._build_context, self._fared, self._gave_up
        )
        providers.made = self._model.welcome

    # Asking

    async def complete(self, request: InlineCompletionRequest, caller: Caller) -> InlineCompletionReply:
        """The whole answer. Cancelling withdraws the request; may be called concurrently."""
        whole = request.model_copy(update={"stream": False}) if request.stream else request
        async with aclosing(self.stream(whole, caller)) as parts:
            async for part in parts:
                if isinstance(part, InlineCompletionReply):
                    return part
        return empty_reply(request.number)

    async def stream(self, request: InlineCompletionRequest, caller: Caller) -> AsyncGenerator[Part, None]:
        """One reply, and if the request streams, chunks of what is to grow, each with one end.

        Closing it withdraws the request. When a newer one of the same document comes, it ends: with an empty
        reply if there was none, and with the end of each suggestion.
        """
        self._model.look()
        document = self._documents.get(request, caller)
        turn = Turn(request, caller)
        pause = document.begin(turn)
        try:
            async with aclosing(self._answer(document, turn, pause)) as parts:
                async for part in parts:
                    turn.answered = not (request.stream or turn.superseded)
                    self._record.keep(turn)
                    yield part
            turn.answered = not turn.superseded
        finally:
            document.end(turn)
            self._record.provided(turn)
        self._look_ahead(turn)

    async def _answer(self, document: Document, turn: Turn, pause: float) -> AsyncGenerator[Part, None]:
        view = self._typed_into(document, turn)
        if view is None and (known := self._caches.find(turn)):
            self._leave(document, turn)
            yield _reply(turn, known)
            return
        view = view or await self._joined(document, turn) or await self._asked(document, turn, pause)
        if view is None:
            yield empty_reply(turn.request.number)
            return
        async with aclosing(view.parts()) as parts:
            async for part in parts:
                yield part

    def _typed_into(self, document: Document, turn: Turn) -> View | None:
        """What is being suggested, if that was typed; also if nothing was."""
        view, typed = self._older(document, turn)
        if view is None or not (view.fits() or (not typed and view.may_fit())):
            return None
        turn.source = "typed" if typed else "joined"
        return view

    def _leave(self, document: Document, turn: Turn) -> None:
        """Ask no further, unless for what comes after what is being typed."""
        flight = document.flight
        ahead = flight is not None and flight.position.typed_since(turn.position) is not None
        if not (ahead and flight is not None and flight.speculative):
            document.cancel()

    async def _joined(self, document: Document, turn: Turn) -> View | None:
        """A request in flight that may have what was typed, if that turns out soon."""
        view, _ = self._older(document, turn)
        if view is None:
            return None
        end = turn.began + _JOINING
        with view.watching():
            while not (turn.superseded or view.fits()):
                left = min(view.due(), end - asyncio.get_running_loop().time())
                if left <= 0:
                    view.note_in_vain(asyncio.get_running_loop().time() - turn.began)
                    return None
                await turn.wait(left)
        turn.source = "joined"
        return view

    def _older(self, document: Document, turn: Turn) -> tuple[View | None, str]:
        """The request in flight, if all that has changed since is that something was typed."""
        flight = document.flight
        if flight is None or not flight.live or not _as_much(turn.request, flight.request):
            return None, ""
        typed = turn.position.typed_since(flight.position)
        if typed is None:
            return None, ""
        return View(turn, flight, self.ranking, typed), typed

    async def _asked(self, document: Document, turn: Turn, pause: float) -> View | None:
        """All providers that match; None if the turn is over before."""
        turn.source = "providers"
        document.cancel()
        await self.providers.ready()
        if turn.superseded:
            return None
        turn.flight = self._launch(document, turn.request, turn.caller, pause)
        return View(turn, turn.flight, self.ranking)

    def _launch(
        self, document: Document, request: InlineCompletionRequest, caller: Caller, pause: float = _LONG
    ) -> Flight:
        age = self._age

        def landed(flight: Flight) -> None:
            document.land(flight)
            if age == self._age:
                self._caches.keep(flight, self.ranking)

        asked = self.providers.matching(request)
        flight = Flight(request, caller, asked, self._tools, landed, document.seats, typing_for=pause)
        document.launch(flight)
        return flight

    async def _build_context(self, request: InlineCompletionRequest) -> str:
        return await self._context.build(request) if self._context is not None else ""

    def leave(self, caller: Caller) -> None:
        """A client is gone: cancel what it asked for, and forget its documents; the cache is its user's."""
        self._documents.forget(caller)

    # What becomes of suggestions

    def note(self, event: ItemEvent, caller: Caller) -> None:
        """Take what a client tells of a suggestion, each thing once.

        Of what was not suggested to this user, nothing.
        """
        info = self._record.item_event(event, caller)
        if event.event == "shown":
            self._shown(event.item, caller)
        elif info is not None and event.event in ("accepted", "accepted-partly"):
            self.ranking.accepted(info.provider, True)
        elif info is not None and event.event in ("rejected", "ignored"):
            self.ranking.accepted(info.provider, False)

    def _shown(self, item: str, caller: Caller) -> None:
        turn = self._record.turn_of(item, caller) if self._speculate else None
        if turn is not None:
            turn.looked_at = item
            self._look_ahead(turn)

    def _look_ahead(self, turn: Turn) -> None:
        """Ask what follows the suggestion that is shown, once that is complete, and keep it."""
        if not turn.looked_at:
            return
        suggestion, text = turn.shown.get(turn.looked_at, (None, ""))
        document = self._documents.get(turn.request, turn.caller)
        busy = document.flight is not None and document.flight.live
        if suggestion is None or not (suggestion.done and turn.answered) or busy or document.turn is not turn:
            return
        turn.looked_at = ""
        prefix = turn.request.prefix + text
        ahead = turn.request.model_copy(update={"prefix": prefix, "stream": False, "trigger": "automatic"})
        self._launch(document, ahead, turn.caller).speculative = True

    # Providers

    def register(self, provider: Provider, options: ProviderOptions | None = None) -> Callable[[], None]:
        """Have a provider asked from now on; returns what undoes it. Raises ValueError for an id in use."""
        undo = self.providers.register(provider, options)

        def undone() -> None:
            undo()
            self._observers.tell()

        return undone

    async def renew(self) -> None:
        """Use what a reload of plug-ins has brought, and nothing that was suggested before."""
        await self.providers.renew()
        self.reset("plug-ins were reloaded")

    def reset(self, reason: str) -> None:
        """Forget what was suggested, and cancel what is in flight; who observes the status is told."""
        self._log.info("Completions begin anew: %s.", reason)
        self._forget()
        self._observers.tell()

    def _forget(self) -> None:
        self._age += 1
        self._caches.clear()
        for document in self._documents:
            document.reset()

    def status(self) -> dict[str, Any]:
        """As `GET api/ai/completion/status` tells it."""
        return {**self._model.status(), "providers": self.providers.states()}

    def observe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` whenever the status may be another; returns what undoes it."""
        return self._observers.add(changed)

    def follow(self, changed: Callable[[], None]) -> Callable[[], None]:
        """As `observe`; meanwhile what another process chooses is seen within two seconds."""
        unobserve, release = self._observers.add(changed), self._watch.hold()

        def undo() -> None:
            unobserve()
            release()

        return undo

    async def aclose(self) -> None:
        """Cancel what is in flight and close the providers, within a few seconds."""
        flights = [flight for document in self._documents for flight in document.flights]
        self._forget()
        self._watch.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                for flight in flights:
                    await flight.landed.wait()
        await self.providers.aclose()
        if self._context is not None:
            await self._context.aclose()

    def _gave_up(self, call: Call) -> None:
        """Note that a provider was cancelled."""
        if call.silent:
            self.ranking.cancelled(call.served.id, call.elapsed)
        else:
            self.ranking.spoke(call.served.id)

    def _fared(self, call: Call) -> None:
        """Note how a provider fared."""
        served, exception = call.served, call.exception
        self.ranking.spoke(served.id)
        if exception is None:
            latencies = [each.latency for each in call.suggestions if each.latency is not None]
            if latencies:
                self.ranking.answered(served.id, min(latencies))
            news = served.succeed()
        else:
            news = served.fail(exception)
            if news:
                told = f"{type(exception).__name__}: {redact(message_of(exception))}"
                self._log.info("Inline completion provider %s failed: %s", served.id, told)
        if news:
            self._observers.tell()


def _as_much(request: InlineCompletionRequest, older: InlineCompletionRequest) -> bool:
    """Whether the filters leave as much of what an older request is answered: explicit ones want more."""
    return request.trigger == older.trigger or request.trigger == "automatic"


def _reply(turn: Turn, known: list[tuple[Suggestion, str]]) -> InlineCompletionReply:
    for suggestion, text in known:
        turn.show(suggestion, text)
    items = [suggestion.shown(text) for suggestion, text in known]
    return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=turn.request.number)
