"""The words of a refusal are told, unless they repeat what was sent."""

from __future__ import annotations

import html
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


CODE = 'a = 1\nb = 22\nc = 3\nd = 4\ne = "zz"'


@pytest.mark.parametrize(
    "sent",
    [
        {"input_prefix": CODE},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": CODE}]}]},
        {"input_extra": ({"text": CODE},)},
    ],
    ids=["of one's own", "messages", "files"],
)
@pytest.mark.parametrize(
    "quoted", [CODE, json.dumps(CODE), repr(CODE), html.escape(CODE)], ids=["plain", "JSON", "Python", "HTML"]
)
def test_no_words_quote_the_code_however_it_was_sent(sent: dict[str, Any], quoted: str) -> None:
    assert words_of(json.dumps({"error": f"bad: {quoted}"}).encode(), sent, {}) == ""


def test_code_in_letters_beyond_ascii_is_known_in_json() -> None:
    told = {"error": f"bad: {json.dumps({'prompt': 'имя_переменной = 1'})}"}

    assert words_of(json.dumps(told).encode(), {"prompt": "имя_переменной = 1"}, {}) == ""


def test_whole_of_a_short_text_is_not_told() -> None:
    assert words_of(b'{"error": "bad: x = 4711"}', {"prompt": "x = 4711"}, {}) == ""


def test_name_of_the_model_is_told() -> None:
    words = "there is no starcoder2-15b-instruct here"

    assert words_of(json.dumps({"error": words}).encode(), {"model": "starcoder2-15b-instruct"}, {}) == words


def test_page_of_a_proxy_has_none() -> None:
    assert words_of(b"<html>Bad gateway</html>", SENT, HEADERS) == ""
