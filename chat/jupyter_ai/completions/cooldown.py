"""Models that said they are asked too often, and how long each is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from jupyter_ai.errors import CompletionUnavailable, JupyterAIError
from jupyter_ai_magics.failures import chain

__all__ = ["LONGEST", "Cooldown", "retry_after_in", "retry_after_of", "status_of", "too_often"]

LONGEST = 600.0
"""Seconds that a model is left alone at most, whatever it says."""

_FIRST = 1.0  # seconds, where the model does not say how long; doubled each time
_LONGEST_GUESS = 60.0
_TOO_OFTEN = (429, 503, 529)  # 529 is Anthropic's word for being overloaded


class Cooldown:
    """Which models are not to be asked for a while; of one event loop.

    An answer or a failure comes with the time `asked`, of the same clock, at which the model was asked: what
    was asked before a pause began says nothing about it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: dict[str, float] = {}
        self._until: dict[str, float] = {}
        self._guesses: dict[str, float] = {}  # the last one of each model that did not say how long

    def left(self, model: str) -> float:
        """Seconds until the model may be asked again; 0: it may."""
        return max(0.0, self._until.get(model, 0.0) - self._clock())

    def failed(self, model: str, error: BaseException, asked: float) -> bool:
        """Note a failure; whether it begins a pause. It does where the model refuses by its load."""
        if status_of(error) not in _TOO_OFTEN:
            return False
        told, now = retry_after_of(error), self._clock()
        until = now + min(LONGEST, self._guess(model, asked) if told is None else told)
        if not self.left(model):
            self._began[model] = now
        self._until[model] = max(until, self._until.get(model, 0.0))
        return True

    def answered(self, model: str, asked: float) -> None:
        """Note an answer: the next pause is a short one again."""
        if asked >= self._began.get(model, asked):
            for known in (self._began, self._until, self._guesses):
                known.pop(model, None)

    def _guess(self, model: str, asked: float) -> float:
        """Longer than the last time, unless both were asked at once."""
        known = self._guesses.get(model)
        if known is not None and asked < self._began.get(model, asked):
            return known
        seconds = min(_LONGEST_GUESS, 2 * self._guesses.get(model, _FIRST / 2))
        self._guesses[model] = seconds
        return seconds


def too_often(name: str, seconds: float) -> CompletionUnavailable:
    """Why what has this name is not asked for so many seconds."""
    left = f"it is asked again in {max(1, round(seconds))} s."
    return CompletionUnavailable(f"{name} was asked too often; {left}", "too-often", 429)


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an exception of a client library, or of ours, is about."""
    for cause in chain(error):
        for holder in (cause, getattr(cause, "response", None)):
            # Of ours, `status` is what a client of this server is answered with.
            ours = isinstance(holder, JupyterAIError)
            for name in ("upstream_status",) if ours else ("status_code", "status", "code"):
                status = getattr(holder, name, None)
                if isinstance(status, int) and 100 <= status < 600:
                    return status
    return None


def retry_after_of(error: BaseException) -> float | None:
    """In how many seconds to ask again, as an exception or the response that it holds says; or None."""
    for cause in chain(error):
        told = getattr(cause, "retry_after", None)
        if isinstance(told, int | float) and told >= 0:
            return float(told)
        headers = getattr(getattr(cause, "response", None), "headers", None)
        if headers is not None and (told := retry_after_in(headers)) is not None:
            return told
    return None


def retry_after_in(headers: Mapping[str, Any], now: Callable[[], float] = time.time) -> float | None:
    """The seconds of a `Retry-After`, which is a number of them or a date, or of `Retry-After-Ms`."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = str(headers.get("retry-after") or "").strip()
    seconds = _number(text)
    if seconds is not None or not text:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now())
    except (ValueError, OverflowError):
        return None


def _number(text: Any) -> float | None:
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < float("inf") else None
