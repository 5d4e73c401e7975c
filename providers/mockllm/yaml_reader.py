"""From the YAML of a responses file to its configuration, with errors that name file, line and key."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any

import yaml

from mockllm.config import UNKNOWN_RESPONSE, ExactRule, Prompt, ResponsesConfig, ResponsesError, Settings

__all__ = ["read_responses"]

_TAG = "tag:yaml.org,2002:"
_TRUE = ("true", "yes", "on")


def read_responses(text: str, source: str) -> ResponsesConfig:
    """Understand the text of a responses file, or raise `ResponsesError`."""
    reader = _Reader(source)
    sections = reader.known_keys(_compose(text, source), "", ("responses", "defaults", "settings"))
    return ResponsesConfig(
        rules=_rules(reader, sections.get("responses")),
        unknown_response=_unknown_response(reader, sections.get("defaults")),
        settings=_settings(reader, sections.get("settings")),
    )


def _compose(text: str, source: str) -> yaml.Node | None:
    # Nodes rather than values: they know their lines, and a prompt `yes` or an answer `42` stays text.
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ResponsesError(f"{source}{line}: this is not YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise ResponsesError(f"{source}: this is not YAML: {error}") from error


def _rules(reader: _Reader, node: yaml.Node | None) -> tuple[ExactRule, ...]:
    rules: dict[str, ExactRule] = {}
    for prompt, answer in reader.mapping(node, "responses").items():
        key = f"responses.{prompt}"
        rule = ExactRule(Prompt(prompt).normalised, reader.text(answer, key))
        if rules.setdefault(rule.normalised, rule) is not rule:
            raise reader.error(answer, key, "is answered twice (letter case and spaces do not count)")
    return tuple(rules.values())


def _unknown_response(reader: _Reader, node: yaml.Node | None) -> str:
    answer = reader.known_keys(node, "defaults", ("unknown_response",)).get("unknown_response")
    return UNKNOWN_RESPONSE if answer is None else reader.text(answer, "defaults.unknown_response")


def _settings(reader: _Reader, node: yaml.Node | None) -> Settings:
    kinds = {"lag_enabled": reader.boolean, "lag_factor": reader.positive, "delay_ms": reader.not_negative}
    found = reader.known_keys(node, "settings", kinds)
    values: dict[str, Any] = {key: kinds[key](value, f"settings.{key}") for key, value in found.items()}
    return Settings(**values)


@dataclass(frozen=True)
class _Reader:
    """Takes YAML nodes for what they should be; its errors name the place."""

    source: str

    def error(self, node: yaml.Node, key: str, problem: str) -> ResponsesError:
        what = f"`{key}`" if key else "the file"
        return ResponsesError(f"{self.source}, line {node.start_mark.line + 1}: {what} {problem}.")

    def mapping(self, node: yaml.Node | None, key: str) -> dict[str, yaml.Node]:
        if node is None or _is_null(node):
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

    def text(self, node: yaml.Node, key: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or _is_null(node):
            raise self.error(node, key, "must be text")
        return str(node.value)

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


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == f"{_TAG}null")


def _number(node: yaml.Node) -> float | None:
    if node.tag not in (f"{_TAG}int", f"{_TAG}float"):
        return None
    try:
        value = float(node.value)
    except ValueError:
        return None  # YAML's other notations, such as 0x10 or .inf, mean no delay that anybody wants
    return value if isfinite(value) else None


def _shown(node: yaml.Node) -> str:
    return repr(node.value) if isinstance(node, yaml.ScalarNode) else "a list or a mapping"


def _advice(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(f'`{key}`' for key in known)}"
