"""How the time that a function takes grows with the length of what it is given."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["is_linear"]


def is_linear(function: Callable[[str], object], piece: str, times: int = 1 << 10) -> bool:
    """Whether 16 times the text takes far less than 256 times the work, as the square of its length would."""
    return _seconds(function, piece * times * 16) < 64 * max(_seconds(function, piece * times), 1e-4)


def _seconds(function: Callable[[str], object], text: str) -> float:
    """Of the processor: the least of several times."""

    def once() -> float:
        begun = time.thread_time()
        function(text)
        return time.thread_time() - begun

    return min(once() for _ in range(3))
