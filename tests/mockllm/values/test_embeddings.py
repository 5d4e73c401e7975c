"""Vectors for texts, without a model."""

from __future__ import annotations

import base64
import struct
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.values.embeddings import base64_floats, embed

SEA = [8, 12, 17, 21, 23, 25, 26, 32, 36, 46, 52, 59]  # where the vector of "sea" is not zero


def likeness(first: str, second: str, dimensions: int = 512) -> float:
    return sum(a * b for a, b in zip(embed(first, dimensions), embed(second, dimensions), strict=True))


@given(st.text(st.characters(codec=None)), st.integers(1, 40))
def test_any_text_has_a_vector_of_length_one(text: str, dimensions: int) -> None:
    vector = embed(text, dimensions)

    assert len(vector) == dimensions
    assert isclose(sum(value * value for value in vector), 1, rel_tol=1e-9)


def test_the_same_text_has_the_same_vector_in_every_process() -> None:
    assert [index for index, value in enumerate(embed("sea", 64)) if value] == SEA


def test_similar_texts_are_closer_than_others() -> None:
    assert likeness("the sea is blue today", "Today the sea is blue.") == pytest.approx(1)
    assert likeness("the sea is blue", "the sea is deep") > 0.5
    assert abs(likeness("the sea is blue", "counting small numbers quickly")) < 0.2


def test_base64_holds_little_endian_floats_of_32_bits() -> None:
    assert struct.unpack("<2f", base64.b64decode(base64_floats([0.5, -2.0]))) == (0.5, -2.0)
