"""Frames are JSON whatever they carry; merged, they lose nothing and may be resumed after any of them."""

import json
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_ai.engine.frame import MAX_MERGED, ChunkFrame, Frame, dump, merge, quote
from jupyter_ai.models import AgentStreamChunkMessage

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too


def chunk(stream: str, seq: int, content: str = "x", offset: int = 0, **kwargs: Any) -> ChunkFrame:
    return ChunkFrame(stream, content, offset, seq, **kwargs)


def seen(frame: Frame | ChunkFrame) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(frame.encode())
    return parsed


@given(ANY_TEXT)
def test_any_text_is_quoted_so_that_it_reads_back(text: str) -> None:
    assert json.loads(quote(text).encode()) == text
    assert seen(chunk("s", 1, text))["content"] == text


def test_a_frame_carries_its_seq_and_is_encoded_once() -> None:
    frame, piece = Frame('{"type":"clear","targets":null}', 7, 0), chunk("s", 8, "é", 3)

    assert seen(frame) == {"type": "clear", "targets": None, "seq": 7}
    assert seen(piece) == {
        "type": "agent-stream-chunk",
        "id": "s",
        "content": "é",
        "stream_complete": False,
        "metadata": {},
        "seq": 8,
        "offset": 3,
    }
    assert frame.encode() is frame.encode()
    assert piece.encode() is piece.encode()


class _Silent:
    def __str__(self) -> str:
        raise RuntimeError


class _Quits:
    def __str__(self) -> str:
        raise SystemExit(3)


def _circle() -> dict[str, Any]:
    circle: dict[str, Any] = {"a": 1}
    circle["self"] = circle
    return circle


def _deep() -> dict[str, Any]:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"d": deep}
    return deep


@pytest.mark.parametrize(
    "metadata",
    [
        {"o": object()},
        {"o": _Silent()},
        {"o": _Quits()},
        {"keys": {(1, 2): 3, None: object()}},
        {"nan": float("nan"), "inf": [float("inf")]},
        {"bytes": b"\xff", "set": {1}, "surrogate": "\ud800"},
        _circle(),
        _deep(),
    ],
    ids=["object", "no str", "quits", "keys", "nan", "bytes", "circle", "deep"],
)
def test_metadata_that_is_no_json_is_sent_as_json(metadata: dict[str, Any]) -> None:
    def no_constant(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    message = AgentStreamChunkMessage.model_construct(
        id="s", content="x", stream_complete=False, metadata=metadata
    )
    for encoded in (chunk("s", 1, metadata=metadata).encode(), dump(message)):
        assert set(json.loads(encoded, parse_constant=no_constant)["metadata"]) == set(metadata)


def test_chunks_of_one_stream_merge_and_the_last_ones_end_and_metadata_count() -> None:
    frames = [chunk("a", 1, "x"), chunk("a", 2, "y", 1, complete=True, metadata={"m": 1}, ticket=9)]

    (merged,) = merge(frames)

    assert isinstance(merged, ChunkFrame)
    assert (merged.content, merged.offset, merged.seq) == ("xy", 0, 2)
    assert (merged.complete, merged.metadata, merged.ticket) == (True, {"m": 1}, 9)


def test_chunks_do_not_merge_across_another_frame() -> None:
    other = Frame("{}", 2, 0)
    frames = [chunk("a", 1), other, chunk("a", 3)]

    assert list(merge(frames)) == frames


def test_interleaved_streams_merge_apart_with_the_seq_up_to_which_all_was_sent() -> None:
    frames = [chunk("a", 1), chunk("b", 2), chunk("a", 3, offset=1), chunk("b", 4, offset=1)]

    merged = list(merge(frames))

    assert [(f.stream, f.content, f.seq) for f in merged if isinstance(f, ChunkFrame)] == [
        ("a", "xx", 1),
        ("b", "xx", 4),
    ]


def test_merged_frames_are_bounded() -> None:
    half = "x" * (MAX_MERGED // 2)
    frames = [chunk("a", i, half, i * len(half)) for i in range(5)]

    assert [len(frame.content) for frame in merge(frames)] == [MAX_MERGED, MAX_MERGED, MAX_MERGED // 2]


class Client:
    """Appends what it has not seen, by offset, and knows the last seq."""

    def __init__(self) -> None:
        self.seq = 0
        self.texts: dict[str, str] = {}
        self.others: list[int] = []

    def receive(self, frame: Frame | ChunkFrame) -> None:
        said = seen(frame)
        self.seq = said["seq"]
        if "content" not in said:
            self.others.append(said["n"])
            return
        text = self.texts.setdefault(said["id"], "")
        assert said["offset"] <= len(text), "a gap"
        self.texts[said["id"]] = text + said["content"][len(text) - said["offset"] :]


def history(dice: random.Random) -> tuple[list[Frame | ChunkFrame], dict[str, str]]:
    frames: list[Frame | ChunkFrame] = []
    texts = dict.fromkeys("abc"[: dice.randint(1, 3)], "")
    for seq in range(1, dice.randint(2, 40)):
        if dice.random() < 0.15:
            frames.append(Frame(f'{{"n":{seq}}}', seq, 0))
            continue
        stream, content = dice.choice(list(texts)), "é" * dice.randint(1, 3) + str(seq)
        frames.append(chunk(stream, seq, content, len(texts[stream])))
        texts[stream] += content
    return frames, texts


@pytest.mark.parametrize("seed", range(20))
def test_after_any_prefix_of_merged_frames_a_resume_makes_the_text_whole(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(25):  # 500 cuts in all
        frames, texts = history(dice)
        edges = sorted({0, len(frames), *dice.choices(range(len(frames) + 1), k=3)})
        sent = [f for a, b in pairwise(edges) for f in merge(frames[a:b])]
        client = Client()
        for frame in sent[: dice.randint(0, len(sent))]:
            client.receive(frame)
        for frame in merge([f for f in frames if f.seq > client.seq]):
            client.receive(frame)

        assert client.texts == {id: text for id, text in texts.items() if text}
        assert client.others == [f.seq for f in frames if isinstance(f, Frame)]
        assert client.seq == len(frames)
