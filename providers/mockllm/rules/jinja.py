"""Jinja templates in a sandbox in which every template comes to an end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from mockllm.rules.counting import WORK, count_work
from mockllm.rules.sandbox import sandbox
from mockllm.rules.templates import TemplateError
from mockllm.rules.work import Work, joined

if TYPE_CHECKING:
    import regex

__all__ = ["Template"]

_MAX_LEVELS = 100  # Jinja takes long for more, and Python no more than 200 brackets

VARIABLES = ("prompt", "system", "turn", "model", "match", "n")

# A macro may call itself, a power has no bound, and there is nothing to include.
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
    nodes.AssignBlock: "set … endset",
    nodes.Block: "block",
    nodes.Extends: "extends",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from … import",
    nodes.Pow: "**",
}


class Template:
    """A template that is known to be sound; `groups` are those of the rule's regular expression."""

    def __init__(self, source: str, groups: frozenset[str] | None = None) -> None:
        self._template = _compiled(source, groups)

    def render(self, variables: Mapping[str, Any]) -> str:
        """The text, with the placeholders filled in; raises `TemplateError`."""
        found = variables.get("match")
        values = {**variables, "match": found and _Groups(found), WORK: Work()}
        try:
            return joined(self._template.generate(values))
        except TemplateError:
            raise
        except Exception as error:  # a template may raise whatever its values do
            raise TemplateError(str(error) or type(error).__name__) from error


class _Groups:
    """What a regular expression found: `match.name`, `match[1]`; a group that took no part is empty."""

    __slots__ = ("_found",)

    def __init__(self, found: regex.Match[str]) -> None:
        self._found = found

    def __getitem__(self, name: str | int) -> str:
        try:
            return self._found[name] or ""
        except IndexError:
            raise KeyError(name) from None  # as Jinja expects it of what is not there


def _compiled(source: str, groups: frozenset[str] | None) -> JinjaTemplate:
    environment = sandbox()
    try:
        tree = environment.parse(source)
        _check(tree, groups)
        count_work(tree)
        tree.set_environment(environment)
        code = environment.compile(tree)
    except TemplateError:
        raise
    except TemplateSyntaxError as error:
        raise TemplateError(
            f"{str(error.message).rstrip('.')} (line {error.lineno} of the template)"
        ) from error
    except (RecursionError, SyntaxError) as error:
        raise TemplateError("it is nested too deeply") from error
    except ValueError as error:  # a number beyond all bounds
        raise TemplateError(str(error)) from error
    return JinjaTemplate.from_code(environment, code, environment.globals)


def _check(tree: nodes.Template, groups: frozenset[str] | None) -> None:
    _check_levels(tree)
    for node in tree.find_all(tuple(_REFUSED)):
        raise TemplateError(f"`{_REFUSED[type(node)]}` is not offered in answers")
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise TemplateError("a `recursive` loop is not offered in answers")
    for name in find_undeclared_variables(tree) - {*VARIABLES, "range"}:
        raise TemplateError(f"`{name}` is not known; {_advice(name, VARIABLES)}")
    _check_groups(tree, groups)


def _check_levels(tree: nodes.Template) -> None:
    level: list[nodes.Node] = [tree]
    for _ in range(_MAX_LEVELS):
        level = [child for node in level for child in node.iter_child_nodes()]
    if level:
        raise TemplateError("it is nested too deeply")


def _check_groups(tree: nodes.Template, groups: frozenset[str] | None) -> None:
    if groups is None and any(name.name == "match" for name in tree.find_all(nodes.Name)):
        raise TemplateError("`match` is known only to a rule with `regex`")
    for access in tree.find_all(nodes.Getattr):
        of_match = isinstance(access.node, nodes.Name) and access.node.name == "match"
        if of_match and access.attr not in (groups or ()):
            raise TemplateError(
                f"`match.{access.attr}` is no group of `regex`; {_advice(access.attr, groups)}"
            )


def _advice(name: str, known: Iterable[str] | None) -> str:
    known = sorted(known or ())
    close = get_close_matches(name, known, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"known are {', '.join(f'`{each}`' for each in known)}" if known else "it has no named group"
