"""Embeddings without a model: unit vectors, equal for equal texts, alike for texts with words in common."""

from __future__ import annotations

import base64
import re
import sys
from array import array
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from math import log, sqrt

__all__ = ["base64_floats", "embed"]

_WORD = re.compile(r"\w+")
_POSITIONS = 16  # that one word adds to; enough that few words share all


def embed(text: str, dimensions: int) -> list[float]:
    """A vector of length 1 for a text; case and punctuation do not count.

    Words are hashed to signed positions and added up, so that texts with the same words are close and
    texts without any in common nearly orthogonal.
    """
    vector = [0.0] * dimensions
    for word, count in Counter(_WORD.findall(text.casefold()) or [text]).items():
        for position, sign in _places(word):
            vector[position % dimensions] += sign * (1 + log(count))
    return _unit(vector)


def base64_floats(vector: list[float]) -> str:
    """The vector as little-endian 32-bit floats in base64, as OpenAI's clients ask for it."""
    floats = array("f", vector)
    if sys.byteorder == "big":
        floats.byteswap()
    return base64.b64encode(floats.tobytes()).decode("ascii")


@lru_cache(maxsize=4096)
def _places(word: str) -> tuple[tuple[int, float], ...]:
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4 * _POSITIONS).digest()
    numbers = (int.from_bytes(digest[at : at + 4], "little") for at in range(0, len(digest), 4))
    return tuple((number >> 1, 1.0 if number & 1 else -1.0) for number in numbers)


def _unit(vector: list[float]) -> list[float]:
    length = sqrt(sum(value * value for value in vector))
    if length == 0:  # in few dimensions everything may cancel out
        return [1.0, *vector[1:]]
    return [value / length for value in vector]
