"""A hundred requests for one document in a row, against a model behind HTTP."""

from __future__ import annotations

from typing import Any

import httpx
from serving import Serve, Server, eventually
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


async def ask_rapidly(server: Server, provider: Remote) -> list[Any]:
    server.host.completions.register(provider)
    editor = await server.ws("api/ai/completion/inline")
    for number in range(100):
        await editor.send(rapid(number))
    return [await editor.receive() for _ in range(100)]


async def test_of_100_requests_two_are_at_the_model_at_once_and_the_rest_hang_up(
    serve: Serve, mockllm: MockLLM
) -> None:
    mockllm.reply_with("1111111111 + 2", first_token_ms=150)
    server = await serve()
    async with httpx.AsyncClient(base_url=mockllm.openai_url) as client:
        provider = Remote(client)
        replies = await ask_rapidly(server, provider)
        await eventually(lambda: all(e.completed or e.disconnected_at for e in mockllm.journal))
    [item] = next(reply for reply in replies if reply["reply_to"] == 99)["list"]["items"]
    hung_up = [entry for entry in mockllm.journal if entry.disconnected_at]

    assert sorted(reply["reply_to"] for reply in replies) == list(range(100))
    assert item["insertText"].endswith("1 + 2")
    assert provider.most <= 2
    # The last was answered; how many were joined is up to time: see the tests of the service.
    assert 0 < len(hung_up) < len(provider.requests)
