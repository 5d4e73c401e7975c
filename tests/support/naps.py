"""Sleeping without time passing, in one module only: servers of other tests sleep on threads of their own."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


def patch_sleep(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, sleep: Callable[..., Any]
) -> None:
    """Let the `asyncio` or `time` that `module` has imported sleep by means of `sleep`."""
    imported = getattr(module, name)
    monkeypatch.setattr(module, name, SimpleNamespace(**{**vars(imported), "sleep": sleep}))
