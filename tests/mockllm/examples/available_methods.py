# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
# restored: the imports
from typing import Any, Dict, List, Optional, Union

from fastapi.responses import StreamingResponse

from mockllm.providers.base import LLMProvider


class MyProvider(LLMProvider):
    # Required to implement
    async def handle_chat_completion(self, request: Any) -> Union[Dict, StreamingResponse]:
        pass

    # Optional to override
    def get_supported_models(self) -> List[str]:
        return ["model-1", "model-2"]

    def get_capabilities(self) -> Dict[str, bool]:
        return {"streaming": True}

    def validate_request(self, request: Any) -> Optional[str]:
        # Return error message if invalid, None if valid
        if not request.get("model"):
            return "Model is required"
        return None

    # Utility methods available
    def get_response_for_prompt(self, prompt: str) -> str:
        # Gets response from YAML configuration
        return super().get_response_for_prompt(prompt)
