# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
from typing import Any, AsyncGenerator, Dict, List, Union
from fastapi.responses import StreamingResponse

from mockllm.providers.base import LLMProvider
from mockllm.provider_utils import (
    calculate_usage,
    extract_prompt_from_messages,
    stream_with_lag
)
from mockllm.registry import register_provider

@register_provider(
    name="mycompany",
    version="2.0.0",
    description="MyCompany LLM API Provider",
    endpoints=[
        {"path": "/v1/mycompany/chat", "method": "POST"},
        {"path": "/v1/mycompany/complete", "method": "POST"},
        {"path": "/v1/mycompany/embeddings", "method": "POST"}
    ],
    supported_models=[
        "mycompany-small",
        "mycompany-large",
        "mycompany-turbo"
    ],
    capabilities={
        "streaming": True,
        "function_calling": True,
        "vision": False,
        "embeddings": True
    }
)
class MyCompanyProvider(LLMProvider):

    def get_supported_models(self) -> List[str]:
        """Return list of supported models."""
        return [
            "mycompany-small",
            "mycompany-large",
            "mycompany-turbo"
        ]

    def get_capabilities(self) -> Dict[str, bool]:
        """Return provider capabilities."""
        return {
            "streaming": True,
            "function_calling": True,
            "vision": False,
            "embeddings": True
        }

    async def generate_stream_response(
        self, content: str, model: str
    ) -> AsyncGenerator[str, None]:
        """Generate streaming response in custom format."""
        # Start of stream
        yield '{"type": "start", "model": "' + model + '"}\n'

        # Stream content character by character
        async for char in stream_with_lag(
            content,
            self.config.settings.get("lag_enabled", True),
            self.config.settings.get("lag_factor", 10)
        ):
            yield '{"type": "delta", "content": "' + char + '"}\n'

        # End of stream
        yield '{"type": "end", "finish_reason": "stop"}\n'

    async def handle_chat_completion(
        self, request: Dict[str, Any]
    ) -> Union[Dict[str, Any], StreamingResponse]:
        """Handle chat completion requests."""
        # Extract prompt from messages
        messages = request.get("messages", [])
        prompt = extract_prompt_from_messages(messages)

        # Validate request
        error = self.validate_request(request)
        if error:
            return {"error": error, "status": 400}

        # Get response from configuration
        response_content = self.get_response_for_prompt(prompt)

        # Handle streaming
        if request.get("stream", False):
            return StreamingResponse(
                self.generate_stream_response(
                    response_content,
                    request.get("model", "mycompany-small")
                ),
                media_type="application/x-ndjson"
            )

        # Calculate token usage
        usage = calculate_usage(
            str(messages),
            response_content,
            request.get("model", "mycompany-small")
        )

        # Return non-streaming response
        return {
            "id": f"mycompany-{self._generate_id()}",
            "object": "chat.completion",
            "created": self._timestamp(),
            "model": request.get("model", "mycompany-small"),
            "choices": [{
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": response_content
                },
                "finish_reason": "stop"
            }],
            "usage": usage,
            "provider": "mycompany"
        }

    async def handle_completion(
        self, request: Dict[str, Any]
    ) -> Dict[str, Any]:
        """Handle text completion requests."""
        prompt = request.get("prompt", "")
        response = self.get_response_for_prompt(prompt)

        return {
            "id": f"mycompany-{self._generate_id()}",
            "object": "text.completion",
            "created": self._timestamp(),
            "model": request.get("model", "mycompany-small"),
            "choices": [{
                "text": response,
                "index": 0,
                "finish_reason": "stop"
            }],
            "usage": calculate_usage(prompt, response)
        }

    async def handle_embeddings(
        self, request: Dict[str, Any]
    ) -> Dict[str, Any]:
        """Handle embedding requests."""
        input_text = request.get("input", "")

        # Generate mock embeddings (random for demo)
        import random
        embedding = [random.random() for _ in range(768)]

        return {
            "object": "list",
            "data": [{
                "object": "embedding",
                "embedding": embedding,
                "index": 0
            }],
            "model": request.get("model", "mycompany-small"),
            "usage": {
                "prompt_tokens": len(input_text.split()),
                "total_tokens": len(input_text.split())
            }
        }

    def _generate_id(self) -> str:
        """Generate a unique ID."""
        import uuid
        return str(uuid.uuid4())[:8]

    def _timestamp(self) -> int:
        """Get current timestamp."""
        import time
        return int(time.time())
