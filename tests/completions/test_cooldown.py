"""Models that refuse by their load are left alone for a while."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from completion_models import HTTPError

from jupyter_ai.completions.cooldown import LONGEST, Cooldown, retry_after_in, retry_after_of, status_of
from jupyter_ai.errors import FetchRefused
from jupyter_ai_magics.offline import OfflineModelError


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": formatdate(1060, usegmt=True)}, 60),
        ({"retry-after": formatdate(900, usegmt=True)}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_in(headers, lambda: 1000.0) == seconds


@pytest.mark.parametrize(
    "error",
    [
        HTTPError(429, retry_after="12"),
        FetchRefused("no", upstream_status=429, retry_after=12.0),
        OfflineModelError("no", 429, 12.0),
    ],
    ids=["client library", "endpoint", "offline model"],
)
def test_exception_tells_status_and_pause(error: Exception) -> None:
    outer = RuntimeError("the chain failed")
    outer.__cause__ = error

    assert (status_of(outer), retry_after_of(outer)) == (429, 12)


def test_model_is_left_alone_as_long_as_it_says(clock: Clock) -> None:
    cooldown = Cooldown(clock)
    cooldown.failed("a:b", HTTPError(429, retry_after="30"), clock.now)
    seen = [cooldown.left("a:b"), cooldown.left("a:c")]
    clock.now += 31
    seen.append(cooldown.left("a:b"))

    assert seen == [30, 0, 0]


def test_pause_doubles_up_to_a_minute_where_the_model_does_not_say(clock: Clock) -> None:
    cooldown, pauses = Cooldown(clock), []
    for _ in range(8):
        cooldown.failed("a:b", HTTPError(429), clock.now)
        pauses.append(cooldown.left("a:b"))

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_answer_makes_the_next_pause_short_again(clock: Clock) -> None:
    cooldown = Cooldown(clock)
    for _ in range(3):
        cooldown.failed("a:b", HTTPError(429), clock.now)
    cooldown.answered("a:b", clock.now)
    cooldown.failed("a:b", HTTPError(429), clock.now)

    assert cooldown.left("a:b") == 1


def test_no_model_is_left_alone_for_a_day(clock: Clock) -> None:
    cooldown = Cooldown(clock)
    cooldown.failed("a:b", HTTPError(429, retry_after="86400"), clock.now)

    assert cooldown.left("a:b") == LONGEST


@pytest.mark.parametrize("error", [HTTPError(401), HTTPError(500), RuntimeError("no")])
def test_other_failures_begin_no_pause(error: Exception) -> None:
    cooldown = Cooldown()

    assert not cooldown.failed("a:b", error, 0)
    assert cooldown.left("a:b") == 0


def test_answer_to_what_was_asked_before_a_pause_does_not_end_it(clock: Clock) -> None:
    cooldown, before = Cooldown(clock), clock.now
    clock.now += 1
    cooldown.failed("a:b", HTTPError(429, retry_after="30"), clock.now)
    cooldown.answered("a:b", before)

    assert cooldown.left("a:b") == 30


def test_requests_that_are_refused_together_make_one_pause(clock: Clock) -> None:
    cooldown, before = Cooldown(clock), clock.now
    clock.now += 1
    cooldown.failed("a:b", HTTPError(429, retry_after="30"), before)
    for _ in range(3):
        cooldown.failed("a:b", HTTPError(429), before)
    cooldown.failed("a:c", HTTPError(429), before)
    cooldown.failed("a:c", HTTPError(429), before)

    assert (cooldown.left("a:b"), cooldown.left("a:c")) == (30, 1)
