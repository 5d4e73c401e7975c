"""`/clear`: forget the chat."""

from __future__ import annotations

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import ClearRequest, HumanChatMessage

__all__ = ["ClearChatHandler"]


class ClearChatHandler(BaseChatHandler):
    """Clears what was said and what the model remembers of it."""

    id = "clear"
    name = "Clear"
    help = "Forgets everything that was said in this chat"
    routing_type = SlashCommandRoutingType(slash_id="clear")
    uses_llm = False

    async def process_message(self, _: HumanChatMessage) -> None:
        """Clear the chat; the help message follows."""
        for root in self._root_chat_handlers.values():
            root.on_clear_request(ClearRequest())
            return
