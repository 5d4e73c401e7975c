"""Answers side by side."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_ai.engine.together import Together


@pytest.fixture
def tasks() -> list[asyncio.Task[None]]:
    """Those that were begun."""
    return []


async def test_it_waits_for_those_that_come_later(tasks: list[asyncio.Task[None]]) -> None:
    async def first() -> None:
        together.start(second(), "second")

    async def second() -> None:
        await asyncio.sleep(0)

    together = Together(tasks.append)
    together.start(first(), "first")

    await together.wait()

    assert [task.done() for task in tasks] == [True, True]


async def test_cancelling_it_cancels_all_and_begins_none(tasks: list[asyncio.Task[None]]) -> None:
    async def hang() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            together.start(hang(), "late")

    together = Together(tasks.append)
    together.start(hang(), "one")
    together.start(hang(), "two")
    waiting = asyncio.create_task(together.wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    waiting.cancel()
    await asyncio.wait([waiting])

    assert waiting.cancelled()
    assert [task.cancelled() for task in tasks] == [True, True]


async def test_one_that_fails_leaves_the_others(tasks: list[asyncio.Task[None]]) -> None:
    async def fail() -> None:
        raise ValueError

    async def work() -> None:
        await asyncio.sleep(0)

    together = Together(tasks.append)
    together.start(fail(), "one")
    together.start(work(), "two")

    await together.wait()

    assert isinstance(tasks[0].exception(), ValueError)
    assert tasks[1].exception() is None


async def test_one_that_is_cancelled_already_is_left_to_clean_up(tasks: list[asyncio.Task[None]]) -> None:
    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            cleaned.append("up")

    cleaned: list[str] = []
    together = Together(tasks.append)
    together.start(work(), "one")
    waiting = asyncio.create_task(together.wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    together.cancel()
    waiting.cancel()
    await asyncio.wait([waiting])

    assert cleaned == ["up"]


async def test_the_first_runs_in_the_task_that_waits(tasks: list[asyncio.Task[None]]) -> None:
    async def first() -> None:
        where.append(asyncio.current_task())

    where: list[asyncio.Task[None] | None] = []

    await Together(tasks.append).wait(first())

    assert (where, tasks) == ([asyncio.current_task()], [])
