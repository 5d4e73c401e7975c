"""A reader gets everything in order, in fewer frames while it is behind, and is aborted past a bound."""

import asyncio
import json
from typing import Any

import pytest

from jupyter_ai.engine.frame import ChunkFrame, Frame
from jupyter_ai.engine.store import Store
from jupyter_ai.engine.subscriber import Subscriber


class Socket:
    """Takes frames, one each time it is let."""

    def __init__(self, *, open: bool = True) -> None:
        self.got: list[dict[str, Any]] = []
        self.aborted = 0
        self.sending = asyncio.Event()
        self.gate = asyncio.Event()
        if open:
            self.gate.set()

    async def send(self, frame: bytes) -> None:
        self.sending.set()
        await self.gate.wait()
        self.got.append(json.loads(frame))

    def abort(self) -> None:
        self.aborted += 1

    @property
    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.got]

    @property
    def text(self) -> str:
        return "".join(frame.get("content", "") for frame in self.got)


def chunk(seq: int, content: str = "x", offset: int = 0) -> ChunkFrame:
    return ChunkFrame("s", content, offset, seq)


def frame(seq: int, ticket: int = 0) -> Frame:
    return Frame('{"type":"news"}', seq, ticket)


def subscribe(socket: Socket, store: Any = None, **kwargs: Any) -> tuple[Subscriber, asyncio.Task[None]]:
    reader = Subscriber("client", socket.send, socket.abort, **kwargs)
    return reader, reader.start(store or Store(None))


async def test_frames_arrive_in_order() -> None:
    socket = Socket()
    reader, _ = subscribe(socket)
    for seq in (1, 2, 3):
        reader.push(frame(seq))
    await reader.drain()

    assert socket.seqs == [1, 2, 3]
    reader.close()


async def test_chunks_that_wait_for_a_busy_reader_are_merged() -> None:
    socket = Socket(open=False)
    reader, _ = subscribe(socket)
    reader.push(frame(1))
    await socket.sending.wait()
    for seq in range(2, 100):
        reader.push(chunk(seq, offset=seq - 2))
    socket.gate.set()
    await reader.drain()

    assert (socket.seqs, socket.text) == ([1, 99], "x" * 98)
    reader.close()


async def test_drain_waits_for_the_frame_that_is_being_sent() -> None:
    socket = Socket(open=False)
    reader, _ = subscribe(socket)
    reader.push(frame(1))
    await socket.sending.wait()
    drained = asyncio.create_task(reader.drain())
    await asyncio.sleep(0)
    assert not drained.done()

    socket.gate.set()
    await drained

    assert socket.seqs == [1]
    reader.close()


async def test_drain_returns_at_once_when_nothing_was_pushed_or_the_reader_is_lost() -> None:
    reader, _ = subscribe(Socket())
    await reader.drain()
    reader.push(frame(1))
    reader.close()
    await reader.drain()


async def test_past_the_bound_the_connection_is_aborted_once_and_takes_nothing_more() -> None:
    socket = Socket(open=False)
    reader, task = subscribe(socket, max_outbox=1000)
    reader.push(frame(1))
    await socket.sending.wait()
    for seq in range(2, 20):
        reader.push(frame(seq))

    assert (socket.aborted, reader.lost) == (1, True)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert socket.got == []


async def test_one_frame_above_the_bound_goes_out_if_nothing_else_waits() -> None:
    socket = Socket()
    reader, _ = subscribe(socket, max_outbox=1000)
    reader.push(chunk(1, "x" * 5000))
    await reader.drain()

    assert (socket.aborted, len(socket.text)) == (0, 5000)
    reader.close()


async def test_a_reader_that_keeps_up_is_never_behind_however_much_is_said() -> None:
    socket = Socket()
    reader, _ = subscribe(socket, max_outbox=2000)
    for seq in range(1, 100):
        reader.push(chunk(seq, "x" * 500, 500 * (seq - 1)))
        await reader.drain()

    assert (socket.aborted, len(socket.text)) == (0, 49_500)
    reader.close()


async def test_a_failing_send_ends_the_subscription_with_its_error() -> None:
    async def send(_: bytes) -> None:
        raise ConnectionResetError("gone")

    reader = Subscriber("client", send, lambda: None)
    task = reader.start(Store(None))
    reader.push(frame(1))

    with pytest.raises(ConnectionResetError):
        await task
    await reader.drain()
    assert reader.lost


class Ledger:
    """Makes a ticket durable when told to."""

    def __init__(self) -> None:
        self.durable = 0
        self.waiting = asyncio.Event()
        self.news = asyncio.Event()

    async def wait(self, ticket: int) -> None:
        self.waiting.set()
        await self.news.wait()
        self.durable = ticket


async def test_a_frame_is_held_until_it_is_durable_and_what_follows_waits_behind_it() -> None:
    socket, ledger = Socket(), Ledger()
    reader, _ = subscribe(socket, ledger)
    for news in (chunk(1), frame(2, ticket=5), chunk(3)):
        reader.push(news)
    await ledger.waiting.wait()
    assert socket.seqs == [1]

    ledger.news.set()
    await reader.drain()

    assert socket.seqs == [1, 2, 3]
    reader.close()
