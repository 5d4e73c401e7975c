"""What is taken from clients, and what they are told about the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_ai.errors import InvalidFrame
from jupyter_ai.models import ChatRequest, ChatUpdate, ClearRequest, FileAttachment, StopRequest
from jupyter_ai.server.intake import InvalidBody, parse_body, parse_frame, parse_since

LIMIT = 1 << 20
GOOD: dict[str, Any] = {
    '{"prompt": "x"}': ChatRequest(prompt="x"),
    '{"prompt": "x", "selection": null, "later": 1}': ChatRequest(prompt="x"),
    '{"prompt": "", "attachments": [{"type": "file", "value": "a.py"}]}': ChatRequest(
        prompt="", attachments=[FileAttachment(value="a.py")]
    ),
    '{"type": "clear"}': ClearRequest(),
    '{"type": "clear", "target": "a"}': ClearRequest(target="a"),
    '{"type": "stop"}': StopRequest(type="stop"),
    '{"type": "stop", "target": "a"}': StopRequest(type="stop", target="a"),
}
BAD = {
    "": "not JSON",
    "{": "not JSON",
    "[]": "an array",
    '"x"': "a string",
    "1": "a number",
    "null": "null",
    "NaN": "NaN",
    '{"prompt": Infinity}': "Infinity",
    f'{{"prompt": "x", "n": {"9" * 5000}}}': "not JSON",
    "{}": "prompt: Field required",
    '{"prompt": null}': "prompt: ",
    '{"prompt": 1}': "prompt: ",
    '{"prompt": ["x"]}': "prompt: ",
    '{"prompt": ""}': "prompt: it is empty",
    '{"prompt": " \\n\\u3000\\t"}': "prompt: it is empty",
    '{"type": "prompt", "prompt": "x"}': 'type: "prompt" is unknown',
    '{"type": null, "prompt": "x"}': "type: null is unknown",
    '{"type": {}}': "type: an object is unknown",
    '{"type": "stop", "target": 1}': "target: ",
    '{"type": "clear", "target": ["a"]}': "target: ",
    '{"prompt": "", "attachments": []}': "prompt: it is empty",
    '{"prompt": "x", "attachments": [{"type": "file", "value": " "}]}': "attachments.0.file.value: ",
    '{"prompt": "x", "attachments": [{"type": "folder", "value": "a"}]}': "attachments.0: ",
    json.dumps({"prompt": "x", "attachments": 21 * [{"type": "file", "value": "a"}]}): "at most 20 items",
    '{"prompt": "x", "selection": []}': "selection: Input should be an object",
    '{"prompt": "x", "selection": {"source": 1}}': "selection.source: ",
    '{"prompt": "x", "selection": {"type": "cell"}}': "selection.source: Field required",
    '{"prompt": "x", "selection": {"type": "file", "source": "x"}}': "selection.type: ",
    '{"prompt": "x", "selection": {"type": "cell-with-error", "source": "x", "error": {"name": "E"}}}': (
        "selection.error.value: Field required; selection.error.traceback: Field required"
    ),
    "[" * 100_000: "nested too deeply",
    '{"a":' * 100_000: "nested too deeply",
}


@pytest.mark.parametrize("frame", GOOD)
def test_a_good_frame_is_a_request(frame: str) -> None:
    assert parse_frame(frame, LIMIT) == GOOD[frame]


@pytest.mark.parametrize("frame", BAD, ids=lambda frame: frame[:40])
def test_a_bad_frame_is_told_by_the_field(frame: str) -> None:
    with pytest.raises(InvalidFrame) as caught:
        parse_frame(frame, LIMIT)

    assert BAD[frame] in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_binary_frame_is_refused() -> None:
    with pytest.raises(InvalidFrame, match="binary"):
        parse_frame(b'{"prompt": "x"}', LIMIT)


@pytest.mark.parametrize("letter", ["a", "é", "😀"])
def test_the_limit_is_one_of_bytes(letter: str) -> None:
    frame = json.dumps({"prompt": letter * 50}, ensure_ascii=False)
    size = len(frame.encode())

    parse_frame(frame, size)
    with pytest.raises(InvalidFrame, match="larger than"):
        parse_frame(frame, size - 1)


def test_half_a_surrogate_pair_is_replaced() -> None:
    request = parse_frame(r'{"prompt": "a\ud83d", "selection": {"type": "text", "source": "\ude00b"}}', LIMIT)

    assert request == ChatRequest.model_validate(
        {"prompt": "a\N{REPLACEMENT CHARACTER}", "selection": {"source": "\N{REPLACEMENT CHARACTER}b"}}
    )


def test_a_whole_pair_is_kept() -> None:
    assert parse_frame(r'{"prompt": "\ud83d\ude00"}', LIMIT) == ChatRequest(prompt="😀")


@pytest.mark.parametrize("depth", range(900, 1010, 5))
def test_depth_near_the_limit_of_recursion_is_taken_or_told(depth: int) -> None:
    frame = '{"prompt":"x","deep":' + '{"\\u0061":' * depth + "1" + "}" * depth + "}"

    try:
        told = repr(parse_frame(frame, LIMIT))
    except InvalidFrame as e:
        told = str(e)

    assert told in (repr(ChatRequest(prompt="x")), "The frame is nested too deeply.")


@pytest.mark.parametrize(
    ("text", "since"),
    [("0", 0), ("12", 12), *((bad, None) for bad in ("", "-1", "x", "1.5", "²", "9" * 99))],
)
def test_since(text: str, since: int | None) -> None:
    assert parse_since(text) == since


def test_an_empty_body_is_an_empty_object() -> None:
    assert parse_body(b"", ChatUpdate, LIMIT) == ChatUpdate()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[]", "not a JSON object"),
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b'{"title": 1}', "title: "),
        (b'{"shared": "perhaps"}', "shared: "),
        (b"{" + b" " * LIMIT, "larger than"),
    ],
)
def test_a_bad_body_is_told_by_the_field(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidBody, match=reason):
        parse_body(body, ChatUpdate, LIMIT)
