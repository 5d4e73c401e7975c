"""A hundred requests for one document in a row, against a model behind HTTP."""

from __future__ import annotations

from typing import Any

import httpx
from serving import Serve, Socket, eventually
from suggesting import Scripted, reply

from jupyter_ai.completions.models import InlineCompletionReply, InlineCompletionRequest
from mockllm.fixture import MockLLM


class Remote(Scripted):
    """Asks a model over HTTP, and counts how many requests are there at once."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__(id="remote")
        self.client = client

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        self.requests.append(request)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            return reply(await self.ask(request.prefix))
        finally:
            self.running -= 1

    async def ask(self, prompt: str) -> str:
        messages = [{"role": "user", "content": prompt}]
        answer = await self.client.post("chat/completions", json={"model": "m", "messages": messages})
        return str(answer.json()["choices"][0]["message"]["content"])


def rapid(number: int) -> dict[str, Any]:
    """Every tenth is somewhere else; the others type on."""
    prefix = f"variable_{number // 10} = " + "1" * (number % 10)
    fields = {"number": number, "prefix": prefix, "suffix": "", "mime": "", "stream": False, "path": "a.py"}
    return {**fields, "trigger": "explicit"}  # no pause keeps them from being asked


RULES = """
rules:
  - contains: variable_9
    answer: "1111111111 + 2"
  - faults: {first_token_ms: 30000}
    answer: nobody waits for it
"""


async def ask_rapidly(editor: Socket, mockllm: MockLLM) -> list[Any]:
    """Ten places, each left once its first request has reached the model."""
    for place in range(10):
        for number in range(10 * place, 10 * place + 10):
            await editor.send(rapid(number))
        await eventually(lambda at=f"variable_{place}": any(at in (e.prompt or "") for e in mockllm.journal))
    return [await editor.receive() for _ in range(100)]


async def test_of_100_requests_two_are_at_the_model_at_once_and_the_rest_hang_up(
    serve: Serve, mockllm: MockLLM
) -> None:
    mockllm.load(RULES)
    server = await serve()
    async with httpx.AsyncClient(base_url=mockllm.openai_url) as client:
        provider = Remote(client)
        server.host.completions.register(provider)
        replies = await ask_rapidly(await server.ws("api/ai/completion/inline"), mockllm)
        await eventually(lambda: all(e.completed or e.disconnected_at for e in mockllm.journal))
    [item] = next(reply for reply in replies if reply["reply_to"] == 99)["list"]["items"]
    elsewhere = [entry for entry in mockllm.journal if "variable_9" not in str(entry.prompt)]

    assert sorted(reply["reply_to"] for reply in replies) == list(range(100))
    assert item["insertText"].endswith("1 + 2")
    assert provider.most <= 2
    assert len(elsewhere) >= 9
    assert all(entry.disconnected_at for entry in elsewhere)
