"""The pytest fixture `mockllm`: a mock server on a free port, with its rules and its journal at hand.

    def test_greeting(mockllm):
        mockllm.reply_with("Hello")

        assert ask(base_url=mockllm.openai_url) == "Hello"

Needs `jupyter_ai[mock]`. Nothing is imported before a test uses the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockllm.fixture import MockLLM
    from mockllm.runner import MockServer

__all__ = ["mockllm", "mockllm_server"]


@pytest.fixture(scope="session")
def mockllm_server() -> Iterator[MockServer]:
    """The server of all tests of a session."""
    from mockllm.extra import missing_extra

    if problem := missing_extra():
        pytest.fail(problem, pytrace=False)
    from mockllm.fixture import start_server

    with start_server() as server:
        yield server


@pytest.fixture
def mockllm(mockllm_server: MockServer) -> Iterator[MockLLM]:
    """A mock server without rules or pauses, and with an empty journal; see `mockllm.fixture.MockLLM`."""
    from mockllm.fixture import MockLLM

    server = MockLLM(mockllm_server)
    yield server
    server.reset()
