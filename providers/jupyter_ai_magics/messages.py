"""The words in what models take and return."""

from __future__ import annotations

from typing import Any

__all__ = ["text_of"]


def text_of(output: Any) -> str:
    """The text of a string, or of a message that holds text or a list of blocks."""
    content = output if isinstance(output, str) else output.content
    if isinstance(content, str):
        return content
    blocks = ({"text": block} if isinstance(block, str) else block for block in content)
    return "".join(block.get("text", "") for block in blocks if block.get("type", "text") == "text")
