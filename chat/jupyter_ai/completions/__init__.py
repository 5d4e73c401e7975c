"""Inline completion: what is suggested at the cursor while somebody types."""

from jupyter_ai.completions.base import BaseInlineCompletionProvider
from jupyter_ai.completions.options import ProviderOptions

__all__ = ["BaseInlineCompletionProvider", "ProviderOptions"]
