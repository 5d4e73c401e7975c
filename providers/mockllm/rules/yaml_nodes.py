"""YAML nodes taken for what they should be, with errors that name file, line and key."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any, TypeVar

import yaml

from mockllm.config import ResponsesError
from mockllm.rules.bounded_loader import BoundedLoader
from mockllm.wording import sentence

__all__ = ["NodeReader", "compose", "is_null"]

T = TypeVar("T")

_TAG = "tag:yaml.org,2002:"
_TRUE = ("true", "yes", "on")


def compose(text: str, source: str) -> yaml.Node | None:
    """The root of a text's only document. Raises `ResponsesError`."""
    # Nodes rather than values: they know their lines, and a prompt `yes` or an answer `42` stays text.
    try:
        return BoundedLoader(text, source).get_single_node()
    except ResponsesError:
        raise
    except yaml.reader.ReaderError as error:
        line = f", line {len(f'{text[: error.position]}.'.splitlines())}"
        problem = f"the character U+{ord(text[error.position]):04X} cannot stand in it"
        raise ResponsesError(f"{source}{line}: this is not YAML: {problem}.") from error
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ResponsesError(sentence(f"{source}{line}: this is not YAML: {error.problem}")) from error
    except (ValueError, OverflowError) as error:  # an escape or a version with a number beyond all bounds
        raise ResponsesError(sentence(f"{source}: this is not YAML: {error}")) from error


def is_null(node: yaml.Node) -> bool:
    return bool(node.tag == f"{_TAG}null")


@dataclass(frozen=True)
class NodeReader:
    """Takes the nodes of one file for what they should be, or raises `ResponsesError`."""

    source: str

    def error(self, node: yaml.Node, key: str, problem: str) -> ResponsesError:
        return ResponsesError(sentence(f"{self.place(node, key)} {problem}"))

    def place(self, node: yaml.Node, key: str) -> str:
        """The file, the line and what stands there."""
        what = f"`{key}`" if key else "the file"
        return f"{self.source}, line {node.start_mark.line + 1}: {what}"

    def mapping(self, node: yaml.Node | None, key: str) -> dict[str, yaml.Node]:
        if node is None or is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, key, "must be a mapping of keys to values")
        entries: dict[str, yaml.Node] = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise self.error(name, key, "has a key that is not plain text")
            if name.value in entries:
                raise self.error(name, key, f"says `{name.value}` twice")
            entries[name.value] = value
        return entries

    def known_keys(self, node: yaml.Node | None, key: str, known: Collection[str]) -> dict[str, yaml.Node]:
        entries = self.mapping(node, key)
        for name, value in entries.items():
            if name not in known:
                path = f"{key}.{name}" if key else name
                raise self.error(value, path, f"is not a known key; {_advice(name, known)}")
        return entries

    def items(self, node: yaml.Node | None, key: str) -> list[yaml.Node]:
        if node is None or is_null(node):
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(node, key, "must be a list")
        return list(node.value)

    def one_or_more(self, node: yaml.Node, key: str, take: Callable[[yaml.Node, str], T]) -> tuple[T, ...]:
        """A list that is not empty, or what could be its only item."""
        if not isinstance(node, yaml.SequenceNode):
            return (take(node, key),)
        if not node.value:
            raise self.error(node, key, "is an empty list")
        return tuple(take(item, f"{key}[{index}]") for index, item in enumerate(node.value))

    def text(self, node: yaml.Node, key: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or is_null(node):
            raise self.error(node, key, "must be text")
        return str(node.value)

    def phrase(self, node: yaml.Node, key: str) -> str:
        """A text of at least one character that is not white space."""
        text = self.text(node, key)
        if not text.strip():
            raise self.error(node, key, "must not be empty")
        return text

    def boolean(self, node: yaml.Node, key: str) -> bool:
        if node.tag != f"{_TAG}bool":
            raise self.error(node, key, f"must be true or false, not {_shown(node)}")
        return node.value.lower() in _TRUE

    def positive(self, node: yaml.Node, key: str) -> float:
        value = _number(node)
        if value is None or value <= 0:
            raise self.error(node, key, f"must be a number above 0, not {_shown(node)}")
        return value

    def not_negative(self, node: yaml.Node, key: str) -> float:
        value = _number(node)
        if value is None or value < 0:
            raise self.error(node, key, f"must be 0 or a number above it, not {_shown(node)}")
        return value

    def share(self, node: yaml.Node, key: str) -> float:
        value = _number(node)
        if value is None or not 0 <= value <= 1:
            raise self.error(node, key, f"must be a number from 0 to 1, not {_shown(node)}")
        return value

    def whole(self, node: yaml.Node, key: str, low: int = 0, high: int | None = None) -> int:
        value = _number(node)
        if value is None or value != int(value) or value < low or (high is not None and value > high):
            bounds = f"from {low}" + (f" to {high}" if high is not None else "")
            raise self.error(node, key, f"must be a whole number {bounds}, not {_shown(node)}")
        return int(value)

    def plain(self, node: yaml.Node, key: str) -> Any:
        """What JSON could say: mappings, lists, texts, numbers, true, false, null."""
        if isinstance(node, yaml.MappingNode):
            return {
                name: self.plain(value, f"{key}.{name}") for name, value in self.mapping(node, key).items()
            }
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, f"{key}[{index}]") for index, item in enumerate(node.value)]
        if is_null(node):
            return None
        if node.tag == f"{_TAG}bool":
            return self.boolean(node, key)
        number = _number(node)
        return node.value if number is None else int(number) if node.tag == f"{_TAG}int" else number


def _number(node: yaml.Node) -> float | None:
    if node.tag not in (f"{_TAG}int", f"{_TAG}float"):
        return None
    try:
        value = float(node.value)
    except ValueError:
        return None  # YAML's other notations, such as 0x10 or .inf, mean no number that anybody wants
    return value if isfinite(value) else None


def _shown(node: yaml.Node) -> str:
    return repr(node.value) if isinstance(node, yaml.ScalarNode) else "a list or a mapping"


def _advice(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(f'`{key}`' for key in known)}"
