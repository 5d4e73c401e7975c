"""`/clear`: forget the chat."""

from __future__ import annotations

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.errors import NotAllowed
from jupyter_ai.models import ClearRequest, HumanChatMessage

__all__ = ["ClearChatHandler"]


class ClearChatHandler(BaseChatHandler):
    """Clears what was said and what the model remembers of it."""

    id = "clear"
    name = "Clear"
    help = "Forgets everything that was said in this chat"
    routing_type = SlashCommandRoutingType(slash_id="clear")
    uses_llm = False

    async def process_message(self, message: HumanChatMessage) -> None:
        """Clear the chat; the help message follows. A guest is told that it is the owner's to do."""
        root = next(iter(self._root_chat_handlers.values()), None)
        if root is None:
            return
        try:
            root.on_clear_request(ClearRequest())
        except NotAllowed as error:
            self.reply(str(error), message)
