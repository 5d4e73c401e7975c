"""What another process may change is looked at while anybody wants to know."""

from __future__ import annotations

import asyncio
import logging

import pytest

from jupyter_ai.completions.watch import Watch

pytestmark = pytest.mark.usefixtures("no_waiting")


async def test_it_looks_while_it_is_held(caplog: pytest.LogCaptureFixture) -> None:
    looks: list[int] = []

    async def look() -> None:
        looks.append(len(looks))
        if len(looks) == 1:
            raise RuntimeError("no")

    watch = Watch(look, logging.getLogger("test"))
    first, second = watch.hold(), watch.hold()
    first()
    await asyncio.sleep(3.5)
    second()
    await asyncio.sleep(3.5)

    assert looks == [0, 1, 2]
    assert "It could not be seen" in caplog.text
