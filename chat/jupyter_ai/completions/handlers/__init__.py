"""The WebSocket over which editors ask for completions."""

from jupyter_ai.completions.handlers.base import BaseInlineCompletionHandler
from jupyter_ai.completions.handlers.default import DefaultInlineCompletionHandler

__all__ = ["BaseInlineCompletionHandler", "DefaultInlineCompletionHandler"]
