"""A key that a model repeats is in no suggestion, whole or as it grows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_ai.completions.clean_text import CleanText
from jupyter_ai.keys.redaction import Redactor, activate, deactivate

KEY = "sk-planted-0123456789abcdef"


@pytest.fixture(autouse=True)
def redacting() -> Iterator[None]:
    redactor = Redactor(lambda: {KEY: "A_KEY"})
    redactor.refresh()
    activate(redactor)
    yield
    deactivate(redactor)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_key_is_not_told_as_it_grows(size: int) -> None:
    text, clean = f'client = Client("{KEY}")\n', CleanText()

    told = [clean.take(text[:end], last=end >= len(text)) for end in range(size, len(text) + size, size)]

    assert told[-1].endswith('[A_KEY]")\n')
    assert [each for each in told if KEY[:4] in each] == []


def test_text_that_begins_anew_is_told_anew() -> None:
    clean = CleanText()

    told = [clean.take("return 1", last=False), clean.take("pass", last=False), clean.take("pass", last=True)]

    assert told[2] == "pass"


def test_end_that_might_have_become_a_key_is_told_last() -> None:
    clean = CleanText()

    assert [clean.take("x = sk-plan", last=last) for last in (False, True)] == ["x = ", "x = sk-plan"]
