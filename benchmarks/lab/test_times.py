"""A pytest plug-in that adds the processor time of each test to a JUnit report."""

from __future__ import annotations

import time
from collections.abc import Generator

import pytest

__all__ = ["pytest_runtest_call"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Measure a test, without its fixtures."""
    begun = time.process_time()
    try:
        return (yield)
    finally:
        item.user_properties.append(("seconds", time.process_time() - begun))
