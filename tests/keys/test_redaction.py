"""Keys in text, in all the ways they are written."""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Iterable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import escape
from pydantic import BaseModel, ConfigDict, ValidationError

from jupyter_ai.keys import forms as forms_of
from jupyter_ai.keys import redaction
from jupyter_ai.keys.forms import is_secret
from jupyter_ai.keys.redaction import Redactor, activate, deactivate, redact, redact_data, redact_json

KEY = "sk-planted+/é\"'\\0123456789abcdefghijklmnopqrstuvwxyz"
_ANY = st.characters(exclude_categories=())  # lone surrogates, too


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(lambda: {KEY: "X_API_KEY"})


@pytest.mark.parametrize(
    "shown",
    [
        KEY,
        repr(KEY),
        json.dumps(KEY),
        json.dumps(KEY, ensure_ascii=False),
        json.dumps(json.dumps(KEY)),
        f"https://models.example/v1?key={quote(KEY, safe='')}&n=1",
        f"https://models.example/{quote(KEY)}",
        re.sub("%..", lambda found: found[0].lower(), quote(KEY, safe="")),
        quote(quote(KEY, safe=""), safe=""),
        re.sub("%25..", lambda found: found[0].lower(), quote(quote(KEY, safe=""), safe="")),
        json.dumps(KEY).replace("/", r"\/"),
        json.dumps(json.dumps(KEY).replace("/", r"\/")),
        json.dumps(KEY).replace("/", r"\u002f"),
        json.dumps(KEY).replace("/", r"\u002F"),
        htmlsafe_json_dumps(KEY),
        html.escape(KEY),
        html.escape(KEY).replace("/", "&#x2F;"),
        html.escape(KEY).replace("/", "&#47;").replace("x27", "39"),
        escape(KEY),
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
        f"Basic {base64.b64encode(f':{KEY}'.encode()).decode()}",
        f"Basic {base64.b64encode(f'me:{KEY}'.encode()).decode()}",
        f"{KEY[:30]}...{KEY[-20:]}",
        f"cut off: {KEY[:-3]}",
    ],
)
def test_every_form_is_replaced_by_the_name(shown: str, redactor: Redactor) -> None:
    cleaned = redactor(f"before {shown} after")

    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    assert "[X_API_KEY]" in cleaned
    assert "0123456789" not in cleaned
    assert not any(part in cleaned for part in ("planted+/é", "vwxyz", "bGFudGVk"))


@pytest.mark.parametrize(
    "shown",
    [
        htmlsafe_json_dumps("wJal<rX>&'=/7MDENG"),
        r"wJal\u003crX\u003e\u0026\u0027\u003d/7MDENG",
        r"wJal\u003CrX\u003E\u0026'=\/7MDENG",
        r"wJal\u003CrX\u003E&'=\u002F7MDENG",
        "wJal&lt;rX&gt;&amp;&#39;&#x3D;&#x2F;7MDENG",
    ],
)
def test_what_is_no_part_of_html_is_known_as_well(shown: str) -> None:
    told = Redactor(lambda: {"wJal<rX>&'=/7MDENG": "AWS_KEY"})(f"({shown})")

    assert told.strip('()"') == "[AWS_KEY]"


def test_a_key_of_plain_characters_has_few_forms() -> None:
    redactor = Redactor(lambda: {"sk-proj-0123456789abcdefghij": "A"})
    redactor.refresh()

    assert len(redactor.forms) < 10


def test_what_pydantic_cuts_out_of_the_middle_is_replaced(redactor: Redactor) -> None:
    class Model(BaseModel):
        model_config = ConfigDict(extra="forbid")

    with pytest.raises(ValidationError) as raised:
        Model.model_validate({"openai": KEY})

    assert "0123" in str(raised.value)
    assert "input_value='[X_API_KEY]...[X_API_KEY]'" in redactor(str(raised.value))


def test_the_beginnings_that_client_libraries_show_stay(redactor: Redactor) -> None:
    text = "Incorrect API key provided: sk-plant****************wxyz."

    assert redactor(text) is text


@given(st.text(), st.text(min_size=8), st.text())
def test_no_text_keeps_a_key(before: str, key: str, after: str) -> None:
    told = Redactor(lambda: {key: ""})(before + key + after)

    assert key not in told.replace("[]", "") if is_secret(key) else told == before + key + after


@pytest.mark.parametrize("key", ["", "short", "1234567", "anything", "EMPTY", "permissions"])
def test_words_are_no_keys(key: str) -> None:
    text = "a short text of 1234567 words: EMPTY permissions, anything"

    assert Redactor(lambda: [key])(text) == text


def test_no_part_of_a_key_that_is_a_word_is_replaced() -> None:
    text = "my-password: my-passwor"

    assert Redactor(lambda: {"my-password-1": "A"})(text) == text


@given(st.dictionaries(st.text(_ANY, min_size=8), st.just("N"), max_size=3))
def test_a_key_may_hold_anything(keys: dict[str, str]) -> None:
    redactor = Redactor(lambda: {**keys, KEY: "X_API_KEY"})

    for key in filter(is_secret, keys):
        assert key not in redactor(f"a {key} b").replace("[N]", "")
    assert KEY[:12] not in redactor(f"a {KEY} b")


def test_a_byte_of_the_environment_that_is_no_utf_8() -> None:
    key = os.fsdecode(b"\xffabcdefgh12345678")
    redactor = Redactor(lambda: {key: "FOO_TOKEN"})
    shown = [key, "\ufffd" + key[1:], "?" + key[1:], "%FF" + key[1:], repr(key)[1:-1]]

    assert [redactor(text) for text in shown] == ["[FOO_TOKEN]"] * 5
    assert redactor(base64.b64encode(os.fsencode(key)).decode()).startswith("[FOO_TOKEN]")


def test_a_key_that_cannot_be_learned_leaves_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def forms(key: str, name: str) -> Iterable[forms_of.Form]:
        if name == "BAD":
            raise ValueError(key)
        return forms_of.forms_of(key, name)

    monkeypatch.setattr(redaction, "forms_of", forms)
    redactor = Redactor(lambda: {"a-bad-key-of-mine": "BAD", "a-good-key-of-mine": "GOOD"})

    assert redactor("a-bad-key-of-mine a-good-key-of-mine") == "[BAD] [GOOD]"
    assert redactor("later: a-good-key-of-mine") == "later: [GOOD]"


def test_names_of_our_json_stay_and_those_of_others_only_without_whole_keys() -> None:
    redactor = Redactor(lambda: {"a-problem-of-mine": "A"})
    data = {"a-problem-of-mine": ["a-problem-of-mine"], "a-problem-of-yours": 1}

    activate(redactor)
    try:
        assert redact_data(data) == {"[A]": ["[A]"], "a-problem-of-yours": 1}
        assert json.loads(redact_json(json.dumps(data))) == {**data, "a-problem-of-mine": ["[A]"]}
        assert redact_json("no JSON: a-problem-of-mine") == "no JSON: [A]"
    finally:
        deactivate(redactor)


def test_a_key_that_was_known_once_stays_so() -> None:
    keys = {"first-key-of-all": "A"}
    redactor = Redactor(lambda: dict(keys))
    assert redactor("first-key-of-all") == "[A]"

    keys.clear()
    keys["second-key-of-all"] = "A"

    assert redactor("first-key-of-all second-key-of-all") == "[A] [A]"


def test_keys_that_cannot_be_listed_any_more_are_still_replaced() -> None:
    answers = iter([["a-key-of-mine"]])
    redactor = Redactor(lambda: next(answers))
    redactor.refresh()

    assert redactor("a-key-of-mine") == "[API key]"


def test_nothing_is_replaced_unless_a_redactor_is_active(redactor: Redactor) -> None:
    data = {"error": [KEY, 1, None, {KEY: (KEY,)}]}
    assert redact_data(data) is data

    activate(redactor)
    try:
        assert redact(KEY) == "[X_API_KEY]"
        assert redact_data(data) == {"error": ["[X_API_KEY]", 1, None, {"[X_API_KEY]": ["[X_API_KEY]"]}]}
    finally:
        deactivate(redactor)

    assert redact(KEY) == KEY
