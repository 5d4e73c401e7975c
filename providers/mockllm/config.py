"""What a responses file says, what a model is asked, and what it replies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from mockllm.faults import Faults
from mockllm.wording import sentence

if TYPE_CHECKING:
    import regex

    from mockllm.rules.regexes import Pattern
    from mockllm.rules.rule import Rule

__all__ = [
    "UNKNOWN_RESPONSE",
    "Faults",
    "Prompt",
    "Reply",
    "ResponsesConfig",
    "ResponsesError",
    "Settings",
    "ToolCall",
    "comparable",
    "load_responses",
    "parse_responses",
]

UNKNOWN_RESPONSE = (
    "There is no answer to this prompt. Add one under `responses:` in the responses file, "
    "or one for all such prompts as `unknown_response:` under `defaults:`."
)


def comparable(text: str) -> str:
    """The text without regard to letter case and to how Unicode writes a letter."""
    return normalize("NFC", normalize("NFC", text).casefold())


class ResponsesError(ValueError):
    """A responses file that cannot be used; the message says where in it, and why."""


@dataclass(frozen=True)
class Prompt:
    """What the model was asked.

    - `text`: of the last human message.
    - `system`: all system messages, joined by a line break.
    - `turn`: how many human messages there are, the last one included.
    - `model`: the name in the request.
    - `tool_results`: how many results of tools came after the last human message.
    """

    text: str
    system: str = ""
    turn: int = 1
    model: str = ""
    tool_results: int = 0

    @cached_property
    def composed(self) -> str:
        """The text with its letters in Unicode's composed form, of two ways to write `é` the shorter."""
        return normalize("NFC", self.text)

    @cached_property
    def normalised(self) -> str:
        """The text without regard to letter case and white space."""
        return " ".join(comparable(self.text).split())

    @cached_property
    def searched(self) -> dict[Pattern, regex.Match[str] | None]:
        """What was found of each regular expression that was searched for: no search is made twice."""
        return {}


@dataclass(frozen=True)
class ToolCall:
    """A tool that the model wants to be called."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the model says, and what goes wrong on the way.

    `faults.status` is set only where this very request is refused. `rule` is what answered, as the file
    calls it: `responses.hello`, `rules[2]`, `defaults`. `token_delay` is in seconds, before jitter.
    """

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    faults: Faults = field(default_factory=Faults)
    rule: str = ""
    token_delay: float = 0.0
    seed: int = 0

    def delays(self) -> Iterator[float]:
        """Seconds: before the first token, then between two tokens, for ever, with jitter."""
        return self.faults.delays(self.seed, self.token_delay)


@dataclass(frozen=True)
class Settings:
    """How fast answers are streamed, what becomes of unknown prompts, and the seed of the jitter."""

    lag_enabled: bool = True
    lag_factor: float = 10.0
    delay_ms: float | None = None
    strict: bool = False
    seed: int = 0

    @property
    def token_delay(self) -> float:
        """Seconds between two tokens: `delay_ms` where given, else shorter the higher the lag factor."""
        if self.delay_ms is not None:
            return self.delay_ms / 1000
        return 0.2 / self.lag_factor if self.lag_enabled else 0.0


@dataclass(frozen=True)
class ResponsesConfig:
    """What a responses file says: the first of the rules that matches a prompt answers it.

    `default` answers the rest; None: advice on what to add to the file. `provider_config` holds the plain
    values that the file has for each provider.
    """

    rules: Sequence[Rule] = ()
    default: Rule | None = None
    settings: Settings = field(default_factory=Settings)
    provider_config: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def parse_responses(text: str, source: str = "<responses>") -> ResponsesConfig:
    """Understand the text of a responses file; `source` is what errors call it."""
    from mockllm.rules.yaml_reader import read_responses

    return read_responses(text, source)


def load_responses(path: Path) -> ResponsesConfig:
    """Read a responses file; raises `ResponsesError` if it cannot be read or understood."""
    try:
        if path.exists() and not path.is_file():  # to read it might never end
            raise ResponsesError(f"{path} is no regular file.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ResponsesError(sentence(f"{path} cannot be read: {error.strerror or error}")) from error
    except UnicodeDecodeError as error:
        raise ResponsesError(f"{path} cannot be read: byte {error.start} is not UTF-8.") from error
    return parse_responses(text, source=str(path))
