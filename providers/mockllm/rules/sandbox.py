"""What a template can use: nothing whose result may be of any size, and all is counted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from functools import cache, partial
from typing import Any, ClassVar

from jinja2 import StrictUndefined, pass_context
from jinja2.filters import FILTERS as PLAIN_FILTERS
from jinja2.filters import make_attrgetter
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mockllm.rules.counting import FILTERS, counted_call, counting, work_of
from mockllm.rules.templates import TemplateError
from mockllm.rules.work import MAX_STEPS, check_length, joined

__all__ = ["sandbox"]

_MAX_BITS = 10_000
_MAX_INDENT = 100
_MAX_PRECISION = 100

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
    "center", "expandtabs", "format", "format_map", "join", "ljust", "replace", "rjust", "striptags",
    "to_bytes", "translate", "zfill",
))
# fmt: on


@cache
def sandbox() -> ImmutableSandboxedEnvironment:
    """The environment of all templates."""
    return _Sandbox()


class _Bounded(ImmutableSandboxedEnvironment):
    intercepted_binops: ClassVar[frozenset[str]] = frozenset(["+", "-", "*", "/", "//", "%"])  # type: ignore[misc]  # the base has no ClassVar

    def __init__(self) -> None:
        # Not optimized: that evaluates what it can before anything is counted.
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, optimized=False)
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.filters |= {"join": _join, "replace": _replace, "round": _round, "sum": _sum}
        self.globals = {"range": _range}
        self.policies["json.dumps_function"] = _dumps

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr not in _BOUNDLESS and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """No method `format` in a safe wrapper either: it pads to any width."""


class _Sandbox(_Bounded):
    """Everything counts what it works on."""

    def __init__(self) -> None:
        super().__init__()
        bounded = _Bounded()
        self.filters = {name: counting(name, partial(bounded.call_filter, name)) for name in bounded.filters}
        self.filters |= FILTERS
        self.tests = {name: counting(name, partial(bounded.call_test, name)) for name in bounded.tests}

    def call(self, context: Context, function: Any, /, *args: Any, **options: Any) -> Any:
        given = args, {name: value for name, value in options.items() if not name.startswith("_")}
        name, value = getattr(function, "__name__", ""), getattr(function, "__self__", None)
        call = partial(super().call, context, function, *args, **options)
        return counted_call(context, name, value, given, call)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str):
            raise TemplateError("`%` does not format texts here: use `{{ … }}`")
        if operator == "*":
            _check_product(left, right)
        work = work_of(context)
        if operator in "+*":
            work.count((left, right))
        else:
            work.count_product(left, right)
        return work.count(super().call_binop(context, operator, left, right))


def _check_product(left: Any, right: Any) -> None:
    if isinstance(left, int | float) and isinstance(right, int | float):
        if sum(each.bit_length() for each in (left, right) if isinstance(each, int)) > _MAX_BITS:
            raise TemplateError("the number is too large")
        return
    text, times = (left, right) if isinstance(left, str) else (right, left)
    if not (isinstance(text, str) and isinstance(times, int)):
        raise TemplateError("`*` takes numbers, or a text and a whole number")
    check_length(len(text) * times)


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    with suppress(OverflowError):  # len() of a range that is longer than the machine counts
        if len(numbers) <= MAX_STEPS:
            return numbers
    raise TemplateError(f"`range` gives at most {MAX_STEPS} numbers")


@pass_context
def _join(context: Context, value: Iterable[Any], d: Any = "", attribute: str | int | None = None) -> Any:
    values = list(map(make_attrgetter(context.environment, attribute), value) if attribute else value)
    check_length(len(str(d)) * len(values))
    work_of(context).count(values)
    return PLAIN_FILTERS["join"](context.eval_ctx, values, d)


def _replace(value: Any, old: Any, new: Any) -> str:
    text = str(value)
    check_length(text.count(str(old)) * len(str(new)))
    return text.replace(str(old), str(new))


def _round(value: Any, precision: int = 0, method: str = "common") -> Any:
    if abs(precision) > _MAX_PRECISION:
        raise TemplateError(f"`round` takes a precision of at most {_MAX_PRECISION}")
    return PLAIN_FILTERS["round"](value, precision, method)


@pass_context
def _sum(context: Context, value: Iterable[Any], attribute: str | int | None = None, start: Any = 0) -> Any:
    if not isinstance(start, int | float):
        raise TemplateError("`sum` takes numbers")
    return PLAIN_FILTERS["sum"](context.environment, value, attribute, start)


def _dumps(value: Any, *, indent: int | None = None, **options: Any) -> str:
    """JSON, for the filter `tojson`."""
    if indent is not None and not (isinstance(indent, int) and indent <= _MAX_INDENT):
        raise TemplateError(f"`tojson` takes an indent of at most {_MAX_INDENT}")
    return joined(json.JSONEncoder(indent=indent, **options).iterencode(value))
