"""The little of JSONPath that names one place in a document."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["at_path", "fill_in", "parse_path"]

_STEP = re.compile(r"""\.?(?P<name>[^.\[\]'"*]+)|\[(?P<index>-?\d+)\]|\[(?P<q>['"])(?P<quoted>.+?)(?P=q)\]""")


def parse_path(path: str) -> tuple[str | int, ...]:
    """The steps of, for instance, `$.outputs[0].text`. Raises ValueError that shows where it goes wrong."""
    rest = path.strip().removeprefix("$")
    steps: list[str | int] = []
    while rest:
        match = _STEP.match(rest)
        if match is None:
            example = "use names and indexes only, as in `$.outputs[0].text`"
            raise ValueError(f"The response path {path!r} cannot be read from {rest!r} on: {example}.")
        index = match["index"]
        steps.append(int(index) if index else match["name"] or match["quoted"])
        rest = rest[match.end() :]
    return tuple(steps)


def at_path(document: Any, path: tuple[str | int, ...]) -> Any:
    """What stands there. Raises ValueError that names the step which leads nowhere."""
    found = document
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            raise ValueError(f"The reply has nothing at step {step!r} of the response path.") from None
    return found


def fill_in(document: Any, prompt: str) -> Any:
    """A copy of a document in which `<prompt>`, wherever it stands in a string, is the prompt."""
    if isinstance(document, str):
        return document.replace("<prompt>", prompt)
    if isinstance(document, list):
        return [fill_in(item, prompt) for item in document]
    if isinstance(document, dict):
        return {name: fill_in(value, prompt) for name, value in document.items()}
    return document
