"""Adding a rule to a responses file that a person keeps: everything else in it stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

import yaml

__all__ = ["with_rule"]


def with_rule(text: str, rule: Mapping[str, Any]) -> str:
    """The text of a responses file with a rule as the last of its `rules`. The file must be valid before."""
    root = _root(text)
    if "rules" in root.entries:
        return _with_item(text, root.entries["rules"], rule)
    if root.is_flow:
        return _in_brackets(text, root.end - 1, f"rules: {json.dumps([rule])}")
    gap = "\n" if root.entries else ""
    return text + _break(text) + _as_in(text, gap + "rules:\n" + indent(_item(rule), "  "))


@dataclass(frozen=True)
class _Root:
    """The file's mapping: its keys, each with the parser's events of its value."""

    entries: Mapping[str, list[yaml.Event]] = field(default_factory=dict)
    is_flow: bool = False
    end: int = 0


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as people do."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


def _item(rule: Mapping[str, Any]) -> str:
    return yaml.dump([dict(rule)], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _root(text: str) -> _Root:
    # Events rather than nodes: an alias has its own place here, and a node that of its anchor.
    events = yaml.parse(text, Loader=yaml.SafeLoader)
    start = next((event for event in events if isinstance(event, yaml.NodeEvent)), None)
    if not isinstance(start, yaml.MappingStartEvent):
        return _Root()
    entries: dict[str, list[yaml.Event]] = {}
    while not isinstance((key := next(events)), yaml.MappingEndEvent):
        entries[key.value if isinstance(key, yaml.ScalarEvent) else ""] = _node(events)
    return _Root(entries, bool(start.flow_style), _index(key.end_mark))


def _node(events: Iterator[yaml.Event]) -> list[yaml.Event]:
    """The events of the next node."""
    found: list[yaml.Event] = []
    depth = 0
    while not found or depth:
        found.append(event := next(events))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
    return found


def _with_item(text: str, rules: list[yaml.Event], rule: Mapping[str, Any]) -> str:
    start, end = rules[0], _index(rules[-1].end_mark)
    if isinstance(start, yaml.SequenceStartEvent) and start.flow_style:
        return _in_brackets(text, end - 1, json.dumps(rule))
    if isinstance(start, yaml.SequenceStartEvent):
        end = max(_index(event.end_mark) for event in rules if not _is_end_of_block(event))
        column = start.start_mark.column if start.start_mark else 0
    else:  # nothing, or a null that is written out
        begin = _index(start.start_mark)
        text, end, column = text[:begin] + text[end:], begin, 2
    return _inserted(text, _next_line(text, end), indent(_item(rule), " " * column))


def _in_brackets(text: str, index: int, added: str) -> str:
    """With something as the last between brackets that close at the index."""
    comma = "" if text[:index].rstrip().endswith(("[", "{", ",")) else ", "
    return text[:index] + comma + added + text[index:]


def _is_end_of_block(event: yaml.Event) -> bool:
    # A block's end is found where the next thing begins, behind comments that may belong to that.
    is_end = isinstance(event, yaml.CollectionEndEvent)
    return is_end and _index(event.start_mark) == _index(event.end_mark)


def _index(mark: Any) -> int:
    return mark.index if mark else 0  # the parser gives each event a mark, but its types do not say so


def _next_line(text: str, index: int) -> int:
    if text[index - 1] == "\n":
        return index
    return (text.find("\n", index) + 1) or len(text)


def _inserted(text: str, index: int, added: str) -> str:
    before = text[:index]
    return before + (_break(before) if added.endswith("\n") else "") + _as_in(text, added) + text[index:]


def _break(before: str) -> str:
    return "" if not before or before.endswith("\n") else _as_in(before, "\n")


def _as_in(text: str, added: str) -> str:
    """What is added, with the line breaks of the text."""
    return added.replace("\n", "\r\n") if "\r\n" in text else added
