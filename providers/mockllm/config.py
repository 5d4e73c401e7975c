"""The canned answers of a responses file, and how fast they are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

__all__ = [
    "ExactRule",
    "Prompt",
    "ResponsesConfig",
    "ResponsesError",
    "Rule",
    "Settings",
    "cached_responses",
    "load_responses",
    "parse_responses",
]

UNKNOWN_RESPONSE = (
    "There is no answer to this prompt. Add one under `responses:` in the responses file, "
    "or one for all such prompts as `unknown_response:` under `defaults:`."
)


class ResponsesError(ValueError):
    """A responses file that cannot be used; the message says where in it, and why."""


@dataclass(frozen=True)
class Prompt:
    """What the model was asked."""

    text: str

    @cached_property
    def normalised(self) -> str:
        """The text without regard to letter case and white space."""
        return " ".join(self.text.casefold().split())


class Rule(Protocol):
    """One answer and the prompts that it is for."""

    @property
    def answer(self) -> str: ...

    def matches(self, prompt: Prompt) -> bool: ...


@dataclass(frozen=True)
class ExactRule:
    """An answer to one prompt, which is kept as `Prompt.normalised` gives it."""

    normalised: str
    answer: str

    def matches(self, prompt: Prompt) -> bool:
        return prompt.normalised == self.normalised


@dataclass(frozen=True)
class Settings:
    """How fast answers are streamed."""

    lag_enabled: bool = True
    lag_factor: float = 10.0
    delay_ms: float | None = None

    @property
    def token_delay(self) -> float:
        """Seconds between two tokens: `delay_ms` where given, else shorter the higher the lag factor."""
        if self.delay_ms is not None:
            return self.delay_ms / 1000
        return 0.2 / self.lag_factor if self.lag_enabled else 0.0


@dataclass(frozen=True)
class ResponsesConfig:
    """What a responses file says: the first rule that matches a prompt answers it."""

    rules: Sequence[Rule] = ()
    unknown_response: str = UNKNOWN_RESPONSE
    settings: Settings = field(default_factory=Settings)

    def answer(self, prompt: str) -> str:
        asked = Prompt(prompt)
        return next((rule.answer for rule in self.rules if rule.matches(asked)), self.unknown_response)


def parse_responses(text: str, source: str = "<responses>") -> ResponsesConfig:
    """Understand the text of a responses file; `source` is what errors call it."""
    from mockllm.yaml_reader import read_responses

    return read_responses(text, source)


def load_responses(path: Path) -> ResponsesConfig:
    """Read a responses file; raises `ResponsesError` if it cannot be read or understood."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise ResponsesError(f"{path} cannot be read: byte {error.start} is not UTF-8.") from error
    return parse_responses(text, source=str(path))


def cached_responses(path: Path) -> ResponsesConfig:
    """The responses of a file, read again only when the file has changed."""
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return _load_version(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=16)
def _load_version(path: Path, mtime_ns: int, size: int) -> ResponsesConfig:
    return load_responses(path)


def _unreadable(path: Path, error: OSError) -> ResponsesError:
    return ResponsesError(f"{path} cannot be read: {error.strerror or error}.")
