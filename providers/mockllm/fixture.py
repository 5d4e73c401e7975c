"""What the pytest fixture `mockllm` is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import yaml

from mockllm.config import ResponsesConfig, ResponsesError, Settings, parse_responses
from mockllm.faults import Faults
from mockllm.journal import Entry, Journal
from mockllm.live import LiveResponses
from mockllm.rules.rule import Answer, Rule
from mockllm.rules.rule_reader import read_faults
from mockllm.rules.templates import PlainText
from mockllm.rules.yaml_nodes import NodeReader, compose
from mockllm.runner import MockServer
from mockllm.server import create_app

__all__ = ["MockLLM", "start_server"]

_SOURCE = "<test>"
_REPLY_WITH = "mockllm.reply_with"
_NOTHING = "settings: {delay_ms: 0}"


def start_server() -> MockServer:
    """A server with every provider and no rules, not yet started."""
    journal = Journal(limit=None, largest_body=None)
    return MockServer(create_app(parse_responses(_NOTHING), journal=journal))


class MockLLM:
    """A running mock server, with the rules and the journal of one test.

    It runs in a thread of its own, so tests may block: `wait_for` does. In a coroutine that must let others
    run meanwhile, `await asyncio.to_thread(mockllm.wait_for, …)`.
    """

    def __init__(self, server: MockServer) -> None:
        self._server = server
        self.url = server.url
        self.openai_url = server.openai_url
        self.reset()

    def reset(self) -> None:
        """Drop open connections, with their requests, and forget the rules and the journal."""
        self._server.drop_connections()
        self.load(_NOTHING)
        self._server.journal.clear()

    def load(self, text: str) -> None:
        """Answer from the text of a responses file. Raises `ResponsesError` if it is wrong."""
        self._use(parse_responses(text, source=_SOURCE))

    def reply_with(self, text: str, **faults: Any) -> None:
        """Answer every prompt with a text, and with faults such as `status=429` or `cut_after=3`.

        Raises `TypeError` if the text is none, and `ResponsesError` for faults that a file could not have.
        """
        if not isinstance(text, str):
            raise TypeError(f"{_REPLY_WITH}: the text must be a str, not {text!r:.80}.")
        rule = Rule(_REPLY_WITH, answers=(Answer(PlainText(text)),), faults=_checked(faults))
        self._use(ResponsesConfig(rules=(rule,), settings=Settings(delay_ms=0)))

    @property
    def journal(self) -> list[Entry]:
        """The requests since the test began, oldest first."""
        return self._server.journal.entries

    @property
    def requests(self) -> list[Any]:
        """The JSON of those requests, keys and other secrets left out."""
        return [entry.body for entry in self.journal if entry.body is not None]

    def wait_for(self, predicate: Callable[[Entry], Any], timeout: float = 5.0) -> Entry:
        """The first request for which the predicate holds, such as `lambda entry: entry.disconnected_at`.

        `timeout` is in seconds; raises `TimeoutError` with the journal after it.
        """
        return self._server.journal.wait_for(predicate, timeout)

    def _use(self, responses: ResponsesConfig) -> None:
        self._server.answers.use(LiveResponses.fixed(responses, _SOURCE))


def _checked(faults: dict[str, Any]) -> Faults:
    """Faults as the YAML of a rule has them."""
    try:
        text = yaml.safe_dump(faults, default_flow_style=True, width=math.inf)
    except yaml.YAMLError as error:
        raise ResponsesError(f"{_REPLY_WITH}: the faults must be numbers: {faults!r:.200}.") from error
    return read_faults(NodeReader(_REPLY_WITH), compose(text, _REPLY_WITH), "faults", Faults())
