"""A plug-in package for any server of the 2.x API: a model that streams what is asked for, and a command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

from lab.orders import WORD, read_order
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage
from jupyter_ai_magics import BaseProvider

__all__ = ["BareModelHandler", "CountingModel", "CountingProvider"]


class CountingModel(BaseChatModel):
    """Yields as many short chunks as the last message asks for, without awaiting anything unless paced."""

    @property
    def _llm_type(self) -> str:
        return "benchmark"

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        count, pace = read_order(str(messages[-1].content))
        for _ in range(count):
            yield ChatGenerationChunk(message=AIMessageChunk(content=WORD))
            if pace:
                await asyncio.sleep(1 / pace)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for _ in range(read_order(str(messages[-1].content))[0]):
            yield ChatGenerationChunk(message=AIMessageChunk(content=WORD))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> ChatResult:
        count, _ = read_order(str(messages[-1].content))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(WORD * count))])


class CountingProvider(BaseProvider, CountingModel):
    """The model as a provider; the default handler puts its prompt before it."""

    id: ClassVar[str] = "benchmark"
    name: ClassVar[str] = "Benchmark"  # type: ignore[misc]  # BaseChatModel's is an instance's
    models: ClassVar[list[str]] = ["benchmark"]
    model_id_key: ClassVar[str] = "model_id"


class BareModelHandler(BaseChatHandler):
    """`/benchmark 300 chunks`: streams the model without a prompt before it."""

    id = "benchmark"
    name = "Benchmark"
    help = "Streams what the benchmark asks for"
    routing_type = SlashCommandRoutingType(slash_id="benchmark")
    uses_llm = True

    def create_llm_chain(self, provider: type[BaseProvider], provider_params: dict[str, Any]) -> None:
        """Bind the model alone."""
        self.llm = provider(**provider_params)
        self.llm_chain = self.llm

    async def process_message(self, message: HumanChatMessage) -> None:
        """Stream the answer to the prompt."""
        self.get_llm_chain()
        await self.stream_reply(message.prompt, message)
