"""From the YAML of one rule to the rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

import yaml

from mockllm.faults import Faults
from mockllm.rules.rule import Answer, Condition, Contains, Exact, Model, Numbers, Regex, Rule, System
from mockllm.rules.templates import PlainText, TemplateError, Text, text_or_template
from mockllm.rules.yaml_nodes import NodeReader, is_null

__all__ = ["read_faults", "read_rule", "read_text"]

Groups = frozenset[str] | None
Nodes = Mapping[str, yaml.Node]

_TEXT_CONDITIONS = ("exact", "contains", "regex")
_CONDITIONS = (*_TEXT_CONDITIONS, "system", "turn", "model", "tool_results")
_ANSWERS = ("answer", "answers", "cycle", "tool_calls")
_KEYS = (*_CONDITIONS, *_ANSWERS, "faults")


def read_rule(reader: NodeReader, node: yaml.Node, key: str, faults: Faults) -> Rule:
    """One item of `rules`; what it does not say of faults is as in `faults`. Raises `ResponsesError`."""
    found = reader.known_keys(node, key, _KEYS)
    conditions = _conditions(reader, node, found, key)
    rule = Rule(
        name=key,
        conditions=conditions,
        answers=_answers(reader, found, key, _groups(conditions)),
        cycle="cycle" in found and reader.boolean(found["cycle"], f"{key}.cycle"),
        faults=read_faults(reader, found.get("faults"), f"{key}.faults", faults),
    )
    _check(reader, node, found, rule)
    return rule


def read_text(reader: NodeReader, node: yaml.Node, key: str, groups: Groups = None) -> Text:
    """A text that may be a template."""
    return _template(reader, node, key, reader.text(node, key), groups)


def read_faults(reader: NodeReader, node: yaml.Node | None, key: str, usual: Faults) -> Faults:
    """The faults of a rule: those that it does not name are the usual ones, `null` takes one away."""
    take: dict[str, Callable[[yaml.Node, str], float]] = {
        "first_token_ms": reader.not_negative,
        "token_ms": reader.not_negative,
        "jitter": reader.share,
        "status": partial(reader.whole, low=400, high=599),
        "times": partial(reader.whole, low=1),
        "retry_after": reader.not_negative,
        "cut_after": reader.whole,
        "malformed_after": reader.whole,
    }
    none = {each.name: each.default for each in fields(Faults)}
    values: dict[str, Any] = {
        name: none[name] if is_null(value) else take[name](value, f"{key}.{name}")
        for name, value in reader.known_keys(node, key, take).items()
    }
    if "status" in values and values["status"] is None:
        values |= {"times": None, "retry_after": None}
    faults = replace(usual, **values)
    if node is not None and faults.status is None and (faults.times, faults.retry_after) != (None, None):
        raise reader.error(node, key, "has `times` or `retry_after`, which need a `status`")
    return faults


def _conditions(reader: NodeReader, node: yaml.Node, found: Nodes, key: str) -> tuple[Condition, ...]:
    if len(several := [name for name in _TEXT_CONDITIONS if name in found]) > 1:
        said = " and ".join(f"`{name}`" for name in several)
        raise reader.error(node, key, f"says {said}: keep one of them, or make two rules")
    given = (name for name in _CONDITIONS if name in found)
    return tuple(_condition(reader, name, found[name], f"{key}.{name}") for name in given)


def _condition(reader: NodeReader, name: str, node: yaml.Node, key: str) -> Condition:
    match name:
        case "exact":
            return Exact.of(reader.text(node, key))
        case "contains":
            return Contains(reader.one_or_more(node, key, reader.phrase))
        case "regex":
            return _regex(reader, node, key)
        case "system":
            return System(reader.phrase(node, key))
        case "model":
            return Model(reader.phrase(node, key))
        case _:
            lowest = 1 if name == "turn" else 0
            return Numbers(name, reader.one_or_more(node, key, partial(reader.whole, low=lowest)))


def _regex(reader: NodeReader, node: yaml.Node, key: str) -> Regex:
    from mockllm.rules.regexes import Pattern, PatternError  # few files need the package `regex`

    text = reader.phrase(node, key)
    try:
        return Regex(Pattern.of(text, reader.place(node, key)))
    except PatternError as error:
        raise reader.error(node, key, f"is not a regular expression: {error}") from error


def _groups(conditions: tuple[Condition, ...]) -> Groups:
    patterns = (each.pattern for each in conditions if isinstance(each, Regex))
    return next((frozenset(pattern.compiled.groupindex) for pattern in patterns), None)


def _answers(reader: NodeReader, found: Nodes, key: str, groups: Groups) -> tuple[Answer, ...]:
    if sequence := found.get("answers"):
        for name in ("answer", "tool_calls"):
            if name in found:
                raise reader.error(
                    found[name], f"{key}.{name}", "cannot stand beside `answers`: put it in there"
                )
        items = enumerate(reader.items(sequence, f"{key}.answers"))
        return tuple(_step(reader, item, f"{key}.answers[{index}]", groups) for index, item in items)
    return (_answer(reader, found, key, groups),) if {"answer", "tool_calls"} & set(found) else ()


def _step(reader: NodeReader, node: yaml.Node, key: str, groups: Groups) -> Answer:
    """One of several answers: a text, or a mapping with tool calls."""
    if isinstance(node, yaml.ScalarNode):
        return Answer(read_text(reader, node, key, groups))
    found = reader.known_keys(node, key, ("answer", "tool_calls"))
    if not found:
        raise reader.error(node, key, "must be text, or say `answer` or `tool_calls`")
    return _answer(reader, found, key, groups)


def _answer(reader: NodeReader, found: Nodes, key: str, groups: Groups) -> Answer:
    text = read_text(reader, found["answer"], f"{key}.answer", groups) if "answer" in found else PlainText()
    calls = enumerate(reader.items(found.get("tool_calls"), f"{key}.tool_calls"))
    return Answer(
        text, tuple(_tool_call(reader, call, f"{key}.tool_calls[{index}]", groups) for index, call in calls)
    )


def _tool_call(reader: NodeReader, node: yaml.Node, key: str, groups: Groups) -> tuple[str, Any]:
    found = reader.known_keys(node, key, ("name", "arguments"))
    if "name" not in found:
        raise reader.error(node, key, "has no `name`")
    name = reader.phrase(found["name"], f"{key}.name")
    place = f"{key}.arguments"
    reader.mapping(arguments := found.get("arguments"), place)
    plain = reader.plain(arguments, place) if arguments else None
    return name, _with_templates(reader, node, place, plain or {}, groups)


def _with_templates(reader: NodeReader, node: yaml.Node, key: str, value: Any, groups: Groups) -> Any:
    """The value with its texts as `Text`, and tuples for lists."""
    again = partial(_with_templates, reader, node, groups=groups)
    if isinstance(value, dict):
        return {name: again(f"{key}.{name}", each) for name, each in value.items()}
    if isinstance(value, list):
        return tuple(again(f"{key}[{index}]", each) for index, each in enumerate(value))
    return _template(reader, node, key, value, groups) if isinstance(value, str) else value


def _template(reader: NodeReader, node: yaml.Node, key: str, text: str, groups: Groups) -> Text:
    try:
        return text_or_template(text, groups)
    except TemplateError as error:
        raise reader.error(node, key, f"is not a template: {error}") from error


def _check(reader: NodeReader, node: yaml.Node, found: Nodes, rule: Rule) -> None:
    if not rule.answers and rule.faults.status is None:
        raise reader.error(node, rule.name, "answers nothing: give it `answer`, `tool_calls` or a `status`")
    if "cycle" in found and "answers" not in found:
        raise reader.error(found["cycle"], f"{rule.name}.cycle", "needs `answers`")
