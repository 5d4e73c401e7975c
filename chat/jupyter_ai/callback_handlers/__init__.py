"""LangChain callbacks of the framework."""

from jupyter_ai.callback_handlers.metadata import MetadataCallbackHandler

__all__ = ["MetadataCallbackHandler"]
