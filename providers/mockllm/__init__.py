"""A mock LLM server with provider plug-ins; for now its configuration."""

__version__ = "2.40.0"
