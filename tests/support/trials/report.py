"""What came of many kills."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from trials.fold import Json
from trials.verdict import Life

__all__ = ["Report", "added"]


@dataclass
class Report:
    """Counts and faults; `lost` is the age, at the kill, of the oldest text that was lost."""

    kills: int = 0
    faults: list[str] = field(default_factory=list)
    frames: int = 0
    cut: int = 0
    lost: float = 0.0
    seconds: float = 0.0

    def count(self, life: Life, restored: dict[str, Json]) -> None:
        """Add what a client saw of one chat, and what was left of it."""
        self.frames += life.frames
        for id, seen in life.view.messages.items():
            if id in restored and not seen.get("complete", True):
                self.cut += 1
                self.lost = max(self.lost, life.loss(id, len(restored[id]["body"])))

    def json(self) -> str:
        """On one line."""
        return json.dumps(asdict(self))

    def add(self, other: Report) -> None:
        """Add another report to this one."""
        self.kills += other.kills
        self.faults += other.faults
        self.frames += other.frames
        self.cut += other.cut
        self.lost = max(self.lost, other.lost)


def added(parts: Iterable[list[str]]) -> Report:
    """The sum of what processes have said: of each, the last line is a report, and all others are faults."""
    total = Report()
    for lines in parts:
        try:
            total.add(Report(**json.loads(lines[-1])))
            total.faults += lines[:-1]
        except (IndexError, ValueError, TypeError):
            total.faults.append("\n".join(["a process ended:", *lines[-20:]]))
    return total
