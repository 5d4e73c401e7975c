"""Who answers what is addressed to nobody, as the readers of a chat are told who have asked for it."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING

from jupyter_ai.models import PersonaMessage
from jupyter_ai.plugins import PERSONAS

if TYPE_CHECKING:
    from jupyter_ai.engine.chat import Chat

__all__ = ["PersonaNews"]


class PersonaNews:
    """Sends the name of one chat's sticky persona whenever it has changed; it is no part of the log."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._told = _frame("")  # last
        self._waiting = False  # for personas to be loaded: nobody can be named before

    def frame(self) -> str:
        """What a new reader is told, as JSON."""
        self._look()
        return self._told

    def tell(self) -> None:
        """Tell the readers if it has changed; without any who asked, no persona is made for it."""
        if any(reader.personas for reader in self._chat.outlet.readers()):
            self._look()

    def _look(self) -> None:
        if not self._chat.engine.plugins.loaded(PERSONAS):
            self._look_later()
            return
        told = _frame(self._chat.personas.sticky or "")
        if told != self._told:
            self._told = told
            self._chat.outlet.send_persona(told)

    def _look_later(self) -> None:
        if not self._waiting:
            self._waiting = True
            # In a context of its own: it belongs to no run.
            loop = asyncio.get_running_loop()
            self._chat.own(loop.create_task(self._look_once_loaded(), context=contextvars.Context()))

    async def _look_once_loaded(self) -> None:
        await self._chat.engine.handlers_ready()
        self._waiting = False
        if self._chat.engine.plugins.loaded(PERSONAS):
            self.tell()


def _frame(name: str) -> str:
    return PersonaMessage(name=name).model_dump_json()
