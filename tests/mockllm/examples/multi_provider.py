# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
# restored: the imports
from mockllm.providers.base import LLMProvider
from mockllm.registry import register_provider


@register_provider(
    name="multi",
    endpoints=[
        {"path": "/v1/multi/chat", "handler": "handle_chat"},
        {"path": "/v1/multi/image", "handler": "handle_image"},
        {"path": "/v1/multi/audio", "handler": "handle_audio"}
    ]
)
class MultiProvider(LLMProvider):
    async def handle_chat(self, request):
        return {"type": "chat", "response": "..."}

    async def handle_image(self, request):
        return {"type": "image", "url": "..."}

    async def handle_audio(self, request):
        return {"type": "audio", "data": "..."}
