"""Collects a model's generation info at the end of its answer."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.outputs import LLMResult

__all__ = ["MetadataCallbackHandler"]


class MetadataCallbackHandler(BaseCallbackHandler):
    """`jai_metadata` holds the generation info of the last model that ended.

    Runs inline: a synchronous callback that does not costs LangChain a hop to a thread per chunk.
    """

    run_inline = True

    def __init__(self) -> None:
        self.jai_metadata: dict[str, Any] = {}

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Take the info of the first generation."""
        if not (response.generations and response.generations[0]):
            return
        generation = response.generations[0][0]
        self.jai_metadata = dict(generation.generation_info or {})
        message = getattr(generation, "message", None)
        if message is not None:
            self.jai_metadata.update(message.response_metadata)
            if getattr(message, "usage_metadata", None):
                self.jai_metadata["usage_metadata"] = dict(message.usage_metadata)
