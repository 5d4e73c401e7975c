"""Measuring another process from outside: its CPU time, its memory, the core it runs on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from statistics import median

__all__ = ["CpuClock", "cores", "median_of", "pin", "resident_mb"]


class CpuClock:
    """The CPU time that a process and its threads have used.

    On Linux in nanoseconds, from the clock that the kernel keeps for each process; elsewhere from psutil, in
    steps of 10 ms.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._clock = (~pid << 3) | 2  # CPUCLOCK_SCHED of clock_gettime(3)

    def seconds(self) -> float:
        """CPU time up to now."""
        try:
            return time.clock_gettime(self._clock)
        except (AttributeError, OSError):
            import psutil

            times = psutil.Process(self._pid).cpu_times()
            return float(times.user + times.system)


def cores() -> list[int]:
    """The cores that this process may use; empty where that cannot be known."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def pin(pid: int, wanted: Iterable[int]) -> None:
    """Keep a process and all of its threads on these cores."""
    cores = set(wanted)
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), cores)


def resident_mb(pid: int) -> float:
    """The memory of a process that is in RAM (RSS), in MB."""
    import psutil

    return float(psutil.Process(pid).memory_info().rss) / 1e6


def median_of(values: Iterable[float]) -> float:
    """The median; NaN of nothing."""
    found = list(values)
    return median(found) if found else float("nan")
