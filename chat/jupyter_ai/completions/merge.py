"""`merge_iterators`, for completion providers that stream several suggestions at once."""

from jupyter_ai_magics.merging import merge_iterators

__all__ = ["merge_iterators"]
