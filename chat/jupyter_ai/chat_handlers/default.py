"""The built-in `DefaultChatHandler` under the name that 2.x gave it."""

from __future__ import annotations

from typing import Any

from jupyter_ai.plugins import CHAT_HANDLERS, builtin_class

__all__ = ["DefaultChatHandler"]  # noqa: F822 - by __getattr__


def __getattr__(name: str) -> Any:
    if name == "DefaultChatHandler":
        return builtin_class(CHAT_HANDLERS, "default")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
