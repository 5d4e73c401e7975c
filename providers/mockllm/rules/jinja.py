"""Jinja templates in a sandbox in which every template comes to an end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes, pass_context
from jinja2 import Template as JinjaTemplate
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mockllm.rules.templates import TemplateError

if TYPE_CHECKING:
    import regex

__all__ = ["MAX_LENGTH", "MAX_STEPS", "Template"]

MAX_LENGTH = 1_000_000
MAX_STEPS = 10_000

VARIABLES = ("prompt", "system", "turn", "model", "match", "n")

# The name of no variable, so a template cannot reach it.
_STEPS = " steps"

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

# Those whose result is not much larger than what they are given.
# fmt: off
_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "escape", "e", "first", "float", "int", "items",
    "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse",
    "round", "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim", "truncate",
    "unique", "upper", "urlencode", "wordcount",
)

# Methods whose result may be of any size.
_BOUNDLESS = frozenset((
    "center", "expandtabs", "format", "format_map", "join", "ljust", "replace", "rjust", "to_bytes",
    "translate", "zfill",
))
# fmt: on


class Template:
    """A template that is known to be sound; `groups` are those of the rule's regular expression."""

    def __init__(self, source: str, groups: frozenset[str] | None = None) -> None:
        self._template = _compiled(source, groups)

    def render(self, variables: Mapping[str, Any]) -> str:
        """The text, with the placeholders filled in; raises `TemplateError`."""
        found = variables.get("match")
        values = {**variables, "match": found and _Groups(found), _STEPS: iter(range(MAX_STEPS))}
        try:
            return _joined(self._template.generate(values))
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


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops: ClassVar[frozenset[str]] = frozenset(["*", "%"])  # type: ignore[misc]  # the base has no ClassVar

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True)
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.filters |= {"replace": _replace, _STEPS: _counted}
        self.globals = {"range": _range}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr not in _BOUNDLESS and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """No method `format` in a safe wrapper either: it pads to any width."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str):
            raise TemplateError("`%` does not format texts here: use `{{ … }}`")
        if operator == "*":
            _check_product(left, right)
        return super().call_binop(context, operator, left, right)


@cache
def _sandbox() -> _Sandbox:
    return _Sandbox()


def _compiled(source: str, groups: frozenset[str] | None) -> JinjaTemplate:
    environment = _sandbox()
    try:
        tree = environment.parse(source)
        _check(tree, groups)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, _STEPS, [], [], None, None, lineno=loop.lineno)
        tree.set_environment(environment)
        code = environment.compile(tree)
    except TemplateSyntaxError as error:
        raise TemplateError(
            f"{str(error.message).rstrip('.')} (line {error.lineno} of the template)"
        ) from error
    except RecursionError as error:
        raise TemplateError("it is nested too deeply") from error
    return JinjaTemplate.from_code(environment, code, environment.globals)


def _check(tree: nodes.Template, groups: frozenset[str] | None) -> None:
    for node in tree.find_all(tuple(_REFUSED)):
        raise TemplateError(f"`{_REFUSED[type(node)]}` is not offered in answers")
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise TemplateError("a `recursive` loop is not offered in answers")
    for name in find_undeclared_variables(tree) - {*VARIABLES, "range"}:
        raise TemplateError(f"`{name}` is not known; {_advice(name, VARIABLES)}")
    _check_groups(tree, groups)


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


def _joined(pieces: Iterable[str]) -> str:
    parts, length = [], 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_LENGTH:
            raise _too_long()
        parts.append(piece)
    return "".join(parts)


@pass_context
def _counted(context: Context, values: Iterable[Any]) -> Iterator[Any]:
    steps = context.resolve(_STEPS)
    for value in values:
        if next(steps, None) is None:
            raise TemplateError(f"its loops take more than {MAX_STEPS} steps")
        yield value


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    with suppress(OverflowError):  # len() of a range that is longer than the machine counts
        if len(numbers) <= MAX_STEPS:
            return numbers
    raise TemplateError(f"`range` gives at most {MAX_STEPS} numbers")


def _replace(value: Any, old: Any, new: Any) -> str:
    text = str(value)
    if text.count(str(old)) * len(str(new)) > MAX_LENGTH:
        raise _too_long()
    return text.replace(str(old), str(new))


def _check_product(left: Any, right: Any) -> None:
    if isinstance(left, int | float) and isinstance(right, int | float):
        return
    text, times = (left, right) if isinstance(left, str) else (right, left)
    if not (isinstance(text, str) and isinstance(times, int)):
        raise TemplateError("`*` takes numbers, or a text and a whole number")
    if len(text) * times > MAX_LENGTH:
        raise _too_long()


def _too_long() -> TemplateError:
    return TemplateError(f"the text is longer than {MAX_LENGTH} characters")
