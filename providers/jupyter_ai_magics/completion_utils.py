"""From an editor's request to the values of a prompt, and from a model's words to a suggestion."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from jupyter_ai_magics.merging import merge_iterators
from jupyter_ai_magics.models.completion import InlineCompletionRequest

__all__ = [
    "merge_iterators",
    "post_process_suggestion",
    "template_inputs_from_request",
    "token_from_request",
    "unfenced",
    "visible",
    "without_echo",
]

_FENCE = "```"
_OPENED = re.compile(rf"{_FENCE}[^`\n]*(?:\n|$)")  # no string in backticks, no command
_BEGUN_FENCE = re.compile(r"\n`{1,2}$")
_WORD_START = re.compile(r"(?<![^\s(\[{,;=])\S")
_LINE_START = re.compile(r"^[ \t]*", re.M)
_SHORTEST_ECHO = 3  # characters
_SHORTEST_PHRASE = 6  # where it ends with a sign: `x + ` may well come twice
_TAIL = 2_000
_VISIBLE = 8_000  # characters before the cursor that a model is shown


def token_from_request(request: InlineCompletionRequest, suggestion: int) -> str:
    """The name of the stream of one suggestion, the same for all its chunks and for no other's."""
    return f"t{request.number}s{suggestion}"


def template_inputs_from_request(request: InlineCompletionRequest) -> dict[str, Any]:
    """The values of a completion prompt: `prefix` and `suffix` whole, `near_…` as `visible` gives them."""
    near_prefix, near_suffix = visible(request)
    return {
        "prefix": request.prefix,
        "suffix": request.suffix.strip(),
        "near_prefix": near_prefix,
        "near_suffix": near_suffix.strip(),
        "filename": (request.path or "untitled").rsplit("/", 1)[-1],
        "language": request.language or "",
        "context": request.context,
        "stop": [f"\n{_FENCE}"],
    }


def visible(request: InlineCompletionRequest, characters: int = _VISIBLE) -> tuple[str, str]:
    """The lines around the cursor: of the prefix at most so many characters, of the suffix a quarter of that.

    For a model, together with `request.context`, in place of a large document.
    """
    prefix, suffix = request.prefix, request.suffix
    if len(prefix) > characters:
        start = prefix.find("\n", len(prefix) - characters) + 1
        prefix = prefix[start or len(prefix) - characters :]
    if len(suffix) > characters // 4:
        end = suffix.rfind("\n", 0, characters // 4) + 1
        suffix = suffix[: end or characters // 4]
    return prefix, suffix


def post_process_suggestion(suggestion: str, request: InlineCompletionRequest) -> str:
    """What of a model's words, perhaps not all there yet, to insert at the cursor."""
    text = suggestion if request.language == "markdown" else unfenced(suggestion)
    text = without_echo(text, request.prefix)
    text = _without_suffix(text, request.suffix.strip())
    if request.prefix[-1:] in (" ", "\t"):
        text = text.lstrip(" \t")
    return text.rstrip()


def unfenced(text: str) -> str:
    """The inside of a Markdown fence, where the words begin with one, else what comes before one."""
    start = text.lstrip()
    if start and _FENCE.startswith(start):
        return ""
    if _OPENED.match(start):
        text = start.partition("\n")[2]
        return _BEGUN_FENCE.sub("", text.partition(_FENCE)[0])
    return _BEGUN_FENCE.sub("", text.partition(f"\n{_FENCE}")[0])


def without_echo(text: str, prefix: str, *, grows: bool = False) -> str:
    """Without what a model repeats of the text before the cursor: all of it, its last lines or words.

    Of a text that grows nothing is left while all of it may be repeated.
    """
    tail = prefix[-_TAIL:]
    if len(tail.strip()) >= _SHORTEST_ECHO and text.startswith(prefix):
        return text[len(prefix) :]
    bare = text.lstrip(" \t")
    if len(tail) < _SHORTEST_ECHO:
        return text
    if tail[-_SHORTEST_ECHO:] in bare:
        may_begin = _beginnings(tail)
        for length in _overlaps(bare, tail):
            if may_begin(len(tail) - length):
                return bare[length:]
    return "" if grows and _may_be_echo(bare, tail, prefix) else text


def _may_be_echo(text: str, tail: str, prefix: str) -> bool:
    """Whether the text before the cursor goes on, at one of the places where an echo begins, as this does."""
    last = tail.rfind("\n") + 1
    line = tail[last:]
    if len(line.strip()) < _SHORTEST_ECHO:
        return False
    words = (last + word.start() for word in _WORD_START.finditer(line))
    lines = (begin.end() for begin in _LINE_START.finditer(tail))
    may_begin = _beginnings(tail)
    begun = (start for start in (*lines, *words) if tail.startswith(text, start) and may_begin(start))
    return prefix.startswith(text) or any(len(tail) - start > len(text) for start in begun)


def _overlaps(text: str, tail: str) -> Iterator[int]:
    """How many characters, the most first, the text begins with that the tail ends with."""
    end = tail[-_SHORTEST_ECHO:]
    at = text.rfind(end, 0, len(tail))
    while at >= 0:
        length = at + _SHORTEST_ECHO
        if tail.endswith(text[:length]):
            yield length
        at = text.rfind(end, 0, length - 1)


def _beginnings(tail: str) -> Callable[[int], bool]:
    """Says whether an echo may begin at a place: at a line, or at a word of the last line."""
    last = tail.rfind("\n") + 1
    by_line = len(tail[last:].strip()) >= _SHORTEST_ECHO
    needed = _SHORTEST_ECHO if tail[-1:].isalnum() else _SHORTEST_PHRASE
    end = min(len(tail) - needed, _last_letter(tail)) + 1

    def may_begin(start: int) -> bool:
        line = tail.rfind("\n", 0, start) + 1
        if by_line and not tail[line:start].strip(" \t"):
            return True
        return last <= start < end and _WORD_START.match(tail, start) is not None

    return may_begin


def _last_letter(text: str) -> int:
    return next((at for at in range(len(text) - 1, -1, -1) if text[at].isalpha()), -1)


def _without_suffix(text: str, suffix: str) -> str:
    return text.rstrip().removesuffix(suffix) if len(suffix) >= _SHORTEST_ECHO else text
