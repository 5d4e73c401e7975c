"""A provider for a server that speaks OpenAI's API: vLLM, llama.cpp, LM Studio and others."""

from jupyter_ai_openai_compatible.provider import LocalServerProvider

__all__ = ["LocalServerProvider"]
