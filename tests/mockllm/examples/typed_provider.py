# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
# restored: the import of LLMProvider
from mockllm.providers.base import LLMProvider

from pydantic import BaseModel

class MyRequest(BaseModel):
    prompt: str
    model: str = "mycompany-small"
    temperature: float = 1.0
    max_tokens: int = 100

class MyResponse(BaseModel):
    id: str
    response: str
    tokens_used: int

class MyProvider(LLMProvider):
    async def handle_chat_completion(
        self, request: MyRequest
    ) -> MyResponse:
        response = self.get_response_for_prompt(request.prompt)
        return MyResponse(
            id=self._generate_id(),
            response=response,
            tokens_used=len(response.split())
        )
