"""`/help`: the list of commands."""

from __future__ import annotations

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.models import HumanChatMessage

__all__ = ["HelpChatHandler"]


class HelpChatHandler(BaseChatHandler):
    """Replies with the help message."""

    id = "help"
    name = "Help"
    help = "Shows the commands and what they do"
    routing_type = SlashCommandRoutingType(slash_id="help")
    uses_llm = False

    async def process_message(self, message: HumanChatMessage) -> None:
        """Send the help message."""
        self.send_help_message(message)
