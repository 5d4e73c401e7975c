"""Has a template count what it works on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from jinja2 import nodes, pass_context
from jinja2.runtime import Context, markup_join, str_join
from jinja2.visitor import NodeTransformer

from mockllm.rules.work import Work

__all__ = ["FILTERS", "WORK", "count_work", "counted_call", "counting", "work_of"]

# The names of no variables and no filters, so that a template cannot mean them.
WORK = " work"
_STEPS, _COUNTED, _JOINED = " steps", " counted", " joined"

# They may go over the whole value for each character of what they are given.
_REPEATED = frozenset((
    "divisibleby", "lstrip", "rfind", "rindex", "rpartition", "rsplit", "rstrip", "strip", "trim",
))  # fmt: skip


def work_of(context: Context) -> Work:
    return cast(Work, context.resolve(WORK))


def count_work(tree: nodes.Template) -> None:
    """Have the template count what is neither a call nor a filter, a test or an operator.

    A list within a list within a list takes no time to make, but to compare or to print: so each is counted
    when it is made, and whoever goes through it later counts it again.
    """
    _Counted().visit(tree)


def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter or a test that counts what it is given and what comes of it."""

    @pass_context
    def counted(context: Context, value: Any, /, *args: Any, **options: Any) -> Any:
        return counted_call(
            context, name, value, (args, options), lambda: function(value, args, options, context=context)
        )

    return counted


def counted_call(context: Context, name: str, value: Any, given: Any, call: Callable[[], Any]) -> Any:
    """What the call returns; it is `name` that is applied to a value with what is given."""
    work = work_of(context)
    if name in _REPEATED:
        work.count_product(value, given)
    else:
        work.count((value, given))
    return work.count(call())


class _Counted(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _filtered(node.iter, _STEPS)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        return _filtered(self.generic_visit(node), _COUNTED)

    visit_Dict = visit_List

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        # Else it is the names on the left of an assignment.
        return _filtered(self.generic_visit(node), _COUNTED) if node.ctx == "load" else node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), _JOINED)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _filtered(node.expr, _COUNTED)
        for operand in node.ops:
            operand.expr = _filtered(operand.expr, _COUNTED)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filtered(node.node, _COUNTED)
        else:
            node.arg = _filtered(node.arg, _COUNTED)
        return node


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


@pass_context
def _steps(context: Context, values: Iterable[Any]) -> Iterator[Any]:
    work = work_of(context)
    for value in values:
        work.step()
        yield value


@pass_context
def _counted(context: Context, value: Any) -> Any:
    return work_of(context).count(value)


@pass_context
def _joined(context: Context, values: list[Any]) -> str:
    """What `~` makes of values."""
    work_of(context).count(values)
    return markup_join(values) if context.eval_ctx.autoescape else str_join(values)


FILTERS = {_STEPS: _steps, _COUNTED: _counted, _JOINED: _joined}
