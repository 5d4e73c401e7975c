"""Requests for completions, drawn as a document with its cursor."""

from __future__ import annotations

from jupyter_ai.completions.models import InlineCompletionRequest

__all__ = ["at"]


def at(document: str, language: str = "python", trigger: str = "automatic") -> InlineCompletionRequest:
    """A request in a document whose cursor is drawn as `▮`."""
    prefix, _, suffix = document.partition("▮")
    return InlineCompletionRequest(
        number=1,
        prefix=prefix,
        suffix=suffix,
        mime="text/x-python",
        stream=False,
        language=language,
        trigger=trigger,
    )
