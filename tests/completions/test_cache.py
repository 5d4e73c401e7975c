"""What was suggested is found again while somebody types into it."""

from __future__ import annotations

import pytest
from suggesting import Scripted

from jupyter_ai.completions import ProviderOptions
from jupyter_ai.completions.cache import SuggestionCache
from jupyter_ai.completions.models import InlineCompletionItem
from jupyter_ai.completions.position import Position
from jupyter_ai.completions.served import ServedProvider
from jupyter_ai.completions.suggestion import Suggestion

PLACE = ("a.py", None)
SERVED = ServedProvider("one", "One", ProviderOptions(), Scripted())


def suggestion(text: str) -> Suggestion:
    made = Suggestion(text, SERVED, InlineCompletionItem(insertText=text), 0)
    made.take(text, lambda text, grows: text, 0.0, done=True)
    return made


def cached(prefix: str, *texts: str, suffix: str = "") -> SuggestionCache:
    cache = SuggestionCache()
    cache.store(PLACE, Position(prefix, suffix), [suggestion(text) for text in texts])
    return cache


def found(cache: SuggestionCache, prefix: str, suffix: str = "") -> list[str]:
    return [hit.text for hit in cache.find(PLACE, Position(prefix, suffix))[0]]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("a = ", ["range", "random"]), ("a = ran", ["ge", "dom"]), ("a = rang", ["e"])],
)
def test_typing_into_a_suggestion_leaves_the_rest(prefix: str, expected: list[str]) -> None:
    assert found(cached("a = ", "range", "random"), prefix) == expected


@pytest.mark.parametrize("prefix", ["a =", "b = ", "a = x", "a = range", "bb\na = "])
def test_nothing_is_found_elsewhere(prefix: str) -> None:
    assert found(cached("a = ", "range"), prefix) == []


def test_same_end_of_another_prefix_is_no_hit() -> None:
    same = "x" * 100

    assert found(cached(f"1{same}", "range"), f"2{same}") == []


def test_text_after_the_cursor_must_be_the_same() -> None:
    cache = cached("f(", "x", suffix="\nprint()")

    assert found(cache, "f(", "\nprint(1)") == []


def test_bracket_that_the_editor_closes_is_no_other_text() -> None:
    cache = cached("f", "(x, y)", suffix="\nprint()")
    hits, _ = cache.find(PLACE, Position("f(", ")\nprint()"))

    assert [(hit.text, hit.raw) for hit in hits] == [("x, y)", True)]


def test_oldest_entry_goes_when_there_are_too_many() -> None:
    cache = SuggestionCache(entries=2)
    for prefix in ("a", "b"):
        cache.store(PLACE, Position(prefix, ""), [suggestion("1")])
    found(cache, "a")
    cache.store(PLACE, Position("c", ""), [suggestion("1")])

    assert [found(cache, prefix) for prefix in "abc"] == [["1"], [], ["1"]]


def test_bytes_are_bounded() -> None:
    cache = SuggestionCache(size=100_000)
    for number in range(100):
        cache.store((f"{number}.py",), Position("", ""), [suggestion("x" * 1000)])

    assert cache.size <= 100_000
    assert 0 < len(cache) < 100


def test_what_is_larger_than_the_cache_is_not_kept() -> None:
    cache = SuggestionCache(size=1000)
    cache.store(PLACE, Position("", ""), [suggestion("x" * 1000)])

    assert (len(cache), cache.size) == (0, 0)
