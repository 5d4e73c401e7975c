"""What an administrator puts in the place of a part of completions, by a trait of `AiExtension`."""

from __future__ import annotations

from typing import Any

from jupyter_ai.errors import CompletionUnavailable
from jupyter_ai_magics.failures import summarize

__all__ = ["replacement"]


def replacement(trait: str, decided: Any, method: str, **options: Any) -> Any:
    """What a trait says: an instance, or a class or the dotted name of one, which is called with `options`.

    Raises `CompletionUnavailable`, which names the trait, where it cannot be made or lacks the method.
    """
    try:
        found = _imported(decided) if isinstance(decided, str) else decided
        made = found(**options) if isinstance(found, type) else found
    # A deployment's code, and what it imports.
    except (Exception, SystemExit) as error:
        reason = f"{_name(decided)} cannot be made: {summarize(error)}"
        raise CompletionUnavailable(f"AiExtension.{trait}: {reason}", "misconfigured") from error
    if not callable(getattr(made, method, None)):
        reason = f"{_name(decided)} has no method `{method}`."
        raise CompletionUnavailable(f"AiExtension.{trait}: {reason}", "misconfigured")
    return made


def _imported(name: str) -> Any:
    from traitlets.utils.importstring import import_item

    return import_item(name)


def _name(decided: Any) -> str:
    if isinstance(decided, str):
        return repr(decided)
    return (decided if isinstance(decided, type) else type(decided)).__qualname__
