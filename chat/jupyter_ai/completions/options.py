"""Which documents an inline completion provider completes, and how it gets on with the others."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal, final, get_args

from jupyter_ai.completions.models import InlineCompletionRequest

__all__ = ["ProviderOptions", "Scheme"]

Scheme = Literal["file", "untitled"]
"""Whether a document has a path on the server."""

Steps = tuple[re.Pattern[str] | None, ...]

_LONGEST = 3_600_000  # milliseconds: an hour


@final
@dataclass(frozen=True, slots=True)
class ProviderOptions:
    """What a provider declares of itself; it is asked only where language, pattern and scheme all match.

    Where several names can stand, one string is one name. Raises ValueError with all that is wrong.
    """

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

    excludes: str | Sequence[str] = ()
    """Ids or groups of providers that are not asked where this one is."""

    yield_to: str | Sequence[str] = ()
    """Ids or groups of providers: where one of these has a suggestion, this one's are dropped."""

    priority: int = 0
    """Higher ones come first."""

    wants_context: bool = False
    """Whether `request.context` is to be filled in, which may take a look at the document."""

    def __post_init__(self) -> None:
        """Keep names in tuples, which nobody can spoil later, and look at everything."""
        for name in ("language", "pattern", "excludes", "yield_to"):
            value = getattr(self, name)
            if isinstance(value, Iterable) and not isinstance(value, bytes):
                object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
        if wrong := list(_wrong(self)):
            raise ValueError(f"ProviderOptions: {'; '.join(wrong)}")

    def match(self, request: InlineCompletionRequest) -> bool:
        """Whether a request is about a document of this provider's."""
        return (
            _among(request.language, self.language)
            and (self.scheme is None or self.scheme == ("file" if request.path else "untitled"))
            and _under(request.path, self.pattern)
        )


def _wrong(options: ProviderOptions) -> Iterator[str]:
    """What cannot be meant, each with what is expected."""
    names = "a string or a list of strings"
    most = f"up to {_LONGEST} milliseconds"
    pause, deadline, priority = options.debounce_ms, options.deadline_ms, options.priority
    expected = {
        "language": (options.language is None or _are_names(options.language), f"{names}, or None"),
        "pattern": (options.pattern is None or _are_names(options.pattern), f"{names}, or None"),
        "scheme": (options.scheme in (None, *get_args(Scheme)), '"file", "untitled" or None'),
        "debounce_ms": (_is_number(pause) and 0 <= pause <= _LONGEST, f"a number from 0, {most}"),
        "deadline_ms": (_is_number(deadline) and 0 < deadline <= _LONGEST, f"a number above 0, {most}"),
        "group": (isinstance(options.group, str), "a string"),
        "excludes": (_are_names(options.excludes), names),
        "yield_to": (_are_names(options.yield_to), names),
        "priority": (_is_number(priority) and priority == priority, "a number"),  # not NaN
        "wants_context": (isinstance(options.wants_context, bool), "True or False"),
    }
    for name, (right, what) in expected.items():
        if not right:
            yield f"`{name}` is {reprlib.repr(getattr(options, name))}: make it {what}"


def _are_names(values: object) -> bool:
    return isinstance(values, tuple) and all(isinstance(value, str) for value in values)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@lru_cache(maxsize=256)  # asked with each key of every provider
def _among(language: str | None, wanted: tuple[str, ...] | None) -> bool:
    return wanted is None or (language or "").lower() in {name.lower() for name in wanted}


@lru_cache(maxsize=256)  # likewise
def _under(path: str | None, patterns: tuple[str, ...] | None) -> bool:
    if patterns is None:
        return True
    if path is None:
        return False
    parts = PurePosixPath(path).parts
    return any(_matches(parts, _steps(glob)) for glob in patterns)


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
