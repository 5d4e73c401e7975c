"""The judge of the kills sees what it should: each kind of damage is a complaint."""

from __future__ import annotations

from typing import Any

import pytest
from trials.fold import Fault, View
from trials.recital import recital
from trials.verdict import BEAT, Life, complaints, memory_complaints, time_to_save

Messages = dict[str, dict[str, Any]]

HUMAN = {"type": "human", "id": "h", "prompt": "recite 9 1", "body": "recite 9 1"}


def reply(words: int, **fields: Any) -> dict[str, Any]:
    known = {"type": "agent-stream", "id": "s", "reply_to": "h", "complete": True, "metadata": {}}
    return {**known, "body": recital(words), **fields}


def cut(words: int) -> dict[str, Any]:
    return reply(words, metadata={"interrupted": True})


def life(*seen: dict[str, Any], marks: dict[str, list[tuple[float, int]]] | None = None) -> Life:
    found = Life(due=10.0)
    found.view.messages = {message["id"]: message for message in seen}
    found.view.marks = marks or {}
    return found


def found(life: Life, *restored: dict[str, Any]) -> list[str]:
    return list(complaints(life, {message["id"]: message for message in restored}))


def test_a_chat_that_kept_everything_is_fine() -> None:
    assert found(life(HUMAN, reply(9)), HUMAN, reply(9)) == []


def test_a_stream_may_lose_its_end() -> None:
    seen = life(HUMAN, reply(5, complete=False), marks={"s": [(9.0, 4), (11.0, len(recital(5)))]})

    assert found(seen, HUMAN, cut(2)) == []


@pytest.mark.parametrize(
    ("restored", "complaint"),
    [
        ([HUMAN], "is gone"),
        ([reply(9)], "is gone"),
        ([HUMAN, reply(8)], "was altered"),
        ([HUMAN, cut(9)], "was altered"),
        ([reply(9), HUMAN], "order"),
        ([HUMAN, reply(9, complete=False)], "was altered"),
    ],
)
def test_damage_to_a_whole_message_is_seen(restored: list[dict[str, Any]], complaint: str) -> None:
    assert any(complaint in text for text in found(life(HUMAN, reply(9)), *restored))


@pytest.mark.parametrize(
    ("restored", "complaint"),
    [
        (cut(0), "lost what was seen in time"),
        (cut(5) | {"body": "another text"}, "was altered"),
        (reply(5), "is wrong"),
        (reply(9, complete=False), "still open"),
    ],
)
def test_damage_to_a_cut_stream_is_seen(restored: dict[str, Any], complaint: str) -> None:
    seen = life(HUMAN, reply(5, complete=False), marks={"s": [(9.0, 4)]})

    assert any(complaint in text for text in found(seen, HUMAN, restored))


def test_what_somebody_meant_to_clear_may_be_gone() -> None:
    seen = life(HUMAN, reply(9))
    seen.cleared.add("h")

    assert found(seen) == []


def test_an_answer_that_nobody_gave_is_missed() -> None:
    assert "nobody answered" in found(life(HUMAN), HUMAN)[0]


def test_memory_is_compared_with_the_answers() -> None:
    messages = [HUMAN, reply(9)]
    whole = [("h", HUMAN["prompt"]), ("h", recital(9))]

    assert list(memory_complaints(messages, whole)) == []
    assert "forgot" in next(memory_complaints(messages, whole[:1]))
    assert "remembers" in next(memory_complaints(messages, [*whole, *whole[1:]]))


def test_time_in_which_the_machine_stood_still_does_not_count() -> None:
    turning = [(BEAT * n, 0.0) for n in range(100)]
    stood = [(at + 5 * (at > 1), 0.0) for at, _ in turning]
    worked = [(at, 5.0 * (at > 1)) for at, _ in stood]

    assert time_to_save(turning, 2.0) == pytest.approx(1.5, abs=2 * BEAT)
    assert time_to_save(stood, 6.2) == pytest.approx(0.72, abs=2 * BEAT)
    assert time_to_save(worked, 6.2) == pytest.approx(1.0, abs=2 * BEAT)


@pytest.mark.parametrize(
    "frames",
    [
        [{"seq": 2, "offset": 4, "content": "x"}],
        [{"seq": 2, "offset": 0, "content": "a"}, {"seq": 3, "offset": 0, "content": "a"}],
        [{"seq": 3, "offset": 0, "content": "a"}, {"seq": 2, "offset": 1, "content": "b"}],
        [
            {"seq": 2, "offset": 0, "content": "a", "stream_complete": True},
            {"seq": 3, "offset": 1, "content": "b"},
        ],
    ],
    ids=["a hole", "twice", "seq falls", "after the end"],
)
def test_a_view_refuses_frames_that_break_the_contract(frames: list[dict[str, Any]]) -> None:
    view = View()
    view.take({**reply(0, complete=False), "seq": 1})
    chunk = {"type": "agent-stream-chunk", "id": "s", "stream_complete": False, "metadata": {}}
    for frame in frames[:-1]:
        view.take({**chunk, **frame})

    with pytest.raises(Fault):
        view.take({**chunk, **frames[-1]})
