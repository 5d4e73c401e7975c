"""A reader that never reads, beside ten that do, during 50 MB of streaming.

What it costs the server is measured by `benchmarks/slow_reader.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from trials.flood import text
from trials.servers import Server
from trials.slow_reader import flood

MEGABYTES = 50
OUTBOX = 4  # MB that may wait for a reader, by default
ROOM = 2 * OUTBOX + 60  # MB: what waits and what is being sent, SQLite, and what Python does not give back


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


def test_a_reader_that_never_reads_is_cut_off_and_loses_nothing(server: Server) -> None:
    outcome = asyncio.run(flood(server, MEGABYTES, slow=True))
    grown = outcome.memory[-2] - outcome.memory[0]  # when all but the end was said: the text is kept once

    assert outcome.whole == 10
    assert outcome.aborted == 1
    assert outcome.slow_got is not None
    assert outcome.slow_got < 4 * OUTBOX * 1e6
    assert grown < MEGABYTES + ROOM
    assert outcome.after == text(MEGABYTES)
    assert "Traceback" not in server.log
