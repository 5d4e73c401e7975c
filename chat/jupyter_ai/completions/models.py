"""What an editor asks, and what it is answered, by the names of 2.x."""

from jupyter_ai_magics.models.completion import (
    CompletionError,
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
    InlineCompletionStreamChunk,
)

__all__ = [
    "CompletionError",
    "InlineCompletionItem",
    "InlineCompletionList",
    "InlineCompletionReply",
    "InlineCompletionRequest",
    "InlineCompletionStreamChunk",
]
