"""A Jupyter of the test's own, as the doctor finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_ollama import find_nothing

from jupyter_ai.keys.log_redaction import stop_redacting
from jupyter_ai.keys.redaction import active_redactors


@pytest.fixture
def jupyter_dirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Nothing of the machine's Jupyter is read or written; the folder that holds its directories instead."""
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "config"))
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    find_nothing(monkeypatch)
    yield tmp_path
    for redactor in active_redactors():  # a command's lasts as long as its process
        stop_redacting(redactor)
