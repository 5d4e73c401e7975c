"""Delays are those of the rule, or of the settings, and their jitter is the same each time."""

from itertools import islice

import pytest

from mockllm.config import Reply
from mockllm.faults import Faults


def delays(reply: Reply, count: int = 3) -> list[float]:
    return list(islice(reply.delays(), count))


def test_without_faults_the_delay_is_that_of_the_settings() -> None:
    assert delays(Reply("a", token_delay=0.02)) == [0, 0.02, 0.02]


def test_the_faults_go_before_the_settings() -> None:
    assert delays(Reply("a", faults=Faults(first_token_ms=300, token_ms=0), token_delay=0.02)) == [0.3, 0, 0]


def test_jitter_stays_within_its_bounds_and_differs_from_token_to_token() -> None:
    found = delays(Reply("a", faults=Faults(token_ms=100, jitter=0.2)), 1000)[1:]

    assert 0.08 <= min(found) < 0.085 < 0.115 < max(found) <= 0.12
    assert len(set(found)) > 900


@pytest.mark.parametrize("other", [0, 2])
def test_jitter_depends_on_the_seed_alone(other: int) -> None:
    faults = Faults(first_token_ms=100, jitter=1)

    assert delays(Reply("a", faults=faults, seed=1)) == delays(Reply("b", faults=faults, seed=1))
    assert delays(Reply("a", faults=faults, seed=1)) != delays(Reply("a", faults=faults, seed=other))
