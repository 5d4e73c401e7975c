"""Keys in a text that comes in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_ai.keys import stream_redaction
from jupyter_ai.keys.forms import is_secret
from jupyter_ai.keys.redaction import Redactor
from jupyter_ai.keys.stream_redaction import StreamRedactor

KEY = "sk-planted+/é\"'\\0123456789abcdefghijklmnopqrstuvwxyz"
KEY_IN_JSON = json.dumps(KEY)[1:-1].replace("/", r"\u002f")
REPEATING = "aab-aab-aaab-aab1"
NAMES = {KEY: "X_API_KEY", REPEATING: "Y_TOKEN"}


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    redactor = Redactor(lambda: NAMES)
    redactor.refresh()
    return redactor


def said(redactor: Redactor, chunks: Iterable[str]) -> str:
    stream = StreamRedactor([redactor])
    return "".join([*map(stream.feed, chunks), stream.flush()])


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("size", range(1, 30))
@pytest.mark.parametrize("key", [KEY, REPEATING, json.dumps(KEY)[1:-1], KEY_IN_JSON])
def test_chunks_of_every_size(key: str, size: int, redactor: Redactor) -> None:
    told = said(redactor, cut(f"My key is {key}, keep it.", size))

    mark = f"[{NAMES.get(key, 'X_API_KEY')}]"
    before, _, after = told.partition(mark)
    assert after == ", keep it."
    assert before.startswith("My key is ")
    assert len(before) < len("My key is ") + 4  # fewer than four code points are not held back


@pytest.mark.parametrize("key", [KEY, REPEATING])
def test_every_place_where_a_key_is_cut(key: str, redactor: Redactor) -> None:
    for at in range(4, len(key)):
        told = said(redactor, [f"It is aa{key[:at]}", f"{key[at:]}ab."])
        assert told == f"It is aa[{NAMES[key]}]ab.", at


def test_every_two_places_where_two_keys_are_cut(redactor: Redactor) -> None:
    text = f"{KEY}{REPEATING} {KEY}"
    for one in range(4, len(text), 3):
        for two in range(one + 1, len(text), 2):
            told = said(redactor, [text[:one], text[one:two], text[two:]])
            assert not any(key[4:12] in told for key in NAMES), (one, two)
            assert told.count("[") == 3, (one, two, told)


def test_only_what_may_become_a_key_is_held_back(redactor: Redactor) -> None:
    stream = StreamRedactor([redactor])

    fed = [stream.feed(chunk) for chunk in ("a sk-", "p", "lant", "ain", " b")]

    assert fed == ["a sk-", "", "", "plantain", " b"]
    assert stream.flush() == ""


def test_what_is_held_back_comes_at_the_end(redactor: Redactor) -> None:
    stream = StreamRedactor([redactor])

    assert stream.feed("see sk-plan") == "see "
    assert stream.flush() == "sk-plan"
    assert stream.flush() == ""


def test_a_key_that_stays_cut_is_replaced(redactor: Redactor) -> None:
    assert said(redactor, cut(f"see {KEY[:-3]}", 4)) == "see [X_API_KEY]"
    assert said(redactor, cut(f"see {KEY[:-3]} and more", 4)) == "see [X_API_KEY] and more"


def test_an_endless_repetition_is_not_held_back_for_ever() -> None:
    redactor = Redactor(lambda: {"a" * 12: "A"})
    redactor.refresh()
    stream = StreamRedactor([redactor])

    assert "".join(stream.feed("a") for _ in range(1000)).count("[A]") >= 80


def test_many_forms_do_not_make_the_search_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(stream_redaction, "_common", lambda *both: compared.append(both) or 0)
    redactor = Redactor(lambda: {f"sk-pl{number}+/<'=\"{'abc/' * 8}": "A" for number in range(10)})
    redactor.refresh()

    StreamRedactor([redactor]).feed("sk-plain text")

    assert len(redactor.forms) > 200
    assert len(compared) < 10


def test_without_keys_all_passes() -> None:
    assert said(Redactor(dict), ["a", "", "bcd", KEY]) == f"abcd{KEY}"
    assert said(Redactor(lambda: ["a-key-of-mine"]), ["a-key-of-mine"]) == "a-key-of-mine"  # not refreshed


@given(st.text(max_size=6), st.text(min_size=8, max_size=40), st.text(max_size=6), st.data())
def test_no_cut_shows_more_than_the_first_of_a_key(
    before: str, key: str, after: str, data: st.DataObject
) -> None:
    redactor = Redactor(lambda: {key: "N"})
    redactor.refresh()
    text = before + key + after
    places = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    chunks = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]

    told = said(redactor, chunks)

    if is_secret(key):
        assert key not in told
        assert "N]" in told  # a key may begin with the bracket as well
    else:
        assert told == text


@given(st.lists(st.text("abs-k", max_size=5)))
def test_nothing_else_is_lost(chunks: list[str]) -> None:
    redactor = Redactor(lambda: {"sk-ab-abs-kk-1": "N"})
    redactor.refresh()

    assert said(redactor, chunks) == "".join(chunks)
