"""What providers share: prompts, usage, and streams with delays and faults."""

import asyncio

import pytest
from naps import patch_sleep

from mockllm import provider_utils
from mockllm.config import Prompt, Reply
from mockllm.faults import Faults
from mockllm.provider_utils import (
    Cut,
    Token,
    calculate_usage,
    count_tokens,
    extract_prompt_from_messages,
    pace,
    play,
    prompt_of,
    stream_with_lag,
    thinking,
)
from mockllm.tokens import split_tokens


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be slept; nobody sleeps."""
    waits: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    patch_sleep(monkeypatch, provider_utils, "asyncio", note)
    return waits


@pytest.mark.parametrize(
    "text",
    ["", " ", "one", "two words", " a\n\n b ", "x" * 40, "日本語の長い文章は空白がありません。", "🎉 é"],
)
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(split_tokens(text)) == text
    assert count_tokens(text) == len(split_tokens(text))


def test_usage_adds_up() -> None:
    usage = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}

    assert calculate_usage("two words", "and three more") == usage
    assert calculate_usage("two words", "and three more", "some-model") == usage


@pytest.mark.parametrize(
    ("messages", "prompt"),
    [
        ([], ""),
        ([{"role": "user", "content": "one"}, {"role": "user", "content": "two"}], "two"),
        ([{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}], "one"),
        ([{"role": "system", "content": "one"}], "one"),
        ([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}], "a"),
        ([{"role": "user"}], ""),
        (["nonsense", {"role": "user", "content": None}], ""),
    ],
)
def test_the_prompt_is_what_the_user_said_last(messages, prompt: str) -> None:
    assert extract_prompt_from_messages(messages) == prompt


@pytest.mark.parametrize(
    ("request_", "prompt"),
    [
        ({"prompt": "a", "model": "m"}, Prompt("a", model="m")),
        ({"input": "a", "model": 7}, Prompt("a")),
        ({"messages": "nonsense"}, Prompt("")),
        (
            {
                "system": "s",
                "messages": [
                    {"role": "developer", "content": "d"},
                    {"role": "user", "content": "a"},
                    {"role": "user", "content": "b"},
                ],
            },
            Prompt("b", system="s\nd", turn=2),
        ),
    ],
)
def test_rules_are_asked_with_system_message_turn_and_model(request_, prompt: Prompt) -> None:
    assert prompt_of(request_) == prompt


async def test_a_lag_is_between_characters_and_shorter_the_higher_its_factor(slept) -> None:
    assert [char async for char in stream_with_lag("abc", True, 10)] == ["a", "b", "c"]
    assert [char async for char in stream_with_lag("d", lag_factor=20)] == ["d"]
    assert [char async for char in stream_with_lag("e", lag_enabled=False)] == ["e"]

    assert slept == pytest.approx([0.005] * 3 + [0.0025, 0])


async def test_a_paced_reply_has_its_delays(slept) -> None:
    reply = Reply("a b c", faults=Faults(first_token_ms=300, token_ms=20))

    assert [token async for token in pace(reply)] == [Token("a ", 0), Token("b ", 1), Token("c", 2)]
    assert slept == pytest.approx([0.3, 0.02, 0.02])


async def test_a_reply_that_is_not_streamed_waits_for_its_first_token_only(slept) -> None:
    await thinking(Reply("a b c", faults=Faults(first_token_ms=300, token_ms=20)))

    assert slept == pytest.approx([0.3])


@pytest.mark.parametrize(("after", "seen"), [(0, []), (2, ["a ", "b "]), (3, ["a ", "b ", "c"])])
async def test_a_reply_is_cut_after_so_many_tokens(after: int, seen: list[str]) -> None:
    got: list[str] = []

    async def read() -> None:
        async for token in pace(Reply("a b c", faults=Faults(cut_after=after))):
            got.append(token.text)  # noqa: PERF401 - what came before the cut is kept

    with pytest.raises(Cut):
        await read()

    assert got == seen


async def test_frames_without_pauses_go_out_together_and_before_a_cut() -> None:
    steps = [(b"%d," % number, True) for number in range(40)]
    got: list[bytes] = []

    async def read() -> None:
        async for frames in play(steps, Reply("", faults=Faults(cut_after=20))):
            got.append(frames)  # noqa: PERF401 - as above

    with pytest.raises(Cut):
        await read()

    assert [frames.count(b",") for frames in got] == [16, 4]


async def test_frames_without_tokens_are_not_paced(slept) -> None:
    steps = [(b"start", False), (b"1", True), (b"2", True), (b"end", False)]
    faults = Faults(token_ms=20, first_token_ms=300, malformed_after=1)

    got = [frame async for frame in play(steps, Reply("", faults=faults), b"{")]

    assert got == [b"start", b"1", b"{2end"]
    assert slept == pytest.approx([0.3, 0.02])
