"""Which answer a prompt gets, with which faults: the rules of a file and the counters of their use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from mockllm.config import UNKNOWN_RESPONSE, Prompt, Reply, ResponsesConfig, ResponsesError
from mockllm.rules.rule import Answer, Rule
from mockllm.rules.templates import PlainText, TemplateError
from mockllm.wording import sentence

if TYPE_CHECKING:
    import regex

__all__ = ["NoMatch", "Responder", "Unrecorded"]

_ADVICE = Rule("defaults", answers=(Answer(PlainText(UNKNOWN_RESPONSE)),))


class NoMatch(LookupError):
    """No rule is for the prompt, and `settings.strict` is on; `nearest` is the name of the closest rule."""

    def __init__(self, message: str, nearest: str = "") -> None:
        super().__init__(message)
        self.nearest = nearest


class Unrecorded(Exception):
    """No rule is for the prompt, and the answer of a real server is to be recorded."""

    def __init__(self, prompt: Prompt) -> None:
        super().__init__("There is no recorded answer to this prompt.")
        self.prompt = prompt


class Responder:
    """Answers prompts from a responses file; counts how often each rule matched. Thread-safe.

    With `is_recording` it raises `Unrecorded` for a prompt that is for no rule.
    """

    def __init__(self, responses: ResponsesConfig, *, is_recording: bool = False) -> None:
        self.responses = responses
        self.is_recording = is_recording
        self._matched: Counter[str] = Counter()
        self._matches = 0
        self._lock = Lock()

    def reply(self, prompt: Prompt) -> Reply:
        """What the first rule that matches says.

        Raises `NoMatch` in strict mode, `ResponsesError` if the rule's template fails, and `Unrecorded`.
        """
        for rule in self.responses.rules:
            if rule.matches(prompt):
                count, number = self._count(rule)
                if not rule.is_over(count):
                    return self._reply(rule, prompt, count, number)
        if self.is_recording:
            raise Unrecorded(prompt)
        if self.responses.settings.strict:
            raise self._no_match(prompt)
        rule = self.responses.default or _ADVICE
        return self._reply(rule, prompt, *self._count(rule))

    def _count(self, rule: Rule) -> tuple[int, int]:
        """How often the rule has matched now, and how often any."""
        with self._lock:
            self._matched[rule.name] += 1
            self._matches += 1
            return self._matched[rule.name], self._matches

    def _reply(self, rule: Rule, prompt: Prompt, count: int, number: int) -> Reply:
        settings = self.responses.settings
        reply = Reply("", (), rule.faults, rule.name, settings.token_delay, _seed(settings.seed, number))
        if rule.faults.refuses(count):
            return reply
        faults = replace(rule.faults, status=None, times=None, retry_after=None)
        text, calls = _rendered(rule, prompt, count)
        return replace(reply, text=text, tool_calls=calls, faults=faults)

    def _no_match(self, prompt: Prompt) -> NoMatch:
        from mockllm.rules.nearest import explain_no_match  # only a prompt without an answer needs it

        message, nearest = explain_no_match(self.responses.rules, prompt)
        return NoMatch(message, nearest)


def _seed(seed: int, number: int) -> int:
    # Far apart for neighbouring seeds, so that the replies of one are not those of the other, shifted.
    return seed * 1_000_003 + number


def _rendered(rule: Rule, prompt: Prompt, count: int) -> tuple[str, tuple[Any, ...]]:
    try:
        return rule.answer(count).render(_variables(rule.found(prompt), prompt, count))
    except TemplateError as error:
        raise ResponsesError(sentence(f"The template of `{rule.name}` failed: {error}")) from error


def _variables(found: regex.Match[str] | None, prompt: Prompt, count: int) -> Mapping[str, Any]:
    variables = {"prompt": prompt.text, "system": prompt.system, "turn": prompt.turn, "model": prompt.model}
    return {**variables, "match": found, "n": count}
