"""A rule: which prompts it is for, and what it answers to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Protocol

from mockllm.config import Prompt, ToolCall, comparable
from mockllm.faults import Faults
from mockllm.rules.templates import PlainText, Text

if TYPE_CHECKING:  # only a file with a `regex` needs the package of that name
    import regex

    from mockllm.rules.regexes import Pattern

__all__ = [
    "Answer",
    "Condition",
    "Contains",
    "Exact",
    "Model",
    "Numbers",
    "Regex",
    "Rule",
    "System",
]

_COMPARED = 120
_SHOWN = 60


class Condition(Protocol):
    """One thing that a rule asks of a prompt."""

    def holds(self, prompt: Prompt) -> bool: ...

    def likeness(self, prompt: Prompt) -> float:
        """From 0 to 1: how far a prompt is from meeting it; asked only where it does not hold."""
        ...

    def explain(self, prompt: Prompt) -> str:
        """In a few words, what the condition wants and what it got."""
        ...


@dataclass(frozen=True)
class Exact:
    """The text of the prompt, without regard to letter case and white space."""

    text: str
    normalised: str

    @classmethod
    def of(cls, text: str) -> Exact:
        return cls(text, Prompt(text).normalised)

    def holds(self, prompt: Prompt) -> bool:
        return prompt.normalised == self.normalised

    def likeness(self, prompt: Prompt) -> float:
        # The texts' beginnings are compared: the time that it takes grows with the square of their length.
        compared = SequenceMatcher(None, self.normalised[:_COMPARED], prompt.normalised[:_COMPARED], False)
        return compared.ratio()

    def explain(self, prompt: Prompt) -> str:
        return f"it wants exactly {_shown(self.text)}"


@dataclass(frozen=True)
class Contains:
    """One of some phrases in the prompt, without regard to letter case and white space."""

    phrases: tuple[str, ...]

    def holds(self, prompt: Prompt) -> bool:
        return any(Prompt(phrase).normalised in prompt.normalised for phrase in self.phrases)

    def likeness(self, prompt: Prompt) -> float:
        return 0.0

    def explain(self, prompt: Prompt) -> str:
        return f"it wants a prompt that contains {' or '.join(map(_shown, self.phrases))}"


@dataclass(frozen=True)
class Regex:
    """A regular expression that is found in the prompt, in time."""

    pattern: Pattern

    def search(self, prompt: Prompt) -> regex.Match[str] | None:
        if self.pattern not in prompt.searched:
            prompt.searched[self.pattern] = self.pattern.search(prompt.composed)
        return prompt.searched[self.pattern]

    def holds(self, prompt: Prompt) -> bool:
        return self.search(prompt) is not None

    def likeness(self, prompt: Prompt) -> float:
        return 0.0

    def explain(self, prompt: Prompt) -> str:
        return f"its `regex` {_shown(self.pattern.text)} is not found"


@dataclass(frozen=True)
class System:
    """A part of the system message, without regard to letter case."""

    part: str

    def holds(self, prompt: Prompt) -> bool:
        return comparable(self.part) in comparable(prompt.system)

    def likeness(self, prompt: Prompt) -> float:
        return 0.0

    def explain(self, prompt: Prompt) -> str:
        given = f"the system message is {_shown(prompt.system)}" if prompt.system else "there is none"
        return f"it wants a system message with {_shown(self.part)} and {given}"


@dataclass(frozen=True)
class Model:
    """The name of the model, with the wildcards `*`, `?` and `[…]`."""

    pattern: str

    def holds(self, prompt: Prompt) -> bool:
        return fnmatchcase(prompt.model, self.pattern)

    def likeness(self, prompt: Prompt) -> float:
        return 0.0

    def explain(self, prompt: Prompt) -> str:
        return f"it wants a model like {_shown(self.pattern)} and this is {_shown(prompt.model)}"


@dataclass(frozen=True)
class Numbers:
    """Some values of a prompt's attribute that is a number: `turn` or `tool_results`."""

    attribute: str
    wanted: tuple[int, ...]

    def holds(self, prompt: Prompt) -> bool:
        return getattr(prompt, self.attribute) in self.wanted

    def likeness(self, prompt: Prompt) -> float:
        return 0.0

    def explain(self, prompt: Prompt) -> str:
        wanted = " or ".join(map(str, self.wanted))
        return f"it wants `{self.attribute}` {wanted} and this is {getattr(prompt, self.attribute)}"


@dataclass(frozen=True)
class Answer:
    """A text and the tools to call; the texts in `arguments` may be templates as well."""

    text: Text = field(default_factory=PlainText)
    tool_calls: tuple[tuple[str, Any], ...] = ()

    def render(self, variables: Mapping[str, Any]) -> tuple[str, tuple[ToolCall, ...]]:
        """The words and the tool calls; raises `TemplateError`."""
        calls = tuple(ToolCall(name, _filled(arguments, variables)) for name, arguments in self.tool_calls)
        return self.text.render(variables), calls


@dataclass(frozen=True)
class Rule:
    """Answers, one after the other, to the prompts that meet all conditions.

    Without an answer it refuses, as its faults say, and once that is over it is for no prompt any more.
    """

    name: str
    conditions: Sequence[Condition] = ()
    answers: Sequence[Answer] = ()
    cycle: bool = False
    faults: Faults = field(default_factory=Faults)

    def matches(self, prompt: Prompt) -> bool:
        return all(condition.holds(prompt) for condition in self.conditions)

    def found(self, prompt: Prompt) -> regex.Match[str] | None:
        """What its regular expression finds."""
        searches = (each.search(prompt) for each in self.conditions if isinstance(each, Regex))
        return next(searches, None)

    def is_over(self, count: int) -> bool:
        """Whether it has nothing to say to its match number `count` (from 1)."""
        return not self.answers and not self.faults.refuses(count)

    def answer(self, count: int) -> Answer:
        """What it answers to its match number `count`; those that it refused do not use up answers."""
        refused = self.faults.times or 0 if self.faults.status is not None else 0
        index = count - refused - 1
        return self.answers[index % len(self.answers) if self.cycle else min(index, len(self.answers) - 1)]


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(each, variables) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_filled(each, variables) for each in value]
    return value.render(variables) if isinstance(value, Text) else value


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
