"""`/refresh-personas`: take in what was edited, added or deleted."""

from __future__ import annotations

from typing import Any

from jupyter_ai.chat_handlers.base import BaseChatHandler, SlashCommandRoutingType
from jupyter_ai.code_spans import code_span
from jupyter_ai.engine.addresses import address_of
from jupyter_ai.errors import ReloadRuns
from jupyter_ai.models import HumanChatMessage
from jupyter_ai_builtin_handlers.personas import local_files_text

__all__ = ["RefreshPersonasChatHandler"]


class RefreshPersonasChatHandler(BaseChatHandler):
    """Runs edited persona files again, and imports packages anew that are installed editable."""

    id = "refresh_personas"
    name = "Refresh personas"
    help = "Takes in edited personas"
    routing_type = SlashCommandRoutingType(slash_id="refresh_personas")
    uses_llm = False

    async def process_message(self, message: HumanChatMessage) -> None:
        """Refresh, and tell who is there now and what is wrong."""
        personas = self.persona_manager
        if personas is None:
            return
        try:
            told = await personas.refresh()
        except ReloadRuns as error:
            self.reply(str(error), message)
            return
        names = ", ".join(code_span(address_of(member.name)) for member in personas.members()) or "nobody"
        self.reply(
            "\n\n".join([f"Here are {names}.", *_packages(told), *local_files_text(personas)]), message
        )


def _packages(told: dict[str, Any]) -> list[str]:
    """What became of packages."""
    lines = [
        f"- {word}: {', '.join('`' + plugin['name'] + '`' for plugin in told[word])}"
        for word in ("added", "edited", "removed")
        if told.get(word)
    ]
    lines += [
        f"- `{plugin['name']}` is wrong: {plugin['reason'] or plugin['trouble']}"
        for plugin in told.get("failed", ())
        if plugin["group"] == "jupyter_ai.personas"
    ]
    lines += [f"- restart the server: {upgrade}" for upgrade in told.get("restart", ())]
    return ["\n".join(lines)] if lines else []
