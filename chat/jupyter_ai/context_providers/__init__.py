"""What an author of a context command subclasses, and `@file:`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_ai.context_providers.base import (
    BaseCommandContextProvider,
    ContextCommand,
    ContextProviderException,
    find_commands,
)

if TYPE_CHECKING:
    from jupyter_ai.context_providers.file import FileContextProvider

__all__ = [
    "BaseCommandContextProvider",
    "ContextCommand",
    "ContextProviderException",
    "FileContextProvider",
    "find_commands",
]


def __getattr__(name: str) -> Any:
    if name == "FileContextProvider":
        from jupyter_ai.context_providers.file import FileContextProvider

        return FileContextProvider
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
