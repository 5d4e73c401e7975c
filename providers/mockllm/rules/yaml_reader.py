"""From the YAML of a responses file to its configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from mockllm.config import UNKNOWN_RESPONSE, ResponsesConfig, Settings
from mockllm.faults import Faults
from mockllm.rules.rule import Answer, Exact, Rule
from mockllm.rules.rule_reader import read_faults, read_rule, read_text
from mockllm.rules.templates import PlainText
from mockllm.rules.yaml_nodes import NodeReader, compose

__all__ = ["read_responses"]

_SECTIONS = ("responses", "rules", "defaults", "settings", "providers")


def read_responses(text: str, source: str) -> ResponsesConfig:
    """Understand the text of a responses file, or raise `ResponsesError`."""
    reader = NodeReader(source)
    sections = reader.known_keys(compose(text, source), "", _SECTIONS)
    default = _default(reader, sections.get("defaults"))
    rules = _rules(reader, sections.get("rules"), default.faults)
    return ResponsesConfig(
        rules=(*rules, *_responses(reader, sections.get("responses"), default.faults)),
        default=default,
        settings=_settings(reader, sections.get("settings")),
        provider_config=_providers(reader, sections.get("providers")),
    )


def _default(reader: NodeReader, node: yaml.Node | None) -> Rule:
    found = reader.known_keys(node, "defaults", ("unknown_response", "faults"))
    answer = found.get("unknown_response")
    text = (
        PlainText(UNKNOWN_RESPONSE)
        if answer is None
        else read_text(reader, answer, "defaults.unknown_response")
    )
    faults = read_faults(reader, found.get("faults"), "defaults.faults", Faults())
    return Rule("defaults", answers=(Answer(text),), faults=faults)


def _rules(reader: NodeReader, node: yaml.Node | None, faults: Faults) -> list[Rule]:
    items = enumerate(reader.items(node, "rules"))
    return [read_rule(reader, item, f"rules[{index}]", faults) for index, item in items]


def _responses(reader: NodeReader, node: yaml.Node | None, faults: Faults) -> list[Rule]:
    rules: dict[str, Rule] = {}
    for prompt, answer in reader.mapping(node, "responses").items():
        key, wanted = f"responses.{prompt}", Exact.of(prompt)
        # As it stands: such files exist from before there were templates.
        rule = Rule(key, (wanted,), (Answer(PlainText(reader.text(answer, key))),), faults=faults)
        if rules.setdefault(wanted.normalised, rule) is not rule:
            raise reader.error(answer, key, "is answered twice (letter case and spaces do not count)")
    return list(rules.values())


def _settings(reader: NodeReader, node: yaml.Node | None) -> Settings:
    kinds = {
        "lag_enabled": reader.boolean,
        "lag_factor": reader.positive,
        "delay_ms": reader.not_negative,
        "strict": reader.boolean,
        "seed": reader.whole,
    }
    found = reader.known_keys(node, "settings", kinds)
    values: dict[str, Any] = {key: kinds[key](value, f"settings.{key}") for key, value in found.items()}
    return replace(Settings(), **values)


def _providers(reader: NodeReader, node: yaml.Node | None) -> dict[str, dict[str, Any]]:
    return {
        name: {key: reader.plain(each, f"providers.{name}.{key}") for key, each in entries.items()}
        for name, section in reader.mapping(node, "providers").items()
        for entries in [reader.mapping(section, f"providers.{name}")]
    }
