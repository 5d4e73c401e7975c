"""Answers what is no command: prompt, memory, context, streaming."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.context_providers.base import context_of, replace_commands
from jupyter_ai.models import AskedByPersona, HumanChatMessage

if TYPE_CHECKING:
    from jupyter_ai_magics import BaseProvider

__all__ = ["DefaultChatHandler"]


class DefaultChatHandler(BaseChatHandler):
    """Streams the configured model's answer, with the chat's memory and what context commands add."""

    id = "default"
    name = "Default"
    help = "Answers every message that is no command"
    routing_type = SlashCommandRoutingType(slash_id=None)
    uses_llm = True

    def create_llm_chain(self, provider: type[BaseProvider], provider_params: dict[str, str]) -> None:
        """Bind the provider's chat prompt and its model."""
        self.llm = provider(**self.get_model_parameters(provider, provider_params))
        self.prompt_template = self.llm.get_chat_prompt_template()
        self.llm_chain = self.prompt_template | self.llm

    async def process_message(self, message: HumanChatMessage) -> None:
        """Stream an answer and remember the exchange, also one that was stopped in the middle."""
        from langchain_core.messages import AIMessage, HumanMessage

        self.get_llm_chain()
        context = await self.make_context_prompt(message)
        by_persona = isinstance(message, AskedByPersona)
        prompt = message.body if by_persona else self.replace_prompt(message.body)
        memory = self.get_llm_chat_memory(message)
        inputs: dict[str, Any] = {"input": prompt, "context": context, "history": memory.messages}
        answer = await self.stream_reply(inputs, message)
        if answer:
            memory.add_messages([HumanMessage(prompt), AIMessage(answer)])
            await self.offer_models(message)

    async def make_context_prompt(self, human_msg: HumanChatMessage) -> str:
        """What is attached to `human_msg` and its context commands add to the prompt, "" for nothing."""
        return await context_of(self.context_providers, human_msg, self.llm)

    def replace_prompt(self, prompt: str) -> str:
        """`prompt` with its context commands replaced by what the model should read there."""
        return replace_commands(self.context_providers, prompt)
