"""One thing that the doctor has found, good or bad."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["PARTS", "Finding", "Level", "Part"]

Level = Literal["ok", "note", "warning", "problem"]
"""A note is for whoever wonders; a warning works today; a problem does not work."""

Part = Literal["environment", "versions", "plug-ins", "code", "settings", "model", "database", "ui"]
PARTS: tuple[Part, ...] = (
    "environment",
    "versions",
    "plug-ins",
    "code",
    "settings",
    "model",
    "database",
    "ui",
)


@dataclass(frozen=True)
class Finding:
    """What is so, where to look, and what to do about it."""

    part: Part
    name: str
    level: Level
    text: str
    where: str | None = None  # a file, with a line where there is one
    remedy: str | None = None
    traceback: str | None = None

    def describe(self) -> dict[str, Any]:
        """As JSON; keys that a plug-in quotes are still in it."""
        return asdict(self)
