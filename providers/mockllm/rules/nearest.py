"""Why no rule is for a prompt: the rule that came closest, and what it missed."""

from __future__ import annotations

from collections.abc import Sequence

from mockllm.config import Prompt
from mockllm.rules.rule import Contains, Exact, Regex, Rule

__all__ = ["explain_no_match"]

_SHOWN = 80
_STEP = "Correct it, add a rule, or take `strict` out of the settings."

# What the prompt says tells more than which turn or model it is.
_TEXT_WEIGHT = 3.0


def explain_no_match(rules: Sequence[Rule], prompt: Prompt) -> tuple[str, str]:
    """The explanation, and the name of the nearest rule."""
    asked = f"No rule is for this prompt: {_asked(prompt)}."
    if not rules:
        return f"{asked} There are no rules: add one to the responses file.", ""
    nearest = max(rules, key=lambda rule: _likeness(rule, prompt))
    return f"{asked} Nearest is `{nearest.name}`, but {_missed(nearest, prompt)}. {_STEP}", nearest.name


def _asked(prompt: Prompt) -> str:
    text = prompt.text if len(prompt.text) <= _SHOWN else f"{prompt.text[:_SHOWN]}…"
    return f"{text!r} (turn {prompt.turn}, model {prompt.model!r})"


def _likeness(rule: Rule, prompt: Prompt) -> float:
    if rule.matches(prompt):
        return 0.0  # it is over, which is no miss
    weights = [
        _TEXT_WEIGHT if isinstance(each, Exact | Contains | Regex) else 1.0 for each in rule.conditions
    ]
    parts = [1.0 if each.holds(prompt) else each.likeness(prompt) for each in rule.conditions]
    scores = [weight * part for weight, part in zip(weights, parts, strict=True)]
    return sum(scores) / sum(weights)


def _missed(rule: Rule, prompt: Prompt) -> str:
    missed = [each.explain(prompt) for each in rule.conditions if not each.holds(prompt)]
    return ", and ".join(missed) or "it has refused as often as its `times` say"
