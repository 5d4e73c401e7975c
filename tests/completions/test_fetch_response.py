"""What is made of the bytes that an endpoint answers, wherever they are cut."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from jupyter_ai.completions.fetch_response import EventReader, FetchResponse
from jupyter_ai.errors import FetchMalformed

STREAM = b': hello\r\ndata: {"a":\r\ndata: 1}\r\n\r\nevent: x\ndata:"\xc3\xa9"\n\ndata: [DONE]\n\n'


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def events(*chunks: bytes) -> list[object]:
    return [event async for event in FetchResponse(pieces(*chunks)).events()]


@pytest.mark.parametrize("at", range(len(STREAM)))
def test_events_are_the_same_wherever_the_bytes_are_cut(at: int) -> None:
    reader = EventReader()

    assert [*reader.feed(STREAM[:at]), *reader.feed(STREAM[at:])] == ['{"a":\n1}', '"é"', "[DONE]"]


async def test_response_has_the_same_events_wherever_its_bytes_are_cut() -> None:
    stream = b'\n\ndata: {"a": [{"b": 1}]}\n\ndata: {"c": 2}\n\ndata: [DONE]\n\n'
    cut = [await events(stream[:at], b"", stream[at:]) for at in range(len(stream))]

    assert cut == [[{"a": [{"b": 1}]}, {"c": 2}]] * len(stream)


async def test_one_object_is_the_one_event_wherever_it_is_cut() -> None:
    answer = b' \n{"a": [{"b": 1}]}\n'

    assert [await events(answer[:at], answer[at:]) for at in range(len(answer))] == [
        [{"a": [{"b": 1}]}]
    ] * len(answer)


async def test_known_answer_is_a_response() -> None:
    async with FetchResponse.of({"choices": []}) as response:
        assert await response.json() == {"choices": []}


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000], ids=["a page", "too deep"])
async def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(FetchMalformed):
        await FetchResponse(pieces(body)).json()
