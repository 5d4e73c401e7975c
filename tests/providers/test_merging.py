"""Several asynchronous iterators read as one, and how they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from jupyter_ai_magics.completion_utils import merge_iterators


class Source:
    """Yields what it is given, then hangs or fails; knows how far it was read, and whether it was closed."""

    def __init__(self, *items: object, hangs: bool = False, fails: BaseException | None = None) -> None:
        self.items, self.hangs, self.fails = items, hangs, fails
        self.read, self.closed = 0, False

    async def __aiter__(self) -> AsyncIterator[object]:
        try:
            for item in self.items:
                self.read += 1
                yield item
            if self.fails is not None:
                raise self.fails
            if self.hangs:
                await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_all_items_of_all_sources_arrive_in_their_order() -> None:
    merged = [item async for item in merge_iterators([Source(1, 2, 3), Source("a", "b"), Source()])]

    assert sorted(item for item in merged if isinstance(item, int)) == [1, 2, 3]
    assert [item for item in merged if isinstance(item, str)] == ["a", "b"]
    assert len(merged) == 5


async def test_no_sources_yield_nothing() -> None:
    assert [item async for item in merge_iterators([])] == []


async def test_a_source_that_hangs_holds_up_no_other() -> None:
    merged = merge_iterators([Source(hangs=True), Source(1, 2)])
    async with aclosing(merged):
        assert [await anext(merged), await anext(merged)] == [1, 2]


async def test_closing_closes_the_sources() -> None:
    sources = [Source(*range(9)), Source(hangs=True)]
    merged = merge_iterators(sources)
    await anext(merged)
    await merged.aclose()

    assert [source.closed for source in sources] == [True, True]


async def test_cancelling_the_reader_closes_the_sources() -> None:
    sources = [Source(1, hangs=True), Source(hangs=True)]
    merged = merge_iterators(sources)
    await anext(merged)
    reader = asyncio.ensure_future(anext(merged))
    await asyncio.sleep(0)
    reader.cancel()
    await asyncio.wait([reader])

    assert reader.cancelled()
    assert [source.closed for source in sources] == [True, True]


@pytest.mark.parametrize("failure", [ValueError("no"), asyncio.CancelledError("no")])
async def test_the_error_of_one_closes_the_others_and_is_raised(failure: BaseException) -> None:
    other = Source(hangs=True)

    with pytest.raises(type(failure), match="no"):
        async for _ in merge_iterators([other, Source(fails=failure)]):
            pass
    assert other.closed


async def test_sources_wait_for_a_slow_reader() -> None:
    source = Source(*range(100))
    merged = merge_iterators([source])
    async with aclosing(merged):
        await anext(merged)
        for _ in range(20):
            await asyncio.sleep(0)

        assert source.read <= 4


async def test_source_that_would_end_the_process_when_it_is_closed_ends_the_reading_only() -> None:
    class Quits:
        def __aiter__(self) -> Quits:
            return self

        async def __anext__(self) -> int:
            return 1

        async def aclose(self) -> None:
            raise SystemExit(3)

    merged = merge_iterators([Quits()])
    assert await anext(merged) == 1

    await merged.aclose()
