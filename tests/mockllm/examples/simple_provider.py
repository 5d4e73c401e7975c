# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
from typing import Any, Dict, Union
from fastapi.responses import StreamingResponse

from mockllm.providers.base import LLMProvider
from mockllm.registry import register_provider

@register_provider(
    name="simple",
    version="1.0.0",
    description="A simple example provider",
    endpoints=[{"path": "/v1/simple/chat", "method": "POST"}],
    supported_models=["simple-model"],
    capabilities={"streaming": False}
)
class SimpleProvider(LLMProvider):
    async def handle_chat_completion(self, request: Any) -> Dict[str, Any]:
        # Extract the prompt from the request
        prompt = self.get_response_for_prompt(
            request.get("prompt", "")
        )

        return {
            "response": prompt,
            "model": request.get("model", "simple-model"),
            "provider": "simple"
        }
