"""What a handler asks of a provider class before and after using it."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["ModelSlot", "allows_concurrency", "is_api_key_exc"]


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
    except Exception:  # noqa: BLE001
        return False


def allows_concurrency(provider: Any) -> bool:
    """`allows_concurrency` of a provider class, also where it is a property of instances."""
    attribute = inspect.getattr_static(provider, "allows_concurrency", True)
    if not isinstance(attribute, property) or attribute.fget is None:
        return bool(getattr(provider, "allows_concurrency", True))
    try:
        return bool(attribute.fget(provider))
    # A property that needs an instance says nothing of the class.
    except Exception:  # noqa: BLE001
        return True
