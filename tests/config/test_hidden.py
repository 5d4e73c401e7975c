"""What is secret in a setting is not shown, and stays when the rest is sent back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_ai.config.hidden import HIDDEN, hidden, revealed, secrets_in

HEADERS = json.dumps({"Authorization": "Bearer abc", "X-Team": "data"})


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("base_url", "http://host/v1", "http://host/v1"),
        ("openai_proxy", "http://me:pass@host:1/x@y", f"http://{HIDDEN}@host:1/x@y"),
        ("openai_proxy", "http://token@host", f"http://{HIDDEN}@host"),
        ("default_headers", HEADERS, json.dumps({"Authorization": HIDDEN, "X-Team": HIDDEN})),
        ("default_headers", {"A": "x"}, {"A": HIDDEN}),
        ("default_headers", "not JSON", HIDDEN),
        ("openai_api_key", "sk-1", HIDDEN),
        ("qianfan_ak", "sk-1", HIDDEN),
        ("credentials_profile_name", "mine", "mine"),
        ("max_tokens", 5, 5),
        ("model_kwargs", {"api_key": "sk", "n": 1, "urls": ["http://a:b@c"]}, None),
    ],
)
def test_what_is_shown(name: str, value: Any, shown: Any) -> None:
    shown = shown or {"api_key": HIDDEN, "n": 1, "urls": [f"http://{HIDDEN}@c"]}

    assert hidden(name, value) == shown


@pytest.mark.parametrize(("name", "value"), [("default_headers", HEADERS), ("openai_proxy", "http://a:b@c")])
def test_what_is_sent_back_is_what_is_stored(name: str, value: str) -> None:
    assert revealed(name, hidden(name, value), value) == value


def test_one_header_is_changed_and_the_others_stay() -> None:
    sent = json.dumps({"Authorization": HIDDEN, "X-Team": "web"})

    assert json.loads(revealed("default_headers", sent, HEADERS)) == {
        "Authorization": "Bearer abc",
        "X-Team": "web",
    }


@pytest.mark.parametrize(
    ("name", "sent", "stored"),
    [
        ("default_headers", json.dumps({"X-New": HIDDEN}), HEADERS),
        ("default_headers", HIDDEN, None),
        ("openai_proxy", f"http://{HIDDEN}@elsewhere", "http://me:pass@host"),
    ],
)
def test_what_was_never_hidden_stands_for_nothing(name: str, sent: str, stored: str | None) -> None:
    with pytest.raises(LookupError):
        revealed(name, sent, stored)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("headers", HEADERS, ["Bearer abc", "abc", "data"]),
        ("headers", "not JSON", ["not JSON", "JSON"]),
        ("proxy", "http://me:p%40ss@host", ["p%40ss", "p@ss"]),
        ("proxy", "http://host", []),
        ("x", {"client_kwargs": {"headers": {"A": "b"}}, "password": "c", "max_tokens": 5}, ["b", "c"]),
        ("x", None, []),
    ],
)
def test_the_secrets_by_themselves(name: str, value: Any, found: list[str]) -> None:
    assert list(secrets_in(name, value)) == found
