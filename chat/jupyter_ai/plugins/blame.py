"""Where to look when a plug-in is wrong: the file, and the line where one is to blame."""

from __future__ import annotations

import inspect
import sys
from types import TracebackType

__all__ = ["place_of_class", "place_of_error"]


def place_of_error(error: BaseException, target: str) -> str | None:
    """Where the code of the package that `target` names failed: the innermost line of its own.

    None if none of it ran.
    """
    top = target.partition(":")[0].strip().partition(".")[0]
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno or 1}"
    return _line_of(error.__traceback__, top)


def place_of_class(cls: object, target: str) -> str | None:
    """Where a class is written, or else the module that the target names, if it was imported."""
    try:
        if isinstance(cls, type):
            return f"{inspect.getsourcefile(cls)}:{inspect.getsourcelines(cls)[1]}"
    except (OSError, TypeError):
        pass
    file = getattr(sys.modules.get(target.partition(":")[0].strip()), "__file__", None)
    return str(file) if file else None


def _line_of(tb: TracebackType | None, top: str) -> str | None:
    found = None
    while tb is not None:
        if str(tb.tb_frame.f_globals.get("__name__")).partition(".")[0] == top:
            found = f"{tb.tb_frame.f_code.co_filename}:{tb.tb_lineno}"
        tb = tb.tb_next
    return found
