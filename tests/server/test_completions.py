"""The WebSocket over which editors ask for completions."""

from __future__ import annotations

from typing import Any

from serving import Serve, Server, Socket

from jupyter_ai.completions import BaseInlineCompletionProvider
from jupyter_ai.completions.models import (
    InlineCompletionItem,
    InlineCompletionList,
    InlineCompletionReply,
    InlineCompletionRequest,
)
from jupyter_ai.plugins import INLINE_COMPLETION_PROVIDERS

PATH = "api/ai/completion/inline"


def asked(number: int = 1, prefix: str = "x = ", **fields: Any) -> dict[str, Any]:
    request = {"number": number, "prefix": prefix, "suffix": "", "mime": "text/x-python", "stream": False}
    return {**request, "path": "a.py", "language": "python", **fields}


class Snippets(BaseInlineCompletionProvider):
    id = "snippets"
    name = "Snippets"

    async def generate_inline_completions(self, request: InlineCompletionRequest) -> InlineCompletionReply:
        items = [InlineCompletionItem(insertText="1 + 1")]
        return InlineCompletionReply(list=InlineCompletionList(items=items), reply_to=request.number)


async def completing(serve: Serve, *providers: type[BaseInlineCompletionProvider]) -> Server:
    server = await serve()
    for provider in providers:
        server.host.plugins.add(INLINE_COMPLETION_PROVIDERS, provider.id, provider, distribution="test")
    return server


async def answer(socket: Socket) -> Any:
    frame = await socket.receive()
    assert frame is not None
    return frame


async def test_editor_is_answered_by_an_installed_provider(serve: Serve) -> None:
    server = await completing(serve, Snippets)
    editor = await server.ws(PATH)
    await editor.send(asked(7))

    reply = await answer(editor)

    assert (reply["reply_to"], reply["error"]) == (7, None)
    assert [item["insertText"] for item in reply["list"]["items"]] == ["1 + 1"]
