"""Somebody types a source file, against a model that takes 300 ms; time passes by itself."""

from __future__ import annotations

import asyncio
import inspect
import textwrap

import pytest
from typists import MockModel, document_words, simulate

SOURCE = inspect.getsource(textwrap)
START = SOURCE.index("def _munge_whitespace")
END = START + 300


@pytest.mark.parametrize("words_per_minute", [60, 120])
def test_the_model_is_asked_rarely_and_nothing_stale_is_shown(words_per_minute: float) -> None:
    model = MockModel(SOURCE)
    outcome = asyncio.run(
        simulate(SOURCE[:END], words_per_minute, [model, document_words()], start=START), debug=False
    )

    assert outcome.keys == END - START
    assert outcome.per_key <= 1 / 3
    assert outcome.shown / outcome.keys >= 1 / 3
    assert (outcome.stale, outcome.unanswered) == (0, 0)
    assert model.most <= 2


def test_a_fresh_installation_has_suggestions_that_are_mostly_right() -> None:
    start, end = SOURCE.index("def fill(text"), SOURCE.index("return w.fill")
    outcome = asyncio.run(simulate(SOURCE[:end], 120, [document_words()], start=start), debug=False)

    assert outcome.shown > 0
    assert outcome.right >= outcome.shown / 2
