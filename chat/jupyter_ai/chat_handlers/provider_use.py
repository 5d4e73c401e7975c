"""What a handler asks of a provider class before and after using it."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import Any

__all__ = ["ModelSlot", "allows_concurrency", "is_api_key_exc", "unsupported_commands"]


class ModelSlot:
    """One request to a model, counted; given back once, however often `release` is called."""

    def __init__(self, counter: Any, *, counts: bool) -> None:
        self._counter = counter  # its `_requests_count` is the number of slots held
        self._held = counts
        if counts:
            counter._requests_count += 1

    def release(self) -> None:
        if self._held:
            self._held = False
            self._counter._requests_count -= 1


def is_api_key_exc(provider: Any, e: Exception) -> bool:
    """Whether `provider` says that `e` is about its API key."""
    try:
        return provider.is_api_key_exc(e) is True
    # A provider's judgement of an exception must not hide the exception.
    except BaseException:  # noqa: BLE001
        return False


def unsupported_commands(provider: Any) -> Collection[str]:
    """The slash commands that a provider class says it cannot serve."""
    try:
        found = getattr(provider, "unsupported_slash_commands", ())
    # What cannot be told keeps no command from anybody.
    except BaseException:  # noqa: BLE001
        return ()
    return found if isinstance(found, set | frozenset | list | tuple) else ()


def allows_concurrency(provider: Any) -> bool:
    """`allows_concurrency` of a provider class, also where it is a property of instances."""
    attribute = inspect.getattr_static(provider, "allows_concurrency", True)
    try:
        if not isinstance(attribute, property) or attribute.fget is None:
            return bool(getattr(provider, "allows_concurrency", True))
        return bool(attribute.fget(provider))
    # A property that needs an instance says nothing of the class.
    except BaseException:  # noqa: BLE001
        return True
