"""From an editor's request to the values of a prompt, and from a model's words to a suggestion."""

from __future__ import annotations

import re
from typing import Any

from jupyter_ai_magics.models.completion import InlineCompletionRequest

__all__ = ["post_process_suggestion", "template_inputs_from_request", "token_from_request"]

_FENCE = "```"
_BEGUN_FENCE = re.compile(r"\n`{1,2}$")
_SHORTEST_ECHO = 3


def token_from_request(request: InlineCompletionRequest, suggestion: int) -> str:
    """The name of the stream of one suggestion, the same for all its chunks and for no other's."""
    return f"t{request.number}s{suggestion}"


def template_inputs_from_request(request: InlineCompletionRequest) -> dict[str, Any]:
    """The values of a completion prompt."""
    return {
        "prefix": request.prefix,
        "suffix": request.suffix.strip(),
        "filename": (request.path or "untitled").rsplit("/", 1)[-1],
        "language": request.language or "",
        "context": request.context,
        "stop": [f"\n{_FENCE}"],
    }


def post_process_suggestion(suggestion: str, request: InlineCompletionRequest) -> str:
    """What of a model's words, perhaps not all there yet, to insert at the cursor."""
    text = suggestion if request.language == "markdown" else _unfenced(suggestion)
    text = _without_echo(text, request.prefix)
    text = _without_suffix(text, request.suffix.strip())
    if request.prefix[-1:] in (" ", "\t"):
        text = text.lstrip(" \t")
    return text.rstrip()


def _unfenced(text: str) -> str:
    """The inside of a Markdown fence, where the words begin with one, else what comes before one."""
    start = text.lstrip()
    if start and _FENCE.startswith(start):
        return ""
    if start.startswith(_FENCE):
        text = start.partition("\n")[2]
        return _BEGUN_FENCE.sub("", text.partition(_FENCE)[0])
    return _BEGUN_FENCE.sub("", text.partition(f"\n{_FENCE}")[0])


def _without_echo(text: str, prefix: str) -> str:
    last_line = prefix.rpartition("\n")[2].lstrip()
    for echo in (prefix, last_line):
        if len(echo.strip()) >= _SHORTEST_ECHO and text.startswith(echo):
            return text.removeprefix(echo)
    return text


def _without_suffix(text: str, suffix: str) -> str:
    return text.rstrip().removesuffix(suffix) if len(suffix) >= _SHORTEST_ECHO else text
