"""Time for tests of this directory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from virtual_time import virtual_time


@pytest.fixture
async def no_waiting() -> AsyncIterator[None]:
    """Time passes at once."""
    with virtual_time():
        yield
