"""Frames folded into a chat: each once, in order, also when they come twice."""

from __future__ import annotations

import random
from typing import Any

import pytest

from jupyter_ai.terminal.state import ChatState, Cleared, Gap, Grew, PendingChanged, Refused, Said, Synced


@pytest.fixture
def state() -> ChatState:
    return ChatState()


def fold(state: ChatState, *frames: dict[str, Any]) -> list[Any]:
    return [event for frame in frames for event in state.fold(frame)]


def texts(state: ChatState) -> dict[str, str]:
    return {id: message.text for id, message in state.messages.items()}


def test_history_comes_with_the_first_connection(state: ChatState, frames: Any) -> None:
    events = fold(state, frames.connection(frames.human("h", "hi"), frames.stream("s", "h", "Hel")))

    assert events == [Synced(True, tuple(state.messages.values()))]
    assert texts(state) == {"h": "hi", "s": "Hel"}
    assert list(state.open) == ["s"]
    assert state.is_mine(state.messages["h"])


def test_stream_grows_to_its_end(state: ChatState, frames: Any) -> None:
    fold(state, frames.connection(), frames.stream("s"))

    events = fold(state, frames.chunk("s", 0, "Hel"), frames.chunk("s", 3, "lo", last=True, model="m"))

    message = state.messages["s"]
    assert events == [Grew(message), Grew(message)]
    assert (message.text, message.complete, message.metadata) == ("Hello", True, {"model": "m"})
    assert not state.open


def test_stream_goes_on_from_the_history(state: ChatState, frames: Any) -> None:
    fold(state, frames.connection(frames.stream("s", body="Hel")))

    fold(state, frames.chunk("s", 0, "Hello"), frames.chunk("s", 5, "!", last=True))

    assert state.messages["s"].text == "Hello!"


def test_offsets_count_code_points(state: ChatState, frames: Any) -> None:
    fold(state, frames.connection(frames.stream("s", body="漢😀")))

    fold(state, frames.chunk("s", 1, "😀é", last=True))

    assert state.messages["s"].text == "漢😀é"


def test_what_comes_twice_is_dropped(state: ChatState, frames: Any) -> None:
    chunk, last = frames.chunk("s", 0, "a"), frames.chunk("s", 1, "b", last=True)
    fold(state, frames.connection(), frames.human("h", "hi"), frames.stream("s", "h"), chunk)

    assert fold(state, chunk) == []
    fold(state, last)
    assert fold(state, last) == []
    assert texts(state) == {"h": "hi", "s": "ab"}


def test_missing_chunk_is_noticed(state: ChatState, frames: Any) -> None:
    fold(state, frames.connection(), frames.stream("s"))

    with pytest.raises(Gap):
        fold(state, frames.chunk("s", 2, "c"))


def test_two_interleaved_streams_survive_a_cut_anywhere(make_frames: Any) -> None:
    for seed in range(500):
        chance = random.Random(seed)
        said, texts = interleaved(make_frames(), chance)
        state, cut = ChatState(), chance.randint(1, len(said))

        fold(state, *said[:cut])
        since = chance.randint(0, state.seq or 0)  # a server may send more than what was missed
        resumed = {**said[0], "client_id": "me2", "seq": said[-1]["seq"], "history": None}
        fold(state, resumed, *(frame for frame in said[1:] if frame["seq"] > since))

        assert {id: message.text for id, message in state.messages.items()} == texts, seed
        assert not state.open


def interleaved(frames: Any, chance: random.Random) -> tuple[list[Any], dict[str, str]]:
    """The frames of two streams, and their texts."""
    texts = {"a": "", "b": ""}
    said = [frames.connection(), frames.stream("a"), frames.stream("b")]
    for _ in range(20):
        id, text = chance.choice("ab"), "漢é0"[: chance.randint(1, 3)]
        said.append(frames.chunk(id, len(texts[id]), text))
        texts[id] += text
    return [*said, *(frames.chunk(id, len(texts[id]), "", last=True) for id in "ab")], texts


def test_resume_is_caught_up_once_all_that_was_missed_is_there(state: ChatState, frames: Any) -> None:
    fold(state, frames.connection())
    missed = frames.human("h", "hi", client="you")

    assert fold(state, frames.resumed()) == [Synced(first=False)]
    assert not state.caught_up
    fold(state, missed)
    assert state.caught_up


def test_history_of_another_start_tells_what_is_new(state: ChatState, frames: Any, make_frames: Any) -> None:
    fold(state, frames.connection(), frames.human("h", "hi"), frames.stream("s", "h"))
    fold(state, frames.chunk("s", 0, "Hel"))
    again = make_frames("e2")
    history = again.human("h", "hi"), again.stream("s", "h", "Hello", complete=True), again.agent("n", "New")

    events = fold(state, again.connection(*history, client="me2"))

    assert events == [Grew(state.messages["s"]), Said(state.messages["n"]), Synced(first=False)]
    assert texts(state) == {"h": "hi", "s": "Hello", "n": "New"}
    assert (state.epoch, state.open) == ("e2", {})


def test_stream_that_a_crash_cut_shorter_than_it_was_seen_ends(
    state: ChatState, frames: Any, make_frames: Any
) -> None:
    fold(state, frames.connection(), frames.stream("s"), frames.chunk("s", 0, "Hello"))

    fold(state, make_frames("e2").connection(frames.stream("s", body="Hel", complete=True)))

    assert (state.messages["s"].text, state.messages["s"].complete) == ("Hello", True)


def test_history_without_a_message_tells_that_it_is_gone(state: ChatState, frames: Any) -> None:
    kept, lost = frames.human("h", "hi"), frames.human("g", "ho")
    fold(state, frames.connection(kept, lost))

    events = fold(state, frames.connection(kept))

    assert events == [Cleared(frozenset({"g"}), everything=False), Synced(first=False)]


def test_clear_takes_an_exchange_or_everything(state: ChatState, frames: Any) -> None:
    fold(state, frames.connection(), frames.human("h", "hi"), frames.human("g", "ho"))
    fold(state, frames.stream("s", "h"), frames.pending("p", "h"), frames.agent("a", "yes", "g"))

    assert fold(state, frames.clear("h")) == [Cleared(frozenset({"h", "s"}), everything=False)]
    assert (list(state.messages), state.pending, state.open) == (["g", "a"], {}, {})
    assert fold(state, frames.clear()) == [Cleared(frozenset({"g", "a"}), everything=True)]
    assert not state.messages


def test_pending_messages_come_and_go(state: ChatState, frames: Any) -> None:
    fold(state, frames.connection())

    assert fold(state, frames.pending("p")) == [PendingChanged()]
    assert state.under_way() == ["Thinking…"]
    assert fold(state, frames.close_pending("p"), frames.close_pending("p")) == [PendingChanged()]
    assert state.under_way() == []


def test_refusals_are_told_and_unknown_frames_ignored(state: ChatState) -> None:
    assert fold(state, {"type": "error", "reason": "too large", "code": "x"}) == [Refused("too large")]
    assert fold(state, {"type": "from-the-future"}, {}) == []
