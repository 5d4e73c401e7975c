"""Which suggestions come first."""

from __future__ import annotations

from typing import Any

import pytest
from suggesting import Scripted

from jupyter_ai.completions import ProviderOptions
from jupyter_ai.completions.models import InlineCompletionItem
from jupyter_ai.completions.ranking import Ranking
from jupyter_ai.completions.served import ServedProvider
from jupyter_ai.completions.suggestion import Suggestion


def suggestion(
    text: str, place: int = 0, provider: str = "one", priority: int = 0, **fields: Any
) -> Suggestion:
    served = ServedProvider(provider, provider, ProviderOptions(priority=priority), Scripted())
    made = Suggestion(text, served, InlineCompletionItem(insertText=text, **fields), place)
    made.take(text, lambda text, grows: text, 0.0, done=True)
    return made


def ranked(ranking: Ranking, *suggestions: Suggestion) -> list[str]:
    return [each.text for each in ranking.best(suggestions, lambda each: each.text)]


def test_order_is_preselected_then_priority_then_the_provider_s_own() -> None:
    suggestions = [
        suggestion("c", 0, sortText="2"),
        suggestion("b", 1, sortText="1"),
        suggestion("a", 0, "two", priority=1),
        suggestion("first", 2, preselect=True),
    ]

    assert ranked(Ranking(), *suggestions) == ["first", "a", "b", "c"]


def test_sort_text_orders_those_that_have_one_across_providers() -> None:
    ranking = Ranking()
    ranking.answered("one", 0.1)
    ranking.answered("two", 1.0)
    suggestions = [
        suggestion("b", 0, sortText="2"),
        suggestion("plain", 1),
        suggestion("a", 0, "two", sortText="1"),
    ]

    assert ranked(ranking, *suggestions) == ["a", "plain", "b"]


def test_faster_provider_comes_first() -> None:
    ranking = Ranking()
    ranking.answered("one", 1.0)
    ranking.answered("two", 0.1)

    assert ranked(ranking, suggestion("slow"), suggestion("fast", provider="two")) == ["fast", "slow"]


def test_what_was_long_ago_counts_less() -> None:
    ranking = Ranking()
    for accepted in (*[True] * 20, *[False] * 20):
        ranking.accepted("one", accepted)

    assert ranking.score("one") < ranking.score("nobody")


@pytest.mark.parametrize("other", ["f(a,  b)", "f(a, b)\n", " f(a, b);", "f(a,\n  b)"])
def test_near_duplicate_is_dropped(other: str) -> None:
    assert ranked(Ranking(), suggestion("f(a, b)"), suggestion(other, 1)) == ["f(a, b)"]


def test_five_are_kept() -> None:
    assert ranked(Ranking(), *(suggestion(str(i), i) for i in range(9))) == ["0", "1", "2", "3", "4"]
