"""The text of what `stream_message` is given: str, message chunks and dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_ai.chat_handlers.runnables import chunk_text
from jupyter_ai.errors import UnsupportedChunk

__all__ = ["persona_chunk_text"]


def persona_chunk_text(persona: str, chunk: Any) -> str:
    """The text of a chunk; of a dictionary, what is under `content` or `text`, or in its first choice.

    Raises `UnsupportedChunk` for anything else.
    """
    if isinstance(chunk, str) or isinstance(getattr(chunk, "content", None), str | list):
        return chunk_text(persona, chunk)
    if not isinstance(chunk, Mapping):
        raise UnsupportedChunk(persona, chunk, given=True)
    if choices := chunk.get("choices"):
        return persona_chunk_text(persona, dict(choices[0]).get("delta") or {"content": ""})
    for key in ("content", "text"):
        if isinstance(text := chunk.get(key), str):
            return text
    if chunk.get("content", "") is None:
        return ""
    raise UnsupportedChunk(persona, chunk, given=True)
