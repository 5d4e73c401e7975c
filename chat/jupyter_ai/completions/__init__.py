"""Inline completion: what is suggested at the cursor while somebody types.

The names of this package are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_ai.completions.base import BaseInlineCompletionProvider
    from jupyter_ai.completions.options import ProviderOptions

__all__ = ["BaseInlineCompletionProvider", "ProviderOptions"]

_HOMES = {
    "BaseInlineCompletionProvider": "jupyter_ai.completions.base",
    "ProviderOptions": "jupyter_ai.completions.options",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
