"""What the kernels of a server know of their DataFrames; they are asked, and run no statement."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from queue import Empty
from typing import Any

__all__ = ["describe", "names"]

_PATIENCE = 3.0  # seconds; a kernel that is at work answers no sooner than it is done
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_NAMES = "[n for n, v in list(globals().items()) if type(v).__name__ == 'DataFrame' and n[:1] != '_']"
_FACTS = (
    "[f'{len(NAME)} rows, {len(NAME.columns)} columns', NAME.dtypes.to_string(),"
    " NAME.head(5).to_csv(), NAME.describe(include='all').to_csv()]"
)


def describe(kernels: Any, name: str) -> str | None:
    """The size, types, first rows and statistics of a DataFrame; None if no kernel has one of that name.

    `kernels` is a server's kernel manager; the kernel that was used last is asked first. Blocks for at most
    3 s a kernel.
    """
    if not name.isidentifier():
        return None  # it is a part of what the kernel evaluates
    for facts in _ask(kernels, _FACTS.replace("NAME", name)):
        size, types, head, statistics = facts
        return f"{size}\n\nTypes:\n{types}\n\nFirst rows:\n{head}\nStatistics:\n{statistics}"
    return None


def names(kernels: Any) -> list[str]:
    """The names of all DataFrames, sorted."""
    return sorted({name for found in _ask(kernels, _NAMES) for name in found})


def _ask(kernels: Any, expression: str) -> Iterator[Any]:
    """What an expression is, in each kernel where it does not fail."""
    found = [kernels.get_kernel(id) for id in kernels.list_kernel_ids()]
    for kernel in sorted(found, key=_last_activity, reverse=True):
        answer = _evaluate(kernel, expression)
        if answer is not None:
            yield answer


def _last_activity(kernel: Any) -> datetime:
    return getattr(kernel, "last_activity", None) or _LONG_AGO


def _evaluate(kernel: Any, expression: str) -> Any:
    client = kernel.blocking_client()
    client.start_channels(iopub=False, stdin=False, hb=False, control=False)
    try:
        asked = client.execute("", silent=True, user_expressions={"it": expression})
        while (reply := client.get_shell_msg(timeout=_PATIENCE))["parent_header"].get("msg_id") != asked:
            pass
    except Empty:
        return None
    finally:
        client.stop_channels()
    answer = reply["content"].get("user_expressions", {}).get("it", {})
    return ast.literal_eval(answer["data"]["text/plain"]) if answer.get("status") == "ok" else None
