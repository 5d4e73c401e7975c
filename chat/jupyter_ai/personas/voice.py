"""How a persona speaks: the framework's side of `BasePersona`, out of the way of authors' names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_ai.chat_handlers.speaker import Speaker
from jupyter_ai.context_providers.inclusions import take_report
from jupyter_ai.engine.run import current_run
from jupyter_ai_magics.models.persona import Persona

if TYPE_CHECKING:
    from jupyter_ai.models import HumanChatMessage, PendingMessage
    from jupyter_ai.personas.base_persona import BasePersona

__all__ = ["Voice", "answered_message"]


def answered_message() -> HumanChatMessage | None:
    """The message that the calling code answers."""
    run = current_run()
    return run.message if run is not None else None


class Voice(Speaker):
    """Sends what one persona says."""

    _saying = "send_message"

    def __init__(self, persona: BasePersona) -> None:
        self.log = persona.log
        self.message_interrupted = persona.parent.message_interrupted
        self._root_chat_handlers = persona.parent.root_chat_handlers
        self._chat_history = []
        self._persona = persona
        self.model: Any = None  # that the persona has asked for last: what fits it is remembered
        self._statuses: dict[str, PendingMessage] = {}  # by the id of the message that is answered

    @property
    def persona(self) -> Persona:
        """Name and picture, as a reply carries them."""
        return Persona(name=self._persona.name, avatar_route=self._persona.parent.avatar_route(self._persona))

    @property
    def _author(self) -> str:
        return type(self._persona).__name__

    def say(self, text: str, metadata: dict[str, Any] | None = None) -> None:
        """Send a whole message."""
        self.clear_status()
        told = {**take_report(), **(metadata or {})}
        self.broadcast_message(self._agent_message(text, answered_message(), told))

    def set_status(self, text: str) -> None:
        """Show what is being worked on, in place of what was shown for this message."""
        self.clear_status()
        message = answered_message()
        self._statuses[message.id if message else ""] = self.start_pending(text, message)

    def clear_status(self) -> None:
        """Show nothing for the message that is answered."""
        message = answered_message()
        pending = self._statuses.pop(message.id if message else "", None)
        if pending is not None:
            self.close_pending(pending)

    def _start_stream(self, human_msg: HumanChatMessage | None) -> str:
        self.clear_status()
        return super()._start_stream(human_msg)
