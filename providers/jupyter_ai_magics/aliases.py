"""Short names for models that people ask for often."""

from __future__ import annotations

__all__ = ["MODEL_ID_ALIASES"]

MODEL_ID_ALIASES: dict[str, str] = {
    "claude-haiku": "anthropic-chat:claude-haiku-5-5",
    "claude-opus": "anthropic-chat:claude-opus-5-5",
    "claude-sonnet": "anthropic-chat:claude-sonnet-5-5",
    "gemini-flash": "gemini:gemini-3.8-flash",
    "gemini-pro": "gemini:gemini-2.5-pro",
    "gpt4o": "openai-chat:gpt-4o",
    "gpt4o-mini": "openai-chat:gpt-4o-mini",
    "offline": "mockllm:offline",
}
