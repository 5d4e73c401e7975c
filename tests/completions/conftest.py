"""What the tests of this directory have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from completion_models import Scripted
from virtual_time import virtual_time


@pytest.fixture
async def no_waiting() -> AsyncIterator[None]:
    """Time passes at once."""
    with virtual_time():
        yield


@pytest.fixture(autouse=True)
def no_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said of scripted models yet, and nothing is set by the environment."""
    for name in ("script", "asked", "made"):
        monkeypatch.setattr(Scripted, name, {} if name == "script" else [])
    for name in ("JUPYTER_AI_COMPLETIONS_MODEL", "JUPYTER_AI_COMPLETIONS_API_KEY", "KEYED_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
