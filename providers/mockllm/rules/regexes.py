"""Regular expressions whose search comes to an end; those of `re` cannot be interrupted."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

import regex

__all__ = ["SECONDS", "Pattern", "PatternError"]

logger = logging.getLogger("mockllm")

SECONDS = 0.1


class PatternError(ValueError):
    """What cannot be used as a regular expression; the message says why."""


@dataclass(frozen=True)
class Pattern:
    """A regular expression in Python's syntax; `place` is where it stands, for the log."""

    text: str
    compiled: regex.Pattern[str]
    place: str = ""

    @classmethod
    def of(cls, text: str, place: str = "") -> Pattern:
        """Raises `PatternError`."""
        text = normalize("NFC", text)
        try:
            re.compile(text)  # `regex` has a syntax of its own besides
            return cls(text, regex.compile(text, regex.V0), place)
        except (re.error, regex.error, ValueError) as error:
            raise PatternError(str(error)) from error
        except (MemoryError, OverflowError, RecursionError):
            raise PatternError("it is too large") from None

    def search(self, text: str) -> regex.Match[str] | None:
        """The first match; None if there is none, or the search takes more than `SECONDS`: logged once."""
        try:
            return self.compiled.search(text, timeout=SECONDS, concurrent=True)
        except TimeoutError:
            _warn(self.place, self.text)
            return None


@lru_cache(maxsize=256)
def _warn(place: str, pattern: str) -> None:
    logger.warning(
        "%s took more than %g s to search a prompt, so the rule did not match. Something in %r may match the "
        "same text in many ways: write `++` or `*+` where it repeats what repeats, such as `(a+)+`.",
        place,
        SECONDS,
        pattern,
    )
