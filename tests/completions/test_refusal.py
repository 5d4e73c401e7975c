"""The words of a refusal are told, unless they repeat what was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_ai.completions.refusal import words_of

SENT = {"prompt": "def secret_of_ours():\n    ", "suffix": "\n"}
HEADERS = {"Authorization": "Bearer sk-planted-0123"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"error": {"message": "you must\nprovide a model"}}, "you must provide a model"),
        ({"error": "no such model"}, "no such model"),
        ({"object": "error", "message": "not found"}, "not found"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"input": "def secret_of_ours():"}]}, ""),
        ({"message": "bad prompt: def secret_of_ours():"}, ""),
        ({"message": "bad prompt: secret_of_ou…"}, ""),
        ({"error": {"message": "wrong key sk-planted-0123"}}, ""),
        ({"message": "x" * 300}, "x" * 200),
        ("no", ""),
        (None, ""),
    ],
)
def test_words(answer: Any, words: str) -> None:
    assert words_of(json.dumps(answer).encode(), SENT, HEADERS) == words


def test_page_of_a_proxy_has_none() -> None:
    assert words_of(b"<html>Bad gateway</html>", SENT, HEADERS) == ""
