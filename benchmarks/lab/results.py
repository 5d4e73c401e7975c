"""The samples of a run, their medians, and how they are printed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lab.machine import median_of
from lab.subjects import Case, Sample

__all__ = ["Results", "Target", "number", "print_table", "print_targets"]


@dataclass
class Results:
    """The samples of one run, by load and subject."""

    pinned: bool = False
    samples: dict[Case, dict[str, list[Sample]]] = field(default_factory=dict)
    latency: dict[str, dict[str, list[float]]] = field(default_factory=dict)  # ms, by measure and subject
    absent: dict[str, str] = field(default_factory=dict)  # subjects that took no part, and why
    load: float = math.nan  # of the machine before the run: what else it was doing

    def add(self, case: Case, subject: str, sample: Sample) -> None:
        """Keep a sample."""
        self.samples.setdefault(case, {}).setdefault(subject, []).append(sample)

    def add_latency(self, measure: str, subject: str, seconds: Iterable[float]) -> None:
        """Keep some latencies."""
        kept = self.latency.setdefault(measure, {}).setdefault(subject, [])
        kept.extend(value * 1000 for value in seconds)

    def cpu(self, case: Case, subject: str) -> float:
        """Median CPU microseconds for each chunk; NaN if it took no part."""
        return median_of(sample.cpu_us for sample in self._of(case, subject))

    def rate(self, case: Case, subject: str) -> float:
        """Median chunks a second."""
        return median_of(sample.per_second for sample in self._of(case, subject))

    def frames(self, case: Case, subject: str) -> float:
        """Median frames for each chunk."""
        return median_of(sample.frames for sample in self._of(case, subject))

    def ratio(self, case: Case, to: Case, subject: str) -> float:
        """The median of what one load cost to what another did in the same round."""
        pairs = zip(self._of(case, subject), self._of(to, subject), strict=False)
        return median_of(sample.cpu_us / other.cpu_us for sample, other in pairs)

    def over(self, case: Case, subject: str, floor: str) -> float:
        """The median of the CPU microseconds that a chunk cost beyond those of `floor` in the same round."""
        pairs = zip(self._of(case, subject), self._of(case, floor), strict=False)
        return median_of(sample.cpu_us - other.cpu_us for sample, other in pairs)

    def milliseconds(self, measure: str, subject: str) -> float:
        """The median of a latency."""
        return median_of(self.latency.get(measure, {}).get(subject, []))

    def slowest(self, measure: str, subject: str) -> float:
        """The 95th percentile of a latency."""
        values = sorted(self.latency.get(measure, {}).get(subject, []))
        return values[int(len(values) * 0.95)] if values else math.nan

    def as_json(self) -> dict[str, Any]:
        """Everything, for a file."""
        return {
            "pinned": self.pinned,
            "absent": self.absent,
            "load": self.load,
            "latency_ms": self.latency,
            "samples": [
                {"case": asdict(case), "subject": subject, "samples": [asdict(sample) for sample in samples]}
                for case, subjects in self.samples.items()
                for subject, samples in subjects.items()
            ],
        }

    def _of(self, case: Case, subject: str) -> list[Sample]:
        return self.samples.get(case, {}).get(subject, [])


@dataclass(frozen=True)
class Target:
    """Something to reach; `measured` must not exceed `limit`."""

    what: str
    measured: float
    limit: float
    unit: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether it is reached."""
        if math.isnan(self.measured) or math.isnan(self.limit):
            return "not measured"
        return "holds" if self.measured <= self.limit else "MISSED"


def number(value: float, digits: int = 1) -> str:
    """For a table; "-" for what was not measured."""
    return "-" if math.isnan(value) else f"{value:,.{digits}f}"


def print_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as their widest cell, the first to the left, the others to the right."""
    table = [list(heading), *(list(row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    for first, *others in table:
        cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        print("  ".join([f"{first:<{widths[0]}}", *cells]).rstrip())


def print_targets(targets: Iterable[Target]) -> None:
    """One line for each."""
    rows = [
        (t.what, f"{number(t.measured, 2)}{t.unit}", f"<= {number(t.limit, 2)}{t.unit}", t.verdict, t.note)
        for t in targets
    ]
    print_table(("target", "measured", "limit", "", ""), rows)
