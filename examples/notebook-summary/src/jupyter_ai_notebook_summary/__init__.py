"""`/summarize`: what a notebook does, in a few sentences."""

from jupyter_ai_notebook_summary.handler import SummarizeChatHandler

__all__ = ["SummarizeChatHandler"]
