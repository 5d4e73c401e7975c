"""Installs the plug-ins of this package as one with entry points, as far as metadata go."""

from __future__ import annotations

from pathlib import Path

from trials.flood import FLOOD_HANDLERS
from trials.recital import HANDLERS, PERSONAS, ReciterProvider
from trials.treatise import TREATISE_HANDLERS

__all__ = ["MODEL", "install"]

MODEL = f"{ReciterProvider.id}:{ReciterProvider.models[0]}"


def install(directory: Path) -> Path:
    """Write the metadata; the directory that is to be on a server's path."""
    info = directory / "trials-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trials\nVersion: 1.0\n")
    lines = ["[jupyter_ai.chat_handlers]"]
    handlers = (*HANDLERS, *FLOOD_HANDLERS, *TREATISE_HANDLERS)
    lines += [f"{handler.id} = {handler.__module__}:{handler.__name__}" for handler in handlers]
    lines += ["[jupyter_ai.personas]"]
    lines += [f"{persona.__name__} = {persona.__module__}:{persona.__name__}" for persona in PERSONAS]
    lines += ["[jupyter_ai.model_providers]"]
    lines += [f"{ReciterProvider.id} = {ReciterProvider.__module__}:{ReciterProvider.__name__}"]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return directory
