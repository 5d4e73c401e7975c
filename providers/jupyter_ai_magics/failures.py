"""Why a plug-in could not be imported, in one line that tells what to do."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_ai_magics.langchain_moves import langchain_advice

__all__ = ["import_advice", "summarize"]

_OUR_PACKAGES = frozenset({"jupyter_ai", "jupyter_ai_magics", "mockllm"})


def summarize(exc: BaseException) -> str:
    """The exception in one line, even if its `__str__` fails."""
    try:
        lines = str(exc).strip().splitlines()
    except Exception:  # noqa: BLE001 - a plug-in's exception is plug-in code as well
        lines = []
    return f"{type(exc).__name__}: {lines[0]}" if lines else type(exc).__name__


def import_advice(exc: BaseException, module: str, distribution: str) -> str:
    """What importing `module` of a package failed with, and what mends it; causes are looked at as well."""
    for cause in _chain(exc):
        if isinstance(cause, ImportError) and (advice := langchain_advice(cause)):
            return f"importing `{module}` failed: {advice}"
        if isinstance(cause, ModuleNotFoundError):
            break  # what failed before it was the other one of two attempts
    if isinstance(exc, ModuleNotFoundError) and exc.name is not None:
        return f"importing `{module}` failed: {_missing_module_advice(exc.name, module, distribution)}"
    return f"importing `{module}` raised {summarize(exc)}"


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """An exception, and those that it came from."""
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
