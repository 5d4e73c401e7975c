"""One provider being asked one thing: within its time, and at nobody else's cost."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from jupyter_ai.completions.cooldown import status_of
from jupyter_ai.completions.listeners import ProviderFailure
from jupyter_ai.completions.models import (
    CompletionError,
    InlineCompletionItem,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)
from jupyter_ai.completions.suggestion import Suggestion
from jupyter_ai.errors import CompletionTimedOut, CompletionUnavailable, UnsupportedAnswer, message_of
from jupyter_ai.keys.redaction import redact

if TYPE_CHECKING:
    from jupyter_ai.completions.seats import Seats
    from jupyter_ai.completions.served import ServedProvider

__all__ = ["Call"]

_MOST = 20  # suggestions of one call that are looked at
_LONGEST = 60.0  # seconds of a stream, however much it brings
_BREATH = 32  # parts of a stream after which others have their turn, if it does not wait by itself

Context = Callable[[], Awaitable[str]]


class Call:
    """Asks `served`; `changed` is called whenever there is something new, `fared` if it ends by itself.

    `filtered` says what of a suggestion may be shown, and is told whether that still grows; `new_id` names
    one, and `context` is what the provider is told besides if it wants that. Of the document's `seats` it
    takes one while it asks.
    """

    def __init__(
        self,
        served: ServedProvider,
        request: InlineCompletionRequest,
        *,
        delay: float,
        changed: Callable[[], None],
        fared: Callable[[Call], None],
        filtered: Callable[[str, bool], str],
        new_id: Callable[[], str],
        context: Context,
        seats: Seats,
    ) -> None:
        self.served = served
        self.asked = False  # the pause in typing is over
        self.answered_at: float | None = None  # when it said something, or ended
        self.ended = False
        self.suggestions: list[Suggestion] = []
        self.error: CompletionError | None = None
        self.failure: ProviderFailure | None = None
        self.exception: BaseException | None = None
        self._request = request
        self._delay = delay
        self._changed = changed
        self._fared = fared
        self._filtered = filtered
        self._new_id = new_id
        self._context = context
        self._seats = seats
        self._open: dict[str, Suggestion] = {}  # by the provider's token
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._parts = 0

    async def run(self) -> None:
        """Ask, and take what is answered, until the end. What is raised is kept as `error`.

        Cancelling it closes the provider's stream.
        """
        try:
            if self._delay:
                await asyncio.sleep(self._delay)
            async with self._seats.seat(self.served) as free:
                self.asked = free
                self._began = self._loop.time()
                if not free:
                    return
                await self._ask()
        except BaseException as e:
            if _is_ours(e):
                raise
            # Whatever a provider raises must cost nobody else.
            self._fail(_told(self.served, e))
            self._fared(self)
        else:
            self._fared(self)
        finally:
            self._end()

    async def _ask(self) -> None:
        seconds = self.served.options.deadline_ms / 1000
        end = self._loop.time() + max(seconds, _LONGEST)
        try:
            async with asyncio.timeout(seconds) as deadline:
                request = await self._own_request()
                if request.stream:
                    await self._stream(request, deadline, seconds, end)
                else:
                    provider: Any = self.served.provider
                    self._take(await provider.generate_inline_completions(request))
        except TimeoutError:
            if not deadline.expired():
                raise
            what = "answer" if self._loop.time() < end else "end its answer"
            within = seconds if self._loop.time() < end else max(seconds, _LONGEST)
            late = f"{self.served.name} did not {what} within {within:g} s."
            raise CompletionTimedOut(late) from None

    async def _own_request(self) -> InlineCompletionRequest:
        """A copy, so that what a provider does to it is its own business."""
        context = await self._context() if self.served.options.wants_context else ""
        return self._request.model_copy(update={"context": context})

    async def _stream(
        self, request: InlineCompletionRequest, deadline: asyncio.Timeout, seconds: float, end: float
    ) -> None:
        provider: Any = self.served.provider
        async with _closing(provider.stream_inline_completions(request)) as parts:
            async for part in parts:
                if self._take(part):
                    deadline.reschedule(min(end, self._loop.time() + seconds))
                self._parts += 1
                if self._parts % _BREATH == 0:
                    await asyncio.sleep(0)

    def _take(self, part: object) -> bool:
        """Whether it brings anything."""
        if isinstance(part, InlineCompletionReply):
            news = len(self.suggestions) < _MOST and bool(part.list.items)
            for item in part.list.items[: _MOST - len(self.suggestions)]:
                self._begin(item)
        elif isinstance(part, InlineCompletionStreamChunk):
            news = self._grow(part)
        else:
            raise UnsupportedAnswer(
                f"{self.served.name} answered with a {type(part).__name__}: "
                "answer with an InlineCompletionReply, then with InlineCompletionStreamChunk."
            )
        if part.error is not None and self.error is None:
            self._report(part.error)
        self._answer()
        self._changed()
        return news

    def _begin(self, item: InlineCompletionItem) -> None:
        grows = bool(item.isIncomplete and item.token and self._request.stream)
        # It may have been changed since it was made, which checks nothing; the copy is ours.
        item = InlineCompletionItem.model_validate(vars(item))
        suggestion = Suggestion(self._new_id(), self.served, item, len(self.suggestions))
        suggestion.take(item.insertText, self._filtered, self.elapsed, done=not grows)
        self.suggestions.append(suggestion)
        if grows:
            self._open[str(item.token)] = suggestion

    def _grow(self, chunk: InlineCompletionStreamChunk) -> bool:
        token = str(chunk.response.token)
        suggestion = self._open.get(token)
        if suggestion is None:
            return False  # it is late, or of somebody else
        before = suggestion.raw
        text, model = chunk.response.insertText, chunk.response.model
        if not (isinstance(text, str) and isinstance(model, str | None)):
            told = f"{self.served.name} answered with a chunk whose text or model is no string."
            raise UnsupportedAnswer(told)
        if model is not None:
            suggestion.item = suggestion.item.model_copy(update={"model": model})
        suggestion.take(text, self._filtered, self.elapsed, done=bool(chunk.done))
        if chunk.done:
            del self._open[token]
        return chunk.done or suggestion.raw != before

    def _report(self, error: CompletionError) -> None:
        """Keep what a provider says of its failure by itself."""
        told = {name: redact(text) for name, text in error.model_dump().items()}
        self.error = CompletionError.model_validate(told)
        self.failure = ProviderFailure(self.served.id, error.type)

    def _fail(self, error: BaseException) -> None:
        self.exception = error
        known = isinstance(error, CompletionUnavailable)
        kind = error.type if isinstance(error, CompletionUnavailable) else type(error).__name__
        told = "" if known else redact("".join(traceback.format_exception(error)))
        title = redact(message_of(error)) or kind
        self.error = CompletionError(type=kind, title=title, traceback=told)
        off = isinstance(error, CompletionUnavailable) and not isinstance(error, CompletionTimedOut)
        self.failure = ProviderFailure(self.served.id, kind, status_of(error), off)

    def _end(self) -> None:
        self.ended = True
        self._answer()
        for suggestion in self._open.values():
            suggestion.close(self._filtered, self.elapsed)
        self._open.clear()
        self._changed()

    def _answer(self) -> None:
        if self.answered_at is None:
            self.answered_at = self._loop.time()

    @property
    def answered(self) -> bool:
        """Whether it has said something, or ended."""
        return self.answered_at is not None

    @property
    def waits(self) -> bool:
        """Whether older calls of its provider keep it from being asked."""
        return not (self.asked or self.ended) and self._seats.is_full(self.served)

    @property
    def silent(self) -> bool:
        """Whether it has brought no text yet, at most the promise of some."""
        return not self.ended and not any(each.raw or each.done for each in self.suggestions)

    @property
    def elapsed(self) -> float:
        """Seconds since it was asked, or is to be."""
        return self._loop.time() - self._began


def _is_ours(error: BaseException) -> bool:
    """Whether the running task is to end: not where a provider raises a cancellation by itself."""
    task = asyncio.current_task()
    cancelled = isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
    return cancelled or isinstance(error, GeneratorExit)


def _told(served: ServedProvider, error: BaseException) -> BaseException:
    if isinstance(error, asyncio.CancelledError):
        return CompletionUnavailable(f"{served.name} was cancelled by itself.", type="CancelledError")
    return error


@asynccontextmanager
async def _closing(stream: Any) -> AsyncGenerator[Any, None]:
    """Closes a provider's stream at the end, if it can be closed."""
    try:
        yield stream
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()
