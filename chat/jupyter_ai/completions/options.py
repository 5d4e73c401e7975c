"""Which documents an inline completion provider completes, and how it gets on with the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal

from jupyter_ai.completions.models import InlineCompletionRequest

__all__ = ["ProviderOptions", "Scheme"]

Scheme = Literal["file", "untitled"]
"""Whether a document has a path on the server."""

Steps = tuple[re.Pattern[str] | None, ...]


@dataclass(frozen=True, slots=True)
class ProviderOptions:
    """What a provider declares of itself; it is asked only where language, pattern and scheme all match."""

    language: str | Sequence[str] | None = None
    """Languages as the editor names them, in any case (`python`); None: all."""

    pattern: str | Sequence[str] | None = None
    """Globs of paths below the root, with `**`, one of which must match (`**/*.sql`); None: all."""

    scheme: Scheme | None = None
    """Only documents that have a path (`file`), or only those that have none (`untitled`); None: both."""

    debounce_ms: int = 50
    """How long typing must pause, after a request that came right after another, until it is asked."""

    deadline_ms: int = 5000
    """How long its first answer is waited for."""

    group: str = ""
    """A name that several providers share, for `excludes` and `yield_to` of others."""

    excludes: Sequence[str] = ()
    """Ids or groups of providers that are not asked where this one is."""

    yield_to: Sequence[str] = ()
    """Ids or groups of providers: where one of these has a suggestion, this one's are dropped."""

    priority: int = 0
    """Higher ones come first."""

    wants_context: bool = False
    """Whether `request.context` is to be filled in, which may take a look at the document."""

    def match(self, request: InlineCompletionRequest) -> bool:
        """Whether a request is about a document of this provider's."""
        return (
            _among(request.language, self.language)
            and (self.scheme is None or self.scheme == ("file" if request.path else "untitled"))
            and _under(request.path, self.pattern)
        )


def _among(language: str | None, wanted: str | Sequence[str] | None) -> bool:
    if wanted is None:
        return True
    return (language or "").lower() in {name.lower() for name in _listed(wanted)}


def _listed(values: str | Sequence[str]) -> Sequence[str]:
    return (values,) if isinstance(values, str) else values


def _under(path: str | None, patterns: str | Sequence[str] | None) -> bool:
    if patterns is None:
        return True
    if path is None:
        return False
    parts = PurePosixPath(path).parts
    return any(_matches(parts, _steps(glob)) for glob in _listed(patterns))


@lru_cache(maxsize=256)
def _steps(glob: str) -> Steps:
    """What the parts of a path must match, one after the other; None: any number of them."""
    parts = PurePosixPath(glob).parts
    return tuple(None if part == "**" else re.compile(translate(part)) for part in parts)


def _matches(parts: Sequence[str], steps: Steps) -> bool:
    """Whether all the steps match; takes at most a look at each step for each part."""
    reached = _with_skipped({0}, steps)
    for part in parts:
        reached = _with_skipped(set(_after(part, reached, steps)), steps)
        if not reached:
            return False
    return len(steps) in reached


def _after(part: str, reached: set[int], steps: Steps) -> Iterator[int]:
    for at in reached:
        if at == len(steps):
            continue
        step = steps[at]
        if step is None:
            yield at
        elif step.match(part):
            yield at + 1


def _with_skipped(reached: set[int], steps: Steps) -> set[int]:
    """With the steps behind a `**`, which may stand for nothing."""
    for at in sorted(reached):
        while at < len(steps) and steps[at] is None:
            at += 1
            reached.add(at)
    return reached
