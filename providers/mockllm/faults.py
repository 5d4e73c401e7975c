"""What goes wrong with an answer on purpose: delays, refusals, a cut stream, a malformed frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from random import Random

__all__ = ["Faults"]


@dataclass(frozen=True)
class Faults:
    """The faults of one reply; by default there are none.

    - `first_token_ms`: milliseconds before the first token, or before a reply that is not streamed.
    - `token_ms`: milliseconds between two tokens; None: as the settings say.
    - `jitter`: from 0 to 1; each delay is multiplied by a factor between 1 - jitter and 1 + jitter.
    - `status`: the HTTP status with which to refuse the request, such as 429, 500 or 529.
    - `times`: refuse only the first so many requests that the rule matches; None: all.
    - `retry_after`: seconds, for the header Retry-After of a refusal.
    - `cut_after`: drop the connection after so many tokens of a stream (0: before the first).
    - `malformed_after`: after so many tokens send a frame that cannot be parsed, then go on.
    """

    first_token_ms: float = 0
    token_ms: float | None = None
    jitter: float = 0
    status: int | None = None
    times: int | None = None
    retry_after: float | None = None
    cut_after: int | None = None
    malformed_after: int | None = None

    def refuses(self, count: int) -> bool:
        """Whether the rule's match number `count` (from 1) is refused."""
        return self.status is not None and (self.times is None or count <= self.times)

    def delays(self, seed: int = 0, token_delay: float = 0.0) -> Iterator[float]:
        """Seconds: before the first token, then between two tokens, for ever. The same seed gives the same.

        `token_delay` (seconds) is used where `token_ms` is None.
        """
        between = token_delay if self.token_ms is None else self.token_ms / 1000
        steady = chain([self.first_token_ms / 1000], repeat(between))
        return self._jittered(steady, Random(seed)) if self.jitter else steady

    def _jittered(self, delays: Iterator[float], dice: Random) -> Iterator[float]:
        for delay in delays:
            yield delay * dice.uniform(1 - self.jitter, 1 + self.jitter)
