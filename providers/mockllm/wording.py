"""How messages end."""

from __future__ import annotations

__all__ = ["sentence"]


def sentence(text: str) -> str:
    """The text with a full stop, unless it ends a sentence already."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."
