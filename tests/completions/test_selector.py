"""What `auto` chooses, and from what."""

from __future__ import annotations

from collections import Counter

import pytest

from jupyter_ai.completions.measures import Measures
from jupyter_ai.completions.selector import Candidate, FastestSelector, Situation, ab_group


def test_the_fastest_comes_first() -> None:
    candidates = [Candidate("a", 300.0, asked=5), Candidate("b", 80.0, asked=5)]

    assert FastestSelector().select(candidates, Situation()) == ["b", "a"]


def test_a_model_of_which_nothing_is_known_is_tried() -> None:
    candidates = [Candidate("a", 80.0, asked=5), Candidate("b")]

    assert FastestSelector().select(candidates, Situation()) == ["b", "a"]


@pytest.mark.parametrize(
    "worse",
    [
        Candidate("a", 80.0, failure_rate=0.9),
        Candidate("a", None, failure_rate=0.2),
        Candidate("a", 80.0, in_flight=12),
        Candidate("a", 80.0, queued=3),
    ],
    ids=["it fails", "it never answered", "it is at work", "others wait for it"],
)
def test_failures_and_load_make_a_model_slow(worse: Candidate) -> None:
    assert FastestSelector().select([worse, Candidate("b", 200.0)], Situation()) == ["b", "a"]


def test_every_twentieth_request_goes_to_the_model_that_was_asked_least() -> None:
    selector = FastestSelector()
    candidates = [Candidate("a", 80.0, asked=50), Candidate("b", 300.0, asked=2)]

    first = [selector.select(candidates, Situation())[0] for _ in range(40)]

    assert Counter(first) == {"a": 38, "b": 2}


def test_a_person_who_waits_is_not_made_to_try_others() -> None:
    selector = FastestSelector(explore_every=1)
    candidates = [Candidate("a", 80.0, asked=50), Candidate("b", 300.0, asked=2)]

    assert selector.select(candidates, Situation(explicit=True)) == ["a", "b"]


def test_group_of_a_user_is_stable() -> None:
    groups = [ab_group(user, "shorter prompts") for user in ("ada", "grace", "ada", "linus")]

    assert groups == ["A", "B", "A", "A"]


def test_groups_are_alike_in_size_and_independent_of_other_experiments() -> None:
    users = [f"user-{number}" for number in range(2000)]
    both = Counter((ab_group(user, "one"), ab_group(user, "two")) for user in users)

    assert len(both) == 4
    assert min(both.values()) > 430


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_latency_is_a_mean_in_which_the_last_answers_count_most() -> None:
    clock = Clock()
    measures = Measures(clock)
    for seconds in (0.1, 0.2):
        with measures.attempt("a:b") as attempt:
            clock.now += seconds
            attempt.answered()

    assert measures.candidate("a:b").latency_ms == pytest.approx(120)


def test_failures_load_and_those_who_wait_are_counted() -> None:
    measures = Measures()
    with measures.attempt("a:b") as attempt:
        attempt.failed()
    with measures.attempt("a:b") as attempt, attempt.waiting():
        found = measures.candidate("a:b")

    assert (found.failure_rate, found.asked, found.in_flight, found.queued) == (0.2, 2, 1, 1)
    assert measures.in_flight == 0


def test_time_in_the_queue_is_not_the_models() -> None:
    clock = Clock()
    measures = Measures(clock)
    with measures.attempt("a:b") as attempt:
        with attempt.waiting():
            clock.now += 5
        clock.now += 0.1
        attempt.answered()

    assert measures.candidate("a:b").latency_ms == pytest.approx(100)
