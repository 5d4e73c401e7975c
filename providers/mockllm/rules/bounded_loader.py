"""YAML whose values are not many times what is written."""

from __future__ import annotations

from typing import Any

import yaml

from mockllm.config import ResponsesError

__all__ = ["MAX_COPIES", "MAX_LEVELS", "BoundedLoader"]

MAX_COPIES = 100_000
MAX_LEVELS = 100


class BoundedLoader(yaml.SafeLoader):
    """Composes nodes whose every value can be visited, though aliases of aliases multiply them.

    Raises `ResponsesError` for aliases that stand for more than `MAX_COPIES` values, for more than
    `MAX_LEVELS` levels, and for an alias within what it stands for.
    """

    def __init__(self, text: str, source: str) -> None:
        super().__init__(text)
        self._source = source
        self._copies = 0
        self._sizes: dict[yaml.Node, tuple[int, int]] = {}  # of each node, values and levels
        self._open: list[tuple[int, int]] = []  # the same of what is being composed, as far as it goes

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs have no types here
        self._open.append((1, 1))
        self._check_levels(len(self._open), event.start_mark)
        node: Any = super().compose_node(parent, index)
        size = self._open.pop()
        if isinstance(event, yaml.AliasEvent):
            size = self._copied(node, event)
        self._sizes[node] = size
        self._check_levels(len(self._open) + size[1], event.start_mark)
        if self._open:
            values, levels = self._open[-1]
            self._open[-1] = values + size[0], max(levels, size[1] + 1)
        return node

    def fetch_flow_collection_start(self, token: Any) -> None:
        # The scanner reads ahead, for long where much is nested.
        self._check_levels(self.flow_level, self.get_mark())
        super().fetch_flow_collection_start(token)

    def _copied(self, node: yaml.Node, event: yaml.AliasEvent) -> tuple[int, int]:
        size = self._sizes.get(node)
        if size is None:
            raise self._error(event.start_mark, f"`*{event.anchor}` stands within itself")
        self._copies += size[0]
        if self._copies > MAX_COPIES:
            raise self._error(event.start_mark, f"the aliases stand for more than {MAX_COPIES} values")
        return size

    def _check_levels(self, levels: int, mark: Any) -> None:
        if levels > MAX_LEVELS:
            raise self._error(mark, "this is nested too deeply")

    def _error(self, mark: Any, problem: str) -> ResponsesError:
        return ResponsesError(f"{self._source}, line {mark.line + 1}: {problem}.")
