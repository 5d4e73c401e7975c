"""Which documents an inline completion provider completes, and how it gets on with the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal

from jupyter_ai.completions.models import InlineCompletionRequest

__all__ = ["ProviderOptions", "Scheme"]

Scheme = Literal["file", "untitled"]
"""Whether a document has a path on the server."""


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
    names = [wanted] if isinstance(wanted, str) else wanted
    return (language or "").lower() in {name.lower() for name in names}


def _under(path: str | None, patterns: str | Sequence[str] | None) -> bool:
    if patterns is None:
        return True
    globs = (patterns,) if isinstance(patterns, str) else tuple(patterns)
    return path is not None and _matches(path, globs)


@lru_cache(maxsize=1024)
def _matches(path: str, globs: tuple[str, ...]) -> bool:
    return any(_glob_matches(PurePosixPath(path).parts, PurePosixPath(glob).parts) for glob in globs)


def _glob_matches(parts: tuple[str, ...], glob: tuple[str, ...]) -> bool:
    if not glob:
        return not parts
    if glob[0] == "**":
        return any(_glob_matches(parts[i:], glob[1:]) for i in range(len(parts) + 1)) or glob == ("**",)
    return bool(parts) and PurePosixPath(parts[0]).match(glob[0]) and _glob_matches(parts[1:], glob[1:])
