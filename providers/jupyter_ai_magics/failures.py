"""What the code of plug-ins raises: told in one line that says what to do, and kept from ending more."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_ai_magics.langchain_moves import langchain_advice

__all__ = ["as_exception", "asking", "chain", "contained", "import_advice", "is_interrupt", "summarize"]

_OUR_PACKAGES = frozenset({"jupyter_ai", "jupyter_ai_magics", "mockllm"})


def summarize(exc: BaseException) -> str:
    """The exception in one line, even if its `__str__` fails."""
    try:
        lines = str(exc).strip().splitlines()
    except BaseException:  # noqa: BLE001 - a plug-in's exception is plug-in code as well
        lines = []
    return f"{type(exc).__name__}: {lines[0]}" if lines else type(exc).__name__


def as_exception(error: BaseException) -> Exception:
    """The error, or one in its place that ends neither an event loop nor a task, and that a future takes."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    raised = RuntimeError(f"the call raised {summarize(error)}")
    raised.__cause__ = error
    return raised


@contextmanager
def asking() -> Iterator[None]:
    """What a class is asked within may raise anything; what gets out is an `Exception`.

    Not for what awaits: a cancellation of the task passes there.
    """
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        raise as_exception(error) from error


async def contained(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a plug-in's function returns, or its coroutine; what gets out is an `Exception` or a cancellation.

    asyncio lets `SystemExit` and `KeyboardInterrupt` of any task end the event loop, and with it the server.
    Neither is a person's Ctrl-C here: Jupyter Server and asyncio's runner take that signal for themselves.
    """
    import asyncio  # whoever awaits has it; the metadata of plug-ins are read without

    try:
        result = function(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result
    except (Exception, asyncio.CancelledError, GeneratorExit):
        raise
    except BaseException as error:
        raise as_exception(error) from error


def is_interrupt(error: BaseException) -> bool:
    """Whether a person pressed Ctrl-C; only the main thread is told of that."""
    return isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread()


def import_advice(exc: BaseException, module: str, distribution: str) -> str:
    """What importing `module` of a package failed with, and what mends it; causes are looked at as well."""
    for cause in chain(exc):
        if isinstance(cause, ImportError) and (advice := langchain_advice(cause)):
            return f"importing `{module}` failed: {advice}"
        if isinstance(cause, ModuleNotFoundError):
            break  # what failed before it was the other one of two attempts
    if isinstance(exc, ModuleNotFoundError) and exc.name is not None:
        return f"importing `{module}` failed: {_missing_module_advice(exc.name, module, distribution)}"
    return f"importing `{module}` raised {summarize(exc)}"


def chain(exc: BaseException) -> Iterator[BaseException]:
    """An exception, and those that it came from, the nearest first."""
    seen: set[int] = set()
    found: BaseException | None = exc
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _missing_module_advice(missing: str, module: str, distribution: str) -> str:
    top = missing.partition(".")[0]
    if top == module.partition(".")[0]:
        return (
            f"{distribution} contains no module `{missing}`; reinstall {distribution} or correct its metadata"
        )
    if top in _OUR_PACKAGES:
        return (
            f"jupyter_ai has no module `{missing}`; look for a version of {distribution} that suits this one"
        )
    return (
        f"{distribution} needs the module `{missing}`, which is not installed; "
        f"install what provides it (perhaps `pip install {top.replace('_', '-')}`)"
    )
