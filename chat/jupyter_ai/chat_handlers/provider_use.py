"""What a handler asks of a provider class before and after using it."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import Any

__all__ = ["ModelSlot", "allows_concurrency", "busy", "is_api_key_exc", "key_refused", "unsupported_commands"]


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


def key_refused(provider: Any, e: Exception) -> str | None:
    """What to tell a person if `provider` says that `e` is about its API key; None if it does not."""
    if provider is None or not is_api_key_exc(provider, e):
        return None
    name = getattr(provider, "name", "The model provider")
    return f"{name} refused the API key. Check it, then send the message again."


def busy(provider: Any, counter: Any) -> str | None:
    """Why `provider` cannot be asked now: it is at work, by `counter`, and takes one request at a time."""
    if counter._requests_count == 0 or allows_concurrency(provider):
        return None
    return f"{provider.name} answers one request at a time and is at work. Try again when it is done."


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
